/* What may be shown of a secret, and that no more is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "core/bus/secret_shown.h"

struct row {
    const char *given;
    const char *shown;
};

static void expect(char *(*show)(const char *), const struct row *rows)
{
    for (; rows->given; rows++) {
        char *shown = show(rows->given);
        assert_string_equal(shown, rows->shown);
        free(shown);
    }
}

static void test_mask(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"", "••••"},
        {"x", "••••"},
        {"fifteen-letters", "••••"},
        {"sixteen-letters-", "••••ers-"},
        {"a-long-example-of-a-secret-ab12", "••••ab12"},
        {"fifteen letters", "••••"},
        {"üüüüüüüüüüüüüüü", "••••"}, /* 15 characters, 30 bytes */
        {"üüüüüüüüüüüüüü€ü", "••••üü€ü"},
        {"a-long-example-that-is-no-text\xff", "••••"},
        {NULL, NULL},
    };
    expect(secret_shown_mask, rows);
}

static void test_form(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"a-token", "literal"},
        {"", "literal"},
        {"file:/etc/token", "file:/etc/token"},
        {"file:a-token", "file:"},
        {"env:TOKEN_1", "env:TOKEN_1"},
        {"env:_", "env:_"},
        {"env:1a", "env:"},
        {"env:", "env:"},
        {"env:a-token", "env:"},
        {"credential:token", "credential:token"},
        {"credential:a/token", "credential:"},
        {"credential:", "credential:"},
        {"sealed:v1:fa881909:AAAAAAAAAAAAAAAAa8TUs8VA5pB8x8JQdu23PT0iASmZlYYbx57sPms=",
         "sealed by key fa881909"},
        {"sealed:v1:a-token", "sealed"},
        {"sealed:a-token", "sealed"},
        {NULL, NULL},
    };
    expect(secret_shown_form, rows);
}

static void test_source(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"file:/etc/token", "read from /etc/token"},
        {"env:TOKEN_1", "read from the environment variable TOKEN_1"},
        {"credential:token", "read from the credential token"},
        {"sealed:v1:fa881909:AAAAAAAAAAAAAAAAa8TUs8VA5pB8x8JQdu23PT0iASmZlYYbx57sPms=", "sealed"},
        {"sealed:a-token", "sealed"},
        {NULL, NULL},
    };
    static const char *const may_be_secrets[] = {"",
                                                 "a-token",
                                                 "file:a-token",
                                                 "env:",
                                                 "env:a-token",
                                                 "credential:a/token",
                                                 "file:",
                                                 "credential:",
                                                 "file:/etc/token, a-token",
                                                 "file:/etc/token a-token"};
    expect(secret_shown_source, rows);
    for (size_t i = 0; i < sizeof may_be_secrets / sizeof *may_be_secrets; i++)
        assert_null(secret_shown_source(may_be_secrets[i]));
}

static void test_plain(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"", ""},
        {"10s", "10s"},
        {"me@example.com", "me@example.com"},
        {"https://h.example/a@b", "https://h.example/a@b"},
        {"https://h.example?a@b", "https://h.example?a@b"},
        {"https://user:example@h.example/a", "https://••••@h.example/a"},
        {"postgres://user@h", "postgres://••••@h"},
        {"a://user:ex@mple@h/", "a://••••@h/"},
        {"a://b:example@c, d://e f://g:example@h", "a://••••@c, d://e f://••••@h"},
        {"://", "://"},
        {"://@", "://••••@"},
        {NULL, NULL},
    };
    expect(secret_shown_plain, rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mask),
        cmocka_unit_test(test_form),
        cmocka_unit_test(test_source),
        cmocka_unit_test(test_plain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
