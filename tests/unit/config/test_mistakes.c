/* Mistakes: counted by section, put in the order of the files, and written out. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>
#include <stdlib.h>

#include "core/config/mistakes.h"

static void test_order_and_text(void **state)
{
    (void)state;
    char *files[] = {(char[]){"b.ini"}, (char[]){"a.ini"}};
    static const struct place places[] = {
        {.file = "unread.ini"},
        {.file = "a.ini", .line = 2, .section = "sink:crm", .key = "path"},
        {.file = "b.ini", .line = 9, .section = "bus"},
        {.file = "b.ini", .line = 9, .section = "bus", .key = "state"},
        {.file = "a.ini", .line = 1},
        {.file = "b.ini", .line = 3, .section = "sink:crm"},
    };
    static const char *const sorted[] = {
        "b.ini:3: [sink:crm] number 5",       "b.ini:9: [bus] number 2",
        "b.ini:9: [bus] state: number 3",     "a.ini:1: number 4",
        "a.ini:2: [sink:crm] path: number 1", "unread.ini: number 0",
    };
    struct mistakes mistakes;
    mistakes_init(&mistakes);
    for (size_t i = 0; i < 6; i++)
        (i == 3 ? mistakes_warn : mistakes_add)(&mistakes, &places[i], "number %zu", i);
    mistakes_sort(&mistakes, files, 2);
    for (size_t i = 0; i < 6; i++) {
        char *text = mistake_text(&mistakes.items[i]);
        assert_string_equal(text, sorted[i]);
        free(text);
    }
    assert_int_equal(mistakes_errors(&mistakes), 5);
    assert_int_equal(mistakes_errors_in(&mistakes, "bus"), 1);
    assert_int_equal(mistakes_errors_in(&mistakes, "sink:crm"), 2);
    mistakes_finish(&mistakes);
    mistakes_finish(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_order_and_text)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
