/* Text, numbers and ages for people. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "core/cli/show.h"

static void control_characters_become_blanks(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *shown;
    } cases[] = {
        {"", ""},
        {"Zo\xc3\xab \xe2\x9c\x93", "Zo\xc3\xab \xe2\x9c\x93"},
        {"a\x1b[31mb\n\x7f", "a [31mb  "},
        {"a\xc2\x9b"
         "31m\xc2\xa0",
         "a  31m\xc2\xa0"},
        {"cut\xc2", "cut\xc2"},
        {"cut\xe2\x80", "cut\xe2\x80"},
        {"\u202a\u202e-\u2066\u2069", "\ufffd\ufffd-\ufffd\ufffd"},
        {"\u2029\u202f\u2065\u206a", "\u2029\u202f\u2065\u206a"},
        {"\u05e9\u05dc\u05d5\u05dd", "\u05e9\u05dc\u05d5\u05dd"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *shown = show_text(cases[i].text);
        assert_string_equal(shown, cases[i].shown);
        free(shown);
    }
}

static void ages_have_one_unit(void **state)
{
    (void)state;
    static const struct {
        int64_t ms;
        const char *age;
    } cases[] = {
        {-5000, "0s"},      {0, "0s"},         {59999, "59s"},
        {60000, "1m"},      {3599999, "59m"},  {3600000, "1h"},
        {172799999, "47h"}, {172800000, "2d"}, {864000000000, "10000d"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *age = show_age(cases[i].ms);
        assert_string_equal(age, cases[i].age);
        free(age);
    }
}

static void spans_have_two_units_at_most(void **state)
{
    (void)state;
    static const struct {
        int64_t ms;
        const char *span;
    } cases[] = {
        {-1, "0 s"},
        {0, "0 s"},
        {1, "1 s"},
        {59001, "1 min"},
        {59000, "59 s"},
        {119000, "1 min"},
        {3599000, "59 min"},
        {3600000, "1 h"},
        {7500000, "2 h 5 min"},
        {86399000, "23 h 59 min"},
        {86400000, "1 d"},
        {97200000, "1 d 3 h"},
        {90000000 - 1000, "1 d"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *span = show_span(cases[i].ms);
        assert_string_equal(span, cases[i].span);
        free(span);
    }
}

static void types_are_shown_short(void **state)
{
    (void)state;
    static const struct {
        const char *type;
        const char *shown;
    } cases[] = {
        {"affiliate.created", "created"}, {"affiliate.", ""}, {"other.made", "other.made"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        json_t *event = json_pack("{s:s}", "event", cases[i].type);
        char *shown = show_event_type(event);
        assert_string_equal(shown, cases[i].shown);
        free(shown);
        json_decref(event);
    }
}

static void only_a_terminal_has_columns(void **state)
{
    (void)state;
    FILE *stream = tmpfile();
    assert_int_equal(show_columns(stream), 0);
    fclose(stream);
}

static void expect_member(const json_t *object, const char *key, const char *text)
{
    char *shown = show_member(object, key);
    assert_string_equal(shown, text);
    free(shown);
}

static void members_are_shown_as_text(void **state)
{
    (void)state;
    json_t *object = json_pack("{s:s, s:i, s:n, s:[], s:s}", "text", "a\tb", "number", 12, "null",
                               "list", "at", "2026-03-18T12:00:00.000Z");
    expect_member(object, "text", "a b");
    expect_member(object, "number", "12");
    expect_member(object, "null", "");
    expect_member(object, "list", "");
    expect_member(object, "absent", "");
    expect_member(NULL, "text", "");
    static const struct {
        const char *key;
        const char *age;
    } ages[] = {{"at", "5m"}, {"text", ""}, {"null", ""}, {"absent", ""}};
    for (size_t i = 0; i < sizeof ages / sizeof *ages; i++) {
        char *age = show_member_age(object, ages[i].key, 1773835200000 + 5 * 60 * 1000);
        assert_string_equal(age, ages[i].age);
        free(age);
    }
    json_decref(object);
}

static void lists_are_joined(void **state)
{
    (void)state;
    json_t *texts = json_pack("[s,s]", "a\x1b", "b");
    char *joined = show_list(texts, " | ");
    char *none = show_list(NULL, ", ");
    assert_string_equal(joined, "a  | b");
    assert_string_equal(none, "");
    free(joined);
    free(none);
    json_decref(texts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(control_characters_become_blanks),
        cmocka_unit_test(ages_have_one_unit),
        cmocka_unit_test(spans_have_two_units_at_most),
        cmocka_unit_test(types_are_shown_short),
        cmocka_unit_test(only_a_terminal_has_columns),
        cmocka_unit_test(members_are_shown_as_text),
        cmocka_unit_test(lists_are_joined),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
