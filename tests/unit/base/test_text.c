/* Small questions about text: equal, nearest, and where it may be cut. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>
#include <string.h>

#include "core/base/text.h"

static void test_equal_and_starts(void **state)
{
    (void)state;
    assert_true(text_equal("", ""));
    assert_true(text_equal("abc", "abc"));
    assert_false(text_equal("abc", "abcd"));
    assert_false(text_equal("abc", "Abc"));
    assert_true(text_starts("abc", ""));
    assert_true(text_starts("abc", "ab"));
    assert_true(text_starts("abc", "abc"));
    assert_false(text_starts("abc", "abcd"));
    assert_false(text_starts("abc", "bc"));
}

static void test_nearest(void **state)
{
    (void)state;
    static const char *const keys[] = {"plugin", "enabled", "events", "retry", "timeout",
                                       "rate",   "batch",   "url",    NULL};
    static const struct {
        const char *text;
        const char *nearest;
    } cases[] = {
        {"timeout", "timeout"},
        {"timout", "timeout"},
        {"tiemout", "timeout"},
        {"timeouts", "timeout"},
        {"plugins", "plugin"},
        {"event", "events"},
        {"retries", NULL}, /* three of seven letters */
        {"rtry", "retry"},
        {"erl", "url"},
        {"utl", "url"},
        {"rat", "rate"},
        {"abc", NULL},
        {"", NULL},
        {"x", NULL},
        {"Batch", "batch"},
        {"something_else", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *nearest = text_nearest(cases[i].text, keys);
        if (!cases[i].nearest && nearest)
            fail_msg("'%s' gives '%s'", cases[i].text, nearest);
        if (cases[i].nearest) {
            assert_non_null(nearest);
            assert_string_equal(nearest, cases[i].nearest);
        }
    }
}

static void test_nearest_of_several(void **state)
{
    (void)state;
    static const char *const near[] = {"header", "headers", "reader", NULL};
    static const char *const none[] = {NULL};
    assert_string_equal(text_nearest("headers", near), "headers");
    assert_string_equal(text_nearest("heade", near), "header");
    assert_string_equal(text_nearest("xeader", near), "header"); /* the first of two as near */
    assert_null(text_nearest("header", none));
}

static void test_cut(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t max;
        size_t kept;
    } cases[] = {
        {"", 0, 0},
        {"", 5, 0},
        {"abc", 0, 0},
        {"abc", 2, 2},
        {"abc", 3, 3},
        {"abc", 4, 3},
        /* 2, 3 and 4 bytes, cut at each of them */
        {"a\u00e9z", 1, 1},
        {"a\u00e9z", 2, 1},
        {"a\u00e9z", 3, 3},
        {"\u7528z", 1, 0},
        {"\u7528z", 2, 0},
        {"\u7528z", 3, 3},
        {"\U0001f600z", 1, 0},
        {"\U0001f600z", 3, 0},
        {"\U0001f600z", 4, 4},
        {"\U0001f600", 4, 4},
        {"\u00e9\u00e9", 3, 2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (text_cut(cases[i].text, cases[i].max) != cases[i].kept)
            fail_msg("'%s' cut at %zu should keep %zu", cases[i].text, cases[i].max, cases[i].kept);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equal_and_starts),
        cmocka_unit_test(test_nearest),
        cmocka_unit_test(test_nearest_of_several),
        cmocka_unit_test(test_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
