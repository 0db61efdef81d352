/* Addresses in any text: what is found, and what is left of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/event/email.h"
#include "core/event/email_mask.h"

static void expect(const char *text, enum email_shown shown, const char *expected)
{
    char *masked = email_mask(text, shown);
    assert_string_equal(masked, expected);
    free(masked);
}

static void test_masks(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *masked;
        const char *none;
    } cases[] = {
        {"", "", ""},
        {"nothing here", "nothing here", "nothing here"},
        {"ada@example.com", "a•••@example.com", "•••"},
        {"a@b", "a•••@b", "•••"},
        {"<ada@example.com>: no such user", "<a•••@example.com>: no such user",
         "<•••>: no such user"},
        {"ada@example.com, bob@example.org", "a•••@example.com, b•••@example.org", "•••, •••"},
        {"a.b+c@mail.example.com.", "a•••@mail.example.com.", "•••"},
        /* A character is never cut in two: é, 鈴, and one of four bytes. */
        {"émile@example.com", "é•••@example.com", "•••"},
        {"鈴木@example.com", "鈴•••@example.com", "•••"},
        {"\xf0\x9f\x98\x80x@example.com", "\xf0\x9f\x98\x80•••@example.com", "•••"},
        {"\xffx@example.com", "•••@example.com", "•••"}, /* no character at all */
        {"ada@exämple.com", "a•••@exämple.com", "•••"},
        /* What only looks like a part of one. */
        {"@example.com", "@example.com", "@example.com"},
        {"ada@", "ada@", "ada@"},
        {"ada @ example.com", "ada @ example.com", "ada @ example.com"},
        {"a@b@c", "a•••@c", "•••"},
        {"a@b@", "a•••@b@", "•••@"},
        {"@a@b", "@a•••@b", "@•••"},
        {"@@", "@@", "@@"},
        {"https://user:word@example.com/x", "https://user:w•••@example.com/x",
         "https://user:•••/x"},
        /* What no event may have, but a far side's text. */
        {"\"ada lovelace\"@example.com!", "\"a•••\"@example.com!", "•••!"},
        {"<\"a@b c\"@example.com>", "<\"a•••@b c\"@example.com>", "<\"••• c\"@example.com>"},
        {"{\"to\":\"\\\"ada l\\\"@example.com\"}", "{\"to\":\"\\\"a•••\\\"@example.com\"}",
         "{\"to\":\"•••\"}"},
        {"{\"a\":\"@example.com\"}", "{\"a\":\"@example.com\"}", "{\"a\":\"@example.com\"}"},
        {"ada\"@example.com", "ada\"@example.com", "ada\"@example.com"},
        {"ada@[127.0.0.1]!", "a•••@[127.0.0.1]!", "•••!"},
        {"ada@[IPv6:2001:db8::1]", "a•••@[IPv6:2001:db8::1]", "•••"},
        {"ada@[IPv6:20", "a•••@[IPv6:20", "•••"}, /* cut */
        {"ada@[]", "ada@[]", "ada@[]"},
        {"ada@my_host.example.com", "a•••@my_host.example.com", "•••"},
        {"ada@_dmarc.example.com", "a•••@_dmarc.example.com", "•••"},
        {"ada@xn--bcher-kva.example", "a•••@xn--bcher-kva.example", "•••"},
        {"ada@b\u00fccher\u3002example", "a•••@b\u00fccher\u3002example", "•••"},
        /* In other spellings. */
        {"ada%40example.com", "a•••%40example.com", "•••"},
        {"ada%2540ex%C3%A4mple%2Ecom", "a•••%2540ex%C3%A4mple%2Ecom", "•••"},
        {"%22ada%20l%22%40example.com", "%22a•••%22%40example.com", "•••"},
        {"ada&#43;tag&#64;example.com", "a•••&#64;example.com", "•••"},
        {"&lt;ada&#x40;example.com&gt;", "&lt;a•••&#x40;example.com&gt;", "&lt;•••&gt;"},
        {"&quot;ada l&quot;&commat;example.com", "&quot;a•••&quot;&commat;example.com", "•••"},
        {"{\"email\":\"\\u0061da\\u0040example.com\"}",
         "{\"email\":\"\\u0061•••\\u0040example.com\"}", "{\"email\":\"•••\"}"},
        {"ada\\\\u0040example.com", "a•••\\\\u0040example.com", "•••"},
        {"ada\uff20example.com", "a•••\uff20example.com", "•••"},
        {"ada\ufe6bexample.com", "a•••\ufe6bexample.com", "•••"},
        {"ada\\uff20example.com", "a•••\\uff20example.com", "•••"},
        {"ada%EF%BC%A0example.com", "a•••%EF%BC%A0example.com", "•••"},
        {"x%40@example.com", "x•••@example.com", "•••"},
        {"%40da@example.com", "%40•••@example.com", "•••"},
        {"100 %, \\x, & and \xef\xbc\x80", "100 %, \\x, & and \xef\xbc\x80",
         "100 %, \\x, & and \xef\xbc\x80"},
        /* In a link only the address goes. */
        {"https://x/O'Neil+tag@example.com/edit?a=1", "https://x/O•••@example.com/edit?a=1",
         "https://x/•••/edit?a=1"},
        {"https://x/p?via=app&email=ada%40example.com&next=/p#ada@example.com!",
         "https://x/p?via=app&email=a•••%40example.com&next=/p#a•••@example.com!",
         "https://x/p?via=app&email=•••&next=/p#•••!"},
        {"https://x/?next=https%3A%2F%2Fy%2F%3Femail%3Dada%2540example.com%26z",
         "https://x/?next=https%3A%2F%2Fy%2F%3Femail%3Da•••%2540example.com%26z",
         "https://x/?next=https%3A%2F%2Fy%2F%3Femail%3D•••%26z"},
        {"https:\\/\\/x\\/ada@example.com", "https:\\/\\/x\\/a•••@example.com",
         "https:\\/\\/x\\/•••"},
        {"https://x/@ada/status", "https://x/@ada/status", "https://x/@ada/status"},
        {"https://x/?e=x=@example.com", "https://x/?•••@example.com", "https://x/•••"},
        {"see https://x/ or a/b=c@example.com", "see https://x/ or a•••@example.com",
         "see https://x/ or •••"},
        {"\"https://x/\"a=b@example.com", "\"https://x/\"a•••@example.com", "\"https://x/\"•••"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        expect(cases[i].text, EMAIL_MASKED, cases[i].masked);
        expect(cases[i].text, EMAIL_NONE, cases[i].none);
        expect(cases[i].text, EMAIL_FULL, cases[i].text);
    }
}

/* The next of a fixed row of numbers, below `end`. */
static size_t draw(uint32_t *seed, size_t end)
{
    *seed = *seed * 1664525u + 1013904223u; /* Knuth's and Lewis's */
    return (*seed >> 8) % end;
}

static void draw_text(uint32_t *seed, const char *const *parts, size_t count, size_t length,
                      char *text)
{
    *text = '\0';
    for (size_t i = 0; i < length; i++)
        strcat(text, parts[draw(seed, count)]);
}

/* An address that may be posted; false when what was drawn is none. */
static bool draw_address(uint32_t *seed, char address[EMAIL_BYTES_MAX + 1])
{
    static const char *const locals[] = {
        "a", "Z", "7", ".", "!", "#", "$", "%", "&", "'",  "*",   "+",   "/",    "=",     "?",
        "^", "_", "`", "{", "|", "}", "~", "-", "é", "鈴", "%40", "%2F", "&amp", "u0040", "%2540"};
    static const char *const domains[] = {"a", "Z", "7", ".", "-", "xn--", "bc"};
    char local[128], domain[128], text[260], key[EMAIL_BYTES_MAX + 1];
    struct refusal refusal;
    draw_text(seed, locals, sizeof locals / sizeof *locals, 1 + draw(seed, 8), local);
    draw_text(seed, domains, sizeof domains / sizeof *domains, 1 + draw(seed, 8), domain);
    snprintf(text, sizeof text, "%s@%s", local, domain);
    return email_parse(text, address, key, &refusal) == 0;
}

/* In a URL, where what parts it must be escaped; or all that is no letter. */
static void encode(const char *text, const char *reserved, char *out)
{
    for (; *text; text++) {
        bool plain = !strchr(reserved, *text) && *text != '%';
        out += sprintf(out, plain ? "%c" : "%%%02X", (unsigned char)*text);
    }
    *out = '\0';
}

static void expect_hidden(const char *format, const char *written)
{
    char *line = memory_new(strlen(format) + strlen(written) + 1, 1);
    const char *gap = strchr(format, '|');
    sprintf(line, "%.*s%s%s", (int)(gap - format), format, written, gap + 1);
    for (enum email_shown shown = EMAIL_MASKED; shown <= EMAIL_NONE; shown++) {
        char *masked = email_mask(line, shown);
        if (strstr(masked, written))
            fail_msg("in %s: %s stays: %s", email_shown_name(shown), line, masked);
        free(masked);
    }
    free(line);
}

static void test_no_address_stays(void **state)
{
    (void)state;
    static const char *const lines[] = {"|",
                                        "<|>: no such user",
                                        "{\"email\":\"|\"}",
                                        "to=|, to=|",
                                        "1. (|)",
                                        "a@b, |, c@d",
                                        "see https://x/ for |",
                                        "%40 |",
                                        "@ |",
                                        "\"|\"",
                                        "@|",
                                        "|@"};
    static const char *const links[] = {"https://x/p?email=|&via=app", "https://x/|/edit",
                                        "app://x#|", "{\"deep_link\":\"https:\\/\\/x\\/?e=|\"}"};
    uint32_t seed = 1;
    size_t drawn = 0;
    for (int i = 0; i < 20000; i++) {
        char address[EMAIL_BYTES_MAX + 1], written[3 * EMAIL_BYTES_MAX + 1];
        if (!draw_address(&seed, address))
            continue;
        drawn++;
        expect_hidden(lines[draw(&seed, sizeof lines / sizeof *lines)], address);
        encode(address, "/?&=#", written);
        expect_hidden(links[draw(&seed, sizeof links / sizeof *links)], written);
        encode(address, "/?&=#@", written);
        expect_hidden(links[draw(&seed, sizeof links / sizeof *links)], written);
        expect_hidden(lines[draw(&seed, sizeof lines / sizeof *lines)], written);
    }
    assert_true(drawn > 5000);
}

static void test_names(void **state)
{
    (void)state;
    for (enum email_shown shown = EMAIL_FULL; shown <= EMAIL_NONE; shown++)
        assert_int_equal(email_shown_of(email_shown_name(shown)), shown);
    assert_int_equal(email_shown_of("other"), EMAIL_MASKED);
    assert_int_equal(email_shown_of(NULL), EMAIL_MASKED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_masks),
        cmocka_unit_test(test_no_address_stays),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
