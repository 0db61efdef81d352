/* Names that are looked up beside one another, by a look-up of our own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/limits.h"
#include "core/base/memory.h"
#include "core/bus/survey_names.h"

#define LONG_MS (60 * 1000) /* never waited for */

/* "0" is known, "-2" is EAI_NONAME …; "silent" never answers and "dies" cannot. */
static int look(const char *host)
{
    while (strcmp(host, "silent") == 0)
        pause();
    if (strcmp(host, "dies") == 0)
        _exit(3);
    return atoi(host);
}

static void each_gets_its_answer(void **state)
{
    (void)state;
    struct survey_name names[] = {
        {.host = "0"}, {.host = "-2"}, {.host = "dies"}, {.host = "-3"}, {.host = "0"}};
    survey_names_look(names, 5, LONG_MS, look);
    assert_int_equal(names[0].answer, 0);
    assert_int_equal(names[1].answer, EAI_NONAME);
    assert_int_equal(names[2].answer, EAI_SYSTEM);
    assert_int_equal(names[3].answer, EAI_AGAIN);
    assert_int_equal(names[4].answer, 0);
    survey_names_look(NULL, 0, LONG_MS, look);
}

static void more_than_are_asked_at_a_time(void **state)
{
    (void)state;
    size_t count = 2 * NAMES_AT_ONCE + 1;
    struct survey_name *names = memory_new(count, sizeof *names);
    for (size_t i = 0; i < count; i++)
        names[i] = (struct survey_name){.host = i % 2 ? "-2" : "0", .answer = 7};
    survey_names_look(names, count, LONG_MS, look);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(names[i].answer, i % 2 ? EAI_NONAME : 0);
    free(names);
}

static void silence_ends(void **state)
{
    (void)state;
    struct survey_name names[NAMES_AT_ONCE + 1];
    for (size_t i = 0; i <= NAMES_AT_ONCE; i++)
        names[i] = (struct survey_name){.host = "silent"};
    survey_names_look(names, NAMES_AT_ONCE + 1, 20, look);
    for (size_t i = 0; i <= NAMES_AT_ONCE; i++)
        assert_int_equal(names[i].answer, SURVEY_NAME_LATE);
}

static void numbers_need_no_server(void **state)
{
    (void)state;
    struct survey_name names[] = {{.host = "127.0.0.1"}, {.host = "::1"}};
    survey_names_look(names, 2, LONG_MS, survey_name_ask);
    assert_int_equal(names[0].answer, 0);
    assert_int_equal(names[1].answer, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_gets_its_answer),
        cmocka_unit_test(more_than_are_asked_at_a_time),
        cmocka_unit_test(silence_ends),
        cmocka_unit_test(numbers_need_no_server),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
