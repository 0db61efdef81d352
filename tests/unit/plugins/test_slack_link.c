/* Values and links as readers of a Slack message see them, and the JSON that carries them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "escape.h"
#include "json.h"
#include "link.h"

#define TEN   "0123456789"
#define FIFTY TEN TEN TEN TEN TEN

static char bytes[8192];
static struct draft draft;

static void begin(void)
{
    draft_init(&draft, bytes, sizeof bytes);
}

static void values_are_escaped_and_tamed(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        const char *shown;
    } cases[] = {
        {"affiliate@example.com", "affiliate@example.com"},
        {"&<>", "&amp;&lt;&gt;"},
        {"&lt;", "&amp;lt;"},
        {"<!channel>@x.y", "&lt;!channel&gt;@x.y"},
        {"*b*_i_~s~`c`'\"", "*b*_i_~s~`c`'\""},
        {"a\u202eb\u200fc\u2066d\ufeff", "a[U+202E]b[U+200F]c[U+2066]d[U+FEFF]"},
        {"a\nb\u2028c\xc2\x85", "a[U+000A]b[U+2028]c[U+0085]"},
        {"m\u00fcller@example.com", "m\u00fcller@example.com"},
        {"\u05d0@example.com", "\u2068\u05d0@example.com\u2069"},
        {"\u0639\u200c\u0639", "\u2068\u0639\u200c\u0639\u2069"},
        {"\U0001e900", "\u2068\U0001e900\u2069"},
        {"\U0001f468\u200d\U0001f469", "\U0001f468\u200d\U0001f469"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        begin();
        escape_value(&draft, cases[i].value);
        assert_string_equal(bytes, cases[i].shown);
    }
}

static void expect_link(const char *deep_link, const char *mrkdwn, const char *text)
{
    begin();
    bool is_link = link_add(&draft, deep_link, 3000);
    assert_string_equal(bytes, mrkdwn);
    assert_int_equal(is_link, *mrkdwn != '\0');
    begin();
    link_add_text(&draft, deep_link);
    assert_string_equal(bytes, text);
}

static void links_show_themselves(void **state)
{
    (void)state;
    static const struct {
        const char *deep_link;
        const char *mrkdwn; /* "": not one that Slack links */
        const char *text;
    } cases[] = {
        {"https://myapp.link/ref/abc123", "<https://myapp.link/ref/abc123>",
         "https://myapp.link/ref/abc123"},
        {"HTTP://myapp.link", "<HTTP://myapp.link>", "HTTP://myapp.link"},
        {"https://a.b/?x=1&y=2", "<https://a.b/?x=1&amp;y=2>", "https://a.b/?x=1&amp;y=2"},
        {"https://a.b/_x_/*y*/:wave:", "<https://a.b/_x_/*y*/:wave:>",
         "https://a.b/_x_/*y*/:wave:"},
        {"https://a.b/x|y>z<w v", "<https://a.b/x%7Cy%3Ez%3Cw%20v>",
         "https://a.b/x%7Cy%3Ez%3Cw%20v"},
        {"https://a.b/\u202ex\u00a0", "<https://a.b/%E2%80%AEx%C2%A0>",
         "https://a.b/%E2%80%AEx%C2%A0"},
        {"https://a.b/\u05d0", "\u2068<https://a.b/\u05d0>\u2069",
         "\u2068https://a.b/\u05d0\u2069"},
        {"myapp://ref/abc", "", "myapp://ref/abc"},
        {"mailto:a@b", "", "mailto:a@b"},
        {"https:a", "", "https:a"},
        /* 64 characters are shown as they are, 65 are shortened */
        {"https://a.b/" FIFTY "12", "<https://a.b/" FIFTY "12>", "https://a.b/" FIFTY "12"},
        {"https://a.b/" FIFTY "123", "<https://a.b/" FIFTY "123|https://a.b/" FIFTY "1…>",
         "https://a.b/" FIFTY "1…"},
        {"myapp:" FIFTY TEN, "", "myapp:" FIFTY "0123456…"},
        {"averylongscheme://" FIFTY TEN, "", "averylongscheme://" TEN TEN TEN TEN "01234…"},
        /* no percent-encoded byte, no mark and no joined emoji is cut in two */
        {"myapp:" FIFTY "01234%4012", "", "myapp:" FIFTY "01234…"},
        {"myapp:" FIFTY "012345%4012", "", "myapp:" FIFTY "012345…"},
        {"myapp:" FIFTY "012345e\u0301xyz", "", "myapp:" FIFTY "012345…"},
        {"myapp:" FIFTY "0123€€€€€€€", "", "myapp:" FIFTY "0123€€€…"},
        /* the host stays in sight: no user before it, and its end when it is long */
        {"https://www.bank.example@evil.example/" FIFTY,
         "<https://www.bank.example@evil.example/" FIFTY "|https://…@evil.example/" TEN TEN TEN TEN
         "…>",
         "https://…@evil.example/" TEN TEN TEN TEN "…"},
        {"https://www.bank.example." FIFTY ".evil.example/x",
         "<https://www.bank.example." FIFTY ".evil.example/x|https://…" TEN TEN TEN
         ".evil.example/x>",
         "https://…" TEN TEN TEN ".evil.example/x"},
        /* what a label would be formatted by */
        {"https://a.b:8443/_c_d/e_f*~`:wave:/" FIFTY,
         "<https://a.b:8443/_c_d/e_f*~%60:wave:/" FIFTY
         "|https://a.b%3A8443/%5Fc_d/e_f%2A%7E%60%3Awave%3A/" TEN TEN "012345…>",
         "https://a.b:8443/_c_d/e_f*~%60:wave:/" TEN TEN "012345…"},
        {"https://a.b/?x&" FIFTY "123",
         "<https://a.b/?x&amp;" FIFTY "123|https://a.b/?x&amp;" TEN TEN TEN TEN "01234567…>",
         "https://a.b/?x&amp;" TEN TEN TEN TEN "01234567…"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect_link(cases[i].deep_link, cases[i].mrkdwn, cases[i].text);
}

static void a_link_that_does_not_fit_is_none(void **state)
{
    (void)state;
    begin();
    draft_add(&draft, "x");
    assert_false(link_add(&draft, "https://a.b/", 13));
    assert_string_equal(bytes, "x");
    assert_true(link_add(&draft, "https://a.b/", 14));
    assert_string_equal(bytes, "x<https://a.b/>");
}

static void json_is_valid_whatever_it_holds(void **state)
{
    (void)state;
    begin();
    json_open_object(&draft, NULL);
    json_text(&draft, "a", "\"\\\n\t\x01/é€\U0001f600");
    json_bool(&draft, "b", true);
    json_open_array(&draft, "c");
    json_text(&draft, NULL, "");
    json_open_object(&draft, NULL);
    json_close_object(&draft);
    json_bool(&draft, NULL, false);
    json_close_array(&draft);
    json_close_object(&draft);
    assert_string_equal(bytes, "{\"a\":\"\\\"\\\\\\n\\u0009\\u0001/é€\U0001f600\",\"b\":true,"
                               "\"c\":[\"\",{},false]}");
}

static void what_is_not_utf8_is_replaced(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "\x80", "\xc3", "\xc0\x80", "\xe2\x82", "\xed\xa0\x80", "\xf5\x80\x80\x80", "\xff",
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        begin();
        json_text(&draft, NULL, cases[i]);
        char expected[64] = "\"";
        for (size_t k = 0; k < strlen(cases[i]); k++)
            strcat(expected, "\ufffd");
        strcat(expected, "\"");
        assert_string_equal(bytes, expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_escaped_and_tamed),
        cmocka_unit_test(links_show_themselves),
        cmocka_unit_test(a_link_that_does_not_fit_is_none),
        cmocka_unit_test(json_is_valid_whatever_it_holds),
        cmocka_unit_test(what_is_not_utf8_is_replaced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
