/* Where secrets come from, and that no mistake ever holds any part of one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/limits.h"
#include "core/base/memory.h"
#include "core/config/mistakes.h"
#include "core/config/secret.h"
#include "scratch.h"

static const struct place place = {"a.ini", 7, "sink:crm", "token"};

#define AT "a.ini:7: [sink:crm] token: "
#define WARNING                                                                                    \
    "warning: " AT "the secret stands in the file itself; write file:/PATH or env:NAME\n"

/* secret NULL: there must be none. */
static void expect(const char *directory, const char *value, const char *secret, const char *wrong)
{
    struct mistakes mistakes;
    mistakes_init(&mistakes);
    char *resolved = secret_resolve(value, &place, &mistakes);
    char *texts = scratch_mistakes(directory, &mistakes);
    assert_string_equal(texts, wrong);
    if (secret)
        assert_string_equal(resolved, secret);
    else
        assert_null(resolved);
    assert_null(strstr(texts, "hidden"));
    memory_wipe_text(resolved);
    free(texts);
    mistakes_finish(&mistakes);
}

static void test_literals(void **state)
{
    static const struct {
        const char *value;
        const char *secret;
        const char *wrong;
    } cases[] = {
        {"hidden", "hidden", WARNING},
        {"hidden:file:/x", "hidden:file:/x", WARNING},
        {"File:/x", "File:/x", WARNING},
        {"", NULL, AT "the secret is empty; put the secret into it\n"},
        {"sealed:v1:hidden", NULL,
         AT "this release does not open `sealed:` values; write file:/PATH or env:NAME\n"},
        {"credential:hidden", NULL,
         AT "this release does not open `credential:` values; write file:/PATH or env:NAME\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect(*state, cases[i].value, cases[i].secret, cases[i].wrong);

    char *large = memory_new(SECRET_BYTES_MAX + 2, 1);
    memset(large, 'x', SECRET_BYTES_MAX);
    expect(*state, large, large, WARNING);
    large[SECRET_BYTES_MAX] = 'x';
    expect(*state, large, NULL,
           AT "the secret is longer than 16384 bytes; a secret has at most so many\n");
    free(large);
}

static void test_variables(void **state)
{
    static const struct {
        const char *value; /* NULL: unset */
        const char *secret;
        const char *wrong;
    } cases[] = {
        {"hidden", "hidden", ""},
        {"file:/x", "file:/x", ""},
        {NULL, NULL,
         AT "the environment variable AFFN_TOKEN is not set; set it where affnotifyd is started, "
            "and start it again\n"},
        {"", NULL, AT "the environment variable AFFN_TOKEN is empty; put the secret into it\n"},
        {"hidden\n", NULL,
         AT "the environment variable AFFN_TOKEN holds a line break; a secret is one line of "
            "text\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (cases[i].value)
            setenv("AFFN_TOKEN", cases[i].value, 1);
        else
            unsetenv("AFFN_TOKEN");
        expect(*state, "env:AFFN_TOKEN", cases[i].secret, cases[i].wrong);
    }
    static const char *const malformed[] = {"env:", "env:hidden-1", "env: hidden", "env:1hidden"};
    for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++)
        expect(*state, malformed[i], NULL,
               AT "`env:` must be followed by the name of an environment variable, like "
                  "`env:NAME`\n");
}

static void test_files(void **state)
{
    static const struct {
        const char *bytes;
        size_t length;
        const char *secret;
        const char *wrong;
    } cases[] = {
        {"hidden", 0, "hidden", ""},
        {"hidden\n", 0, "hidden", ""},
        {"hidden\r\n", 0, "hidden", ""},
        {" hidden \n", 0, " hidden ", ""},
        {"hidden\n\n", 0, NULL, AT "t holds a line break; a secret is one line of text\n"},
        {"hidden\nhidden\n", 0, NULL, AT "t holds a line break; a secret is one line of text\n"},
        {"hidden\r", 0, NULL, AT "t holds a line break; a secret is one line of text\n"},
        {"hid\0den", 7, NULL, AT "t holds a NUL byte; a secret is one line of text\n"},
        {"", 0, NULL, AT "t is empty; put the secret into it\n"},
        {"\n", 0, NULL, AT "t is empty; put the secret into it\n"},
    };
    char *value = memory_format("file:%s/t", (const char *)*state);
    expect(*state, value, NULL, AT "t cannot be read: No such file or directory\n");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        scratch_write(*state, "t", cases[i].bytes, cases[i].length);
        expect(*state, value, cases[i].secret, cases[i].wrong);
    }

    char *large = memory_new(SECRET_BYTES_MAX + 8, 1);
    memset(large, 'x', SECRET_BYTES_MAX);
    strcpy(large + SECRET_BYTES_MAX, "\r\n");
    scratch_write(*state, "t", large, 0);
    large[SECRET_BYTES_MAX] = '\0';
    expect(*state, value, large, "");
    static const char *const tails[] = {"x", "x\n", "x\r\n", "\r\nxx", "xxxxxx"};
    for (size_t i = 0; i < sizeof tails / sizeof *tails; i++) {
        strcpy(large + SECRET_BYTES_MAX, tails[i]);
        scratch_write(*state, "t", large, 0);
        expect(*state, value, NULL,
               AT "t is longer than 16384 bytes; a secret has at most so many\n");
    }
    free(large);
    free(value);

    value = memory_format("file:%s/pipe", (const char *)*state);
    assert_int_equal(mkfifo(value + strlen("file:"), 0600), 0);
    expect(*state, value, NULL, AT "pipe cannot be read: it is not a regular file\n");
    free(value);

    value = memory_format("file:%s", (const char *)*state);
    struct mistakes mistakes;
    mistakes_init(&mistakes);
    assert_null(secret_resolve(value, &place, &mistakes));
    char *wrong = memory_format("%s cannot be read: Is a directory", (const char *)*state);
    assert_string_equal(mistakes.items[0].text, wrong);
    free(wrong);
    mistakes_finish(&mistakes);
    free(value);

    static const char *const relative[] = {"file:", "file:hidden", "file: /hidden",
                                           "file:~/hidden"};
    for (size_t i = 0; i < sizeof relative / sizeof *relative; i++)
        expect(*state, relative[i], NULL,
               AT "`file:` must be followed by an absolute path, like `file:/PATH`\n");
}

#define SCRATCHED(test) cmocka_unit_test_setup_teardown(test, scratch_make, scratch_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCRATCHED(test_literals),
        SCRATCHED(test_variables),
        SCRATCHED(test_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
