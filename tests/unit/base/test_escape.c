/* Every way of writing a character that is undone, and what only looks like one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/escape.h"
#include "core/base/memory.h"

/* The text lies in memory of just its length, so that a byte read behind it is seen. */
static void expect(const char *text, size_t length, size_t step, const char *meant)
{
    char bytes[ESCAPE_BYTES_MAX];
    size_t count = 0;
    char *copy = memory_new(length ? length : 1, 1);
    memcpy(copy, text, length);
    size_t taken = escape_read(copy, length, bytes, &count);
    free(copy);
    assert_int_equal(taken, step);
    if (step == 0)
        return;
    assert_int_equal(count, strlen(meant));
    assert_memory_equal(bytes, meant, count);
}

static const struct {
    const char *text;
    const char *meant;
} escapes[] = {
    {"%2F", "/"},
    {"%2f", "/"},
    {"%C3", "\xc3"},
    {"\\/", "/"},
    {"\\\"", "\""},
    {"\\\\", "\\"},
    {"\\'", "'"},
    {"\\n", "\n"},
    {"\\t", "\t"},
    {"\\r", "\r"},
    {"\\b", "\b"},
    {"\\f", "\f"},
    {"\\u0040", "@"},
    {"\\u00F6", "ö"},
    {"\\u20ac", "€"},
    {"\\x40", "@"},
    {"\\xf6", "ö"},
    {"&amp;", "&"},
    {"&#x2b;", "+"},
    {"&#X2B;", "+"},
    {"&#43;", "+"},
    {"&#043;", "+"},
    {"&commat;", "@"},
    {"&quot;", "\""},
    {"&#8364;", "€"},
    {"&plus;", "+"},
    {"&equals;", "="},
    {"&sol;", "/"},
    {"&#x1f600;", "\xf0\x9f\x98\x80"},
    {"\\ud83d\\ude00", "\xf0\x9f\x98\x80"},
};

static void escapes_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof escapes / sizeof *escapes; i++) {
        char longer[32] = "";
        size_t length = strlen(escapes[i].text);
        expect(escapes[i].text, length, length, escapes[i].meant);
        strcat(strcpy(longer, escapes[i].text), "41;");
        expect(longer, length + 3, length, escapes[i].meant);
    }
}

static void what_is_cut_is_none(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof escapes / sizeof *escapes; i++) {
        size_t length = strlen(escapes[i].text);
        bool is_pair = length == 12; /* its half is an escape, of no character */
        for (size_t cut = 0; cut < length && !is_pair; cut++)
            expect(escapes[i].text, cut, 0, NULL);
    }
    expect("\\ud83d\\ude0", 11, 0, NULL);
}

static void others_are_none(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "",       "%",       "%4",    "%4g",        "%g4",      "\\",           "\\a",
        "\\u004", "\\u00g0", "\\x4",  "\\xg0",      "\\ud800",  "\\udc00",      "\\ud800\\u0041",
        "&",      "&;",      "&amp",  "&AMP;",      "&none;",   "&#;",          "&#x;",
        "&#xg;",  "&#64",    "&#x40", "&#1114112;", "&#xD800;", "&#000000064;", "plain",
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect(cases[i], strlen(cases[i]), 0, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(escapes_are_read),
        cmocka_unit_test(what_is_cut_is_none),
        cmocka_unit_test(others_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
