/* Deep links: which are taken as they are, and each refusal word for word. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>
#include <string.h>

#include "core/event/deep_link.h"

static const char *const accepted[] = {
    "",
    "https://myapp.link/ref/abc123",
    "HTTP://Example.com:8080/?a=b&c[]=d#e",
    "https://user:secret@[2001:db8::1]/x",
    "myapp://x",
    "myapp:x",
    "my-app+1.2://x",
    "x:/",
    "mailto:x",
    "tel:+431234567",
    "urn:isbn:0451450523",
    "https://example.com/%20%aF",
    "https://example.com/-._~:/?#[]@!$&'()*+,;=",
    "https://b\u00fccher.example/\u7528\u6237?q=\U0001f600",
    "intent://scan/#Intent;scheme=zxing;package=com.example;end",
};

static void test_accepted(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof accepted / sizeof *accepted; i++) {
        struct refusal refusal;
        if (deep_link_check(accepted[i], &refusal) != 0)
            fail_msg("'%s' is refused: %s", accepted[i], refusal.message);
    }
}

#define NOT_ABSOLUTE                                                                               \
    "deep_link does not begin with a scheme; send an absolute link such as "                       \
    "https://example.com/ref/1, or an empty string for none"
#define PERCENT(at)                                                                                \
    "deep_link has a % at byte " at                                                                \
    " without two hex digits behind it; write a plain percent sign as %25"
#define NOTHING                                                                                    \
    "deep_link has nothing behind its scheme; send the whole link, or an empty string for none"
#define FORBIDDEN(what, at)                                                                        \
    "deep_link holds " what " at byte " at ", which is not allowed there; write it "               \
    "percent-encoded"

static const struct {
    const char *input;
    const char *rule;
    const char *message;
} refused[] = {
    {"/ref/abc123", "not_absolute", NOT_ABSOLUTE},
    {"ref/abc123", "not_absolute", NOT_ABSOLUTE},
    {"//example.com/ref", "not_absolute", NOT_ABSOLUTE},
    {"?ref=1", "not_absolute", NOT_ABSOLUTE},
    {"#ref", "not_absolute", NOT_ABSOLUTE},
    {"example.com", "not_absolute", NOT_ABSOLUTE},
    {"example.com/a:b", "not_absolute", NOT_ABSOLUTE},
    {"://example.com", "not_absolute", NOT_ABSOLUTE},
    {"1app://x", "not_absolute", NOT_ABSOLUTE},
    {"-app://x", "not_absolute", NOT_ABSOLUTE},
    {"my_app://x", "not_absolute", NOT_ABSOLUTE},
    {"m\u00fcapp://x", "not_absolute", NOT_ABSOLUTE},
    {"https:", "syntax", NOTHING},
    {"https://x/100%", "syntax", PERCENT("14")},
    {"https://x/%4", "syntax", PERCENT("11")},
    {"https://x/%20%zz", "syntax", PERCENT("14")},
    {"https://x/%4g", "syntax", PERCENT("11")},
    {" https://x/", "forbidden_character", FORBIDDEN("U+0020", "1")},
    {"https://x/a b", "forbidden_character", FORBIDDEN("U+0020", "12")},
    {"https://x/ ", "forbidden_character", FORBIDDEN("U+0020", "11")},
    {"https://x/\u00a0", "forbidden_character", FORBIDDEN("U+00A0", "11")},
    {"https://x/\u2028", "forbidden_character", FORBIDDEN("U+2028", "11")},
    {"https://x/\u200a", "forbidden_character", FORBIDDEN("U+200A", "11")},
    {"https://x/\u3000", "forbidden_character", FORBIDDEN("U+3000", "11")},
    {"https://x/\"", "forbidden_character", FORBIDDEN("\"", "11")},
    {"C:\\x", "forbidden_character", FORBIDDEN("\\", "3")},
    {"https://x/<y>", "forbidden_character", FORBIDDEN("<", "11")},
    {"https://x/{id}", "forbidden_character", FORBIDDEN("{", "11")},
    {"https://x/a|b", "forbidden_character", FORBIDDEN("|", "12")},
    {"https://x/\t", "control_character",
     "deep_link holds the control character U+0009 at byte 11; leave it out"},
    {"https://x/\n", "control_character",
     "deep_link holds the control character U+000A at byte 11; leave it out"},
    {"https://x/\x7f", "control_character",
     "deep_link holds the control character U+007F at byte 11; leave it out"},
    {"https://x/\xc2\x85", "control_character",
     "deep_link holds the control character U+0085 at byte 11; leave it out"},
    {"https://x/\xfe", "invalid_utf8", "deep_link is not UTF-8 at byte 11; send all text in UTF-8"},
};

static void test_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct refusal refusal;
        if (deep_link_check(refused[i].input, &refusal) != -1)
            fail_msg("'%s' is not refused", refused[i].input);
        assert_string_equal(refusal.message, refused[i].message);
        assert_string_equal(refusal.rule, refused[i].rule);
        assert_string_equal(refusal.field, "deep_link");
    }
}

static void test_length(void **state)
{
    (void)state;
    char link[DEEP_LINK_BYTES_MAX + 2];
    struct refusal refusal;
    memset(link, 'x', sizeof link - 1);
    memcpy(link, "https://", 8);
    link[DEEP_LINK_BYTES_MAX] = '\0';
    assert_int_equal(strlen(link), 2048);
    assert_int_equal(deep_link_check(link, &refusal), 0);
    link[DEEP_LINK_BYTES_MAX] = 'x';
    link[DEEP_LINK_BYTES_MAX + 1] = '\0';
    assert_int_equal(deep_link_check(link, &refusal), -1);
    assert_string_equal(refusal.rule, "too_long");
    assert_string_equal(refusal.message, "deep_link is 2049 bytes long; at most 2048 are allowed");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accepted),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
