/* Texts that name an address, and texts that name another. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/journal/address.h"

#define KEY "ann.lee@x.org"

static const char *const names_it[] = {
    KEY,
    "Ann.Lee@X.ORG",
    " " KEY " ",
    "550 <" KEY ">: no such user",
    "{\"email\":\"" KEY "\"}",
    "{\"email\":\"ann.lee\\u0040x.org\"}",
    "{\"email\":\"\\u0061nn.lee@x\\u002Eorg\"}",
    "{\"email\":\"\\t" KEY "\\n\"}",
    "\\\"" KEY "\\\"",
    "https://x.org/?e=ann.lee%40x.org&n=1",
    "https://x.org/?e=%61NN.lee%40x%2eorg",
    "mailto:" KEY "?subject=x",
    "ask " KEY ".",
    "ask " KEY ". Or not.",
    "joann.lee@x.org, " KEY,
    KEY "@y.org",
    "%" KEY,
    "%4\\" KEY,
    "a\0ann.lee@x.org",
};

static const char *const names_another[] = {
    "",
    "a",
    "ann.lee@x.or",
    "joann.lee@x.org",
    "x.ann.lee@x.org",
    "x+ann.lee@x.org",
    "x_ann.lee@x.org",
    "x-ann.lee@x.org",
    "\xc3\xa4" KEY,
    "\\u00e4" KEY,
    KEY "a",
    KEY "-x",
    KEY ".uk",
    KEY "%2euk",
    KEY "\\u002euk",
    "ann.lee at x.org",
    "ann-lee@x.org",
    "ann.lee\\u004x.org",
    "ann.lee%4x.org",
};

static void an_address_is_found_in_every_spelling(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof names_it / sizeof *names_it; i++) {
        bool holds_nul = names_it[i][1] == '\0';
        size_t length = holds_nul ? 2 + strlen(KEY) : strlen(names_it[i]);
        if (!address_in(names_it[i], length, KEY))
            fail_msg("%s", names_it[i]);
    }
}

static void another_address_is_not_taken_for_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof names_another / sizeof *names_another; i++)
        if (address_in(names_another[i], strlen(names_another[i]), KEY))
            fail_msg("%s", names_another[i]);
    assert_false(address_in(KEY, strlen(KEY) - 1, KEY));
}

static void an_address_may_have_letters_beyond_ascii(void **state)
{
    (void)state;
    static const char *const texts[] = {"J\xc3\xb6rg\xf0\x9f\x99\x82@X.org",
                                        "J\\u00f6rg\\ud83d\\ude42@x.org",
                                        "j%C3%B6rg%f0%9f%99%82%40x.org"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_true(address_in(texts[i], strlen(texts[i]), "j\xc3\xb6rg\xf0\x9f\x99\x82@x.org"));
    assert_false(address_in("j\\ud83d@x.org", 13, "j\xf0\x9f\x99\x82@x.org"));
}

/* Nothing is read beyond the end, wherever a text is cut. */
static void a_text_may_end_anywhere(void **state)
{
    (void)state;
    static const char text[] = "\\ud83d\\ude42 %41 \\u0061 \\n ann.lee\\u0040x.org";
    for (size_t length = 0; length < sizeof text; length++) {
        char *copy = test_malloc(length + 1);
        memcpy(copy, text, length);
        assert_int_equal(address_in(copy, length, KEY), length >= sizeof text - 1);
        test_free(copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_is_found_in_every_spelling),
        cmocka_unit_test(another_address_is_not_taken_for_it),
        cmocka_unit_test(an_address_may_have_letters_beyond_ascii),
        cmocka_unit_test(a_text_may_end_anywhere),
    };
    return cmocka_run_group_tests_name("journal_address", tests, NULL, NULL);
}
