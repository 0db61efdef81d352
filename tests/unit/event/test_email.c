/* E-mail addresses: syntax, trimming, the e-mail key, and each refusal word for word. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "core/event/email.h"

#define X10   "xxxxxxxxxx"
#define X50   X10 X10 X10 X10 X10
#define X60   X50 X10
#define X63   X60 "xxx"
#define X64   X63 "x"
#define X200  X50 X50 X50 X50
#define X240  X200 X10 X10 X10 X10
#define A_254 X240 "xx@example.com"

static const struct {
    const char *input;
    const char *email;
    const char *key;
} accepted[] = {
    {"affiliate@example.com", "affiliate@example.com", "affiliate@example.com"},
    {"Affiliate@EXAMPLE.com", "Affiliate@EXAMPLE.com", "affiliate@example.com"},
    {" \t\r\n\faffiliate@example.com\f\n\r\t ", "affiliate@example.com", "affiliate@example.com"},
    {"a@b", "a@b", "a@b"},
    {"AaZz`{@AZ.x", "AaZz`{@AZ.x", "aazz`{@az.x"},
    {".a..b.@localhost", ".a..b.@localhost", ".a..b.@localhost"},
    {"!#$%&'*+/=?^_`{|}~-@example.com", "!#$%&'*+/=?^_`{|}~-@example.com",
     "!#$%&'*+/=?^_`{|}~-@example.com"},
    {"0@1.2-3.4", "0@1.2-3.4", "0@1.2-3.4"},
    {"a@b--c.xn--bcher-kva.example", "a@b--c.xn--bcher-kva.example",
     "a@b--c.xn--bcher-kva.example"},
    {"a@" X63, "a@" X63, "a@" X63},
    {"a@" X63 "." X63, "a@" X63 "." X63, "a@" X63 "." X63},
    {A_254, A_254, A_254},
    {"  " A_254 "  ", A_254, A_254},
    /* RFC 6531; only ASCII is folded. */
    {"J\u00d6RG@example.com", "J\u00d6RG@example.com", "j\u00d6rg@example.com"},
    {"\u7528\u6237@example.com", "\u7528\u6237@example.com", "\u7528\u6237@example.com"},
    {"\U0001f600@example.com", "\U0001f600@example.com", "\U0001f600@example.com"},
    {"\u00a0a@example.com", "\u00a0a@example.com", "\u00a0a@example.com"},
};

static void test_accepted(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof accepted / sizeof *accepted; i++) {
        char email[EMAIL_BYTES_MAX + 1];
        char key[EMAIL_BYTES_MAX + 1];
        struct refusal refusal = {.message = ""};
        if (email_parse(accepted[i].input, email, key, &refusal) != 0)
            fail_msg("'%s' is refused: %s", accepted[i].input, refusal.message);
        assert_string_equal(email, accepted[i].email);
        assert_string_equal(key, accepted[i].key);
        assert_string_equal(refusal.message, "");
    }
}

#define SUCH_AS      "; send an address such as name@example.com"
#define OTHER_DOMAIN "email has a domain with other than letters, digits, hyphens and dots" SUCH_AS
#define EMPTY_PART   "email has an empty part in its domain" SUCH_AS
#define HYPHEN       "email has a part in its domain that begins or ends with a hyphen" SUCH_AS
#define LOCAL(code, at)                                                                            \
    "email has U+" code " at byte " at                                                             \
    ", before its @, which no address may have there; leave it out"

static const struct {
    const char *input;
    const char *rule;
    const char *message;
} refused[] = {
    {"", "syntax", "email is empty" SUCH_AS},
    {" \t ", "syntax", "email is empty" SUCH_AS},
    {"affiliate", "syntax", "email has no @" SUCH_AS},
    {"@example.com", "syntax", "email has nothing before its @" SUCH_AS},
    {"a@", "syntax", EMPTY_PART},
    {"a@.example.com", "syntax", EMPTY_PART},
    {"a@example..com", "syntax", EMPTY_PART},
    {"a@example.com.", "syntax", EMPTY_PART},
    {"a@-example.com", "syntax", HYPHEN},
    {"a@example-.com", "syntax", HYPHEN},
    {"a@example.-", "syntax", HYPHEN},
    {"a@" X64, "syntax", "email has a part of more than 63 bytes in its domain" SUCH_AS},
    {"a@b@c", "syntax", OTHER_DOMAIN},
    {"a@b c", "syntax", OTHER_DOMAIN},
    {"a@b_c", "syntax", OTHER_DOMAIN},
    {"a@[127.0.0.1]", "syntax", OTHER_DOMAIN},
    {"a b@example.com", "syntax", LOCAL("0020", "2")},
    {"a,b@example.com", "syntax", LOCAL("002C", "2")},
    {"Name <a@example.com>", "syntax", LOCAL("0020", "5")},
    {"a(b)@example.com", "syntax", LOCAL("0028", "2")},
    {"a@b\u00fccher.example", "syntax", "email has a domain beyond ASCII; write its xn-- form"},
    {"a@example.com\u00a0", "syntax", "email has a domain beyond ASCII; write its xn-- form"},
    {"x" A_254, "too_long", "email is 255 bytes long; at most 254 are allowed"},
    {"\"a b\"@example.com", "forbidden_character",
     "email holds \" at byte 1, which is not allowed there; leave it out"},
    {" a\\b@example.com", "forbidden_character",
     "email holds \\ at byte 2, which is not allowed there; leave it out"},
    {"a\nb@example.com", "control_character",
     "email holds the control character U+000A at byte 2; leave it out"},
    {"a\x1f@example.com", "control_character",
     "email holds the control character U+001F at byte 2; leave it out"},
    {"a\x7f@example.com", "control_character",
     "email holds the control character U+007F at byte 2; leave it out"},
    {"\u00e9\xc2\x80@example.com", "control_character",
     "email holds the control character U+0080 at byte 3; leave it out"},
    {"\xc2\x9f@example.com", "control_character",
     "email holds the control character U+009F at byte 1; leave it out"},
    {"\va@example.com", "control_character",
     "email holds the control character U+000B at byte 1; leave it out"},
    {"a\xff@example.com", "invalid_utf8", "email is not UTF-8 at byte 2; send all text in UTF-8"},
    {"\xc0\xaf@example.com", "invalid_utf8",
     "email is not UTF-8 at byte 1; send all text in UTF-8"},
    {"\xe0\x80\xaf@example.com", "invalid_utf8",
     "email is not UTF-8 at byte 1; send all text in UTF-8"},
    {"\xed\xa0\x80@example.com", "invalid_utf8",
     "email is not UTF-8 at byte 1; send all text in UTF-8"},
    {"\xf0\x8f\xbf\xbf@example.com", "invalid_utf8",
     "email is not UTF-8 at byte 1; send all text in UTF-8"},
    {"\xf4\x90\x80\x80@example.com", "invalid_utf8",
     "email is not UTF-8 at byte 1; send all text in UTF-8"},
    {"\x80@example.com", "invalid_utf8", "email is not UTF-8 at byte 1; send all text in UTF-8"},
    {"a@example.com\xe2\x82", "invalid_utf8",
     "email is not UTF-8 at byte 14; send all text in UTF-8"},
    {"\xe2(\xa1@example.com", "invalid_utf8",
     "email is not UTF-8 at byte 1; send all text in UTF-8"},
};

static void test_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        char email[EMAIL_BYTES_MAX + 1] = "untouched";
        char key[EMAIL_BYTES_MAX + 1] = "untouched";
        struct refusal refusal;
        if (email_parse(refused[i].input, email, key, &refusal) != -1)
            fail_msg("'%s' is not refused", refused[i].input);
        assert_string_equal(refusal.message, refused[i].message);
        assert_string_equal(refusal.rule, refused[i].rule);
        assert_string_equal(refusal.field, "email");
        assert_string_equal(email, "untouched");
        assert_string_equal(key, "untouched");
    }
}

/* Each ASCII character in the local part: allowed by the standard's list, and no other. */
static void test_local_characters(void **state)
{
    (void)state;
    for (char byte = 1; byte < 0x7f; byte++) {
        char input[32], email[EMAIL_BYTES_MAX + 1], key[EMAIL_BYTES_MAX + 1];
        struct refusal refusal;
        snprintf(input, sizeof input, "a%cb@example.com", byte);
        bool letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                      (byte >= '0' && byte <= '9');
        /* With a second @ the domain is "b@example.com", which is refused as well. */
        int expected = letter || strchr(".!#$%&'*+/=?^_`{|}~-", byte) ? 0 : -1;
        if (email_parse(input, email, key, &refusal) != expected)
            fail_msg("'%s' should give %d", input, expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accepted),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_local_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
