/* Errors: the sentence, the place before it, and the cut. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "core/base/error.h"

static void test_set(void **state)
{
    (void)state;
    struct error error;
    assert_int_equal(error_set(&error, "%s: line %d", "file", 3), -1);
    assert_string_equal(error.text, "file: line 3");
    errno = ENOENT;
    assert_int_equal(error_set_errno(&error, "%s", "file"), -1);
    assert_string_equal(error.text, "file: No such file or directory");
}

static void test_prefix(void **state)
{
    (void)state;
    struct error error;
    error_set(&error, "what");
    assert_int_equal(error_prefix(&error, "[sink:%s]", "crm"), -1);
    assert_int_equal(error_prefix(&error, "file.ini:14"), -1);
    assert_string_equal(error.text, "file.ini:14: [sink:crm]: what");
}

static void test_cut(void **state)
{
    (void)state;
    struct error error;
    char text[2000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';

    error_set(&error, "%s", text);
    assert_int_equal(strlen(error.text), sizeof error.text - 1);
    error_prefix(&error, "place");
    assert_int_equal(strlen(error.text), sizeof error.text - 1);
    assert_memory_equal(error.text, "place: xxx", 10);
    error_prefix(&error, "%s", text);
    assert_int_equal(strlen(error.text), sizeof error.text - 1);
    assert_memory_equal(error.text, "xxx", 3);

    errno = ENOENT;
    error_set_errno(&error, "%s", text);
    assert_int_equal(strlen(error.text), sizeof error.text - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_set),
        cmocka_unit_test(test_prefix),
        cmocka_unit_test(test_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
