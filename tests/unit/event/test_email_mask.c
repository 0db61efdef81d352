/* Addresses in any text: what is found, and what is left of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

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
        {"a@b@c", "a•••@b@c", "•••@c"},
        {"@@", "@@", "@@"},
        {"https://user:word@example.com/x", "https://user:w•••@example.com/x",
         "https://user:•••/x"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        expect(cases[i].text, EMAIL_MASKED, cases[i].masked);
        expect(cases[i].text, EMAIL_NONE, cases[i].none);
        expect(cases[i].text, EMAIL_FULL, cases[i].text);
    }
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
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
