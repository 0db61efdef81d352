/* Points in time as operators write and read them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "core/cli/moment.h"

#define NOW 1773835200000 /* 2026-03-18T12:00:00Z */
#define DAY 86400000LL

static void times_dates_and_ages_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t unix_ms;
    } cases[] = {
        {"2026-03-18T12:00:00Z", NOW},
        {"2026-03-18t14:00:00.5+02:00", NOW + 500},
        {"2026-03-18", NOW - DAY / 2},
        {"2024-02-29", 1709164800000},
        {"0", NOW},
        {"250ms", NOW - 250},
        {"90s", NOW - 90000},
        {"5m", NOW - 300000},
        {"2h", NOW - 7200000},
        {"3d", NOW - 3 * DAY},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t unix_ms = -1;
        assert_int_equal(moment_parse(cases[i].text, NOW, &unix_ms), 0);
        assert_int_equal(unix_ms, cases[i].unix_ms);
    }
}

static void anything_else_is_not_a_time(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "today",
        "2026",
        "2026-3-18",
        "2026-02-30",
        "2026-03-18 ",
        "2026-03-18T12:00:00",
        "12:00",
        "2",
        "2w",
        "-2h",
        "2h30m",
        "1000000d",
        "99999999999999999999d",
        "2026-03-18T12:00:00Z2h",
    };
    int64_t unix_ms;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_int_equal(moment_parse(texts[i], NOW, &unix_ms), -1);
}

static void members_are_shown_to_the_second(void **state)
{
    (void)state;
    json_t *object = json_pack("{s:s, s:s, s:n, s:s}", "at", "2026-03-18T12:00:00.104Z", "other",
                               "soon\x1b", "null", "date", "2026-03-18");
    static const struct {
        const char *key;
        const char *shown;
    } cases[] = {
        {"at", "2026-03-18 12:00:00"}, {"other", "soon "}, {"null", ""}, {"absent", ""},
        {"date", "2026-03-18"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *shown = moment_member(object, cases[i].key);
        assert_string_equal(shown, cases[i].shown);
        free(shown);
    }
    json_decref(object);
}

static void timestamps_in_answers_are_read(void **state)
{
    (void)state;
    json_t *object = json_pack("{s:s, s:s, s:n, s:i}", "at", "2026-03-18T12:00:00.104Z", "other",
                               "soon", "null", "number", 1);
    int64_t unix_ms;
    assert_int_equal(moment_read(object, "at", &unix_ms), 0);
    assert_int_equal(unix_ms, NOW + 104);
    static const char *const wrong[] = {"other", "null", "number", "absent"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(moment_read(object, wrong[i], &unix_ms), -1);
    json_decref(object);
}

static void times_to_come_have_a_date_unless_it_is_today(void **state)
{
    (void)state;
    static const struct {
        int64_t unix_ms;
        const char *shown;
    } cases[] = {
        {NOW, "12:00 UTC"},
        {NOW + 122 * 60000 + 59999, "14:02 UTC"},
        {NOW + DAY / 2, "2026-03-19 00:00 UTC"},
        {NOW + DAY, "2026-03-19 12:00 UTC"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *shown = moment_ahead(cases[i].unix_ms, NOW);
        assert_string_equal(shown, cases[i].shown);
        free(shown);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_dates_and_ages_are_read),
        cmocka_unit_test(anything_else_is_not_a_time),
        cmocka_unit_test(members_are_shown_to_the_second),
        cmocka_unit_test(timestamps_in_answers_are_read),
        cmocka_unit_test(times_to_come_have_a_date_unless_it_is_today),
    };
    return cmocka_run_group_tests_name("cli_moment", tests, NULL, NULL);
}
