/* Where secrets come from, and that no mistake ever holds any part of one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/limits.h"
#include "core/base/memory.h"
#include "core/config/document.h"
#include "core/config/keyring.h"
#include "core/config/mistakes.h"
#include "core/config/secret.h"
#include "scratch.h"

static const struct place place = {"a.ini", 7, "sink:crm", "token"};

#define AT "a.ini:7: [sink:crm] token: "
#define WARNING                                                                                    \
    "warning: " AT                                                                                 \
    "the secret stands in the file itself; seal it by `affnotify seal --in-place`, "               \
    "or write file:/PATH, credential:NAME or env:NAME\n"

static const struct keyring *keyring;

/* secret NULL: there must be none. */
static void expect(const char *directory, const char *value, const char *secret, const char *wrong)
{
    struct mistakes mistakes;
    mistakes_init(&mistakes);
    char *resolved = secret_resolve(value, keyring, &place, &mistakes);
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
    assert_null(secret_resolve(value, keyring, &place, &mistakes));
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

static void test_credentials(void **state)
{
    static const char *const malformed[] = {
        "credential:",   "credential:/hidden", "credential:hid/den", "credential:.",
        "credential:..", "credential:hid den", "credential: hidden", "credential:../hidden",
    };
    unsetenv("CREDENTIALS_DIRECTORY");
    for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++)
        expect(*state, malformed[i], NULL,
               AT "`credential:` must be followed by the name of a systemd credential, like "
                  "`credential:NAME`\n");
    expect(*state, "credential:crm", NULL,
           AT "there is no credential crm: systemd has set no $CREDENTIALS_DIRECTORY; add "
              "`LoadCredential=crm:/PATH` to the unit and restart it\n");
    setenv("CREDENTIALS_DIRECTORY", *state, 1);
    expect(*state, "credential:crm", NULL, AT "crm cannot be read: No such file or directory\n");
    scratch_write(*state, "crm", "hidden\n", 0);
    expect(*state, "credential:crm", "hidden", "");
    scratch_write(*state, "crm", "\n", 0);
    expect(*state, "credential:crm", NULL, AT "crm is empty; put the secret into it\n");
    unsetenv("CREDENTIALS_DIRECTORY");
}

/* ---- Sealed values; made by Python's cryptography with the keys 00…1f and 20…3f ---- */

#define V    "sealed:v1:"
#define K    V "fa881909:"
#define ANEW "; seal the secret anew by `affnotify seal --sink crm --key token`\n"
#define CUT                                                                                        \
    AT "this sealed value was cut short or changed: what stands behind its key's ID is not "       \
       "whole base64" ANEW
#define NONE                                                                                       \
    AT "this is no sealed value: behind `sealed:v1:` stand the 8 hex digits of its key's "         \
       "ID, a `:` and base64" ANEW
#define CHANGED                                                                                    \
    AT "this sealed value does not open: it was changed, or sealed for another section or "        \
       "key" ANEW
#define MOVED(from)                                                                                \
    AT "this value was sealed for " from                                                           \
       " and opens nowhere else; seal the secret for this place by "                               \
       "`affnotify seal --sink crm --key token`\n"
#define GOOD K "AAAAAAAAAAAAAAAAZtXRutBC6Pm3dwnhYSsSdYb3s4RNOQ=="

static const struct sealed_case {
    const char *value;
    const char *secret;
    const char *wrong;
} sealed_cases[] = {
    {GOOD, "hidden", ""},
    {"sealed:", NULL, AT "nothing stands behind `sealed:`" ANEW},
    {"sealed:v2:anything", NULL,
     AT "this value was sealed by a later release of affnotify: it begins with `sealed:v2:`, and "
        "this release opens `sealed:v1:`" ANEW},
    {"sealed:v12:", NULL,
     AT "this value was sealed by a later release of affnotify: it begins with `sealed:v12:`, and "
        "this release opens `sealed:v1:`" ANEW},
    {"sealed:v0:hidden", NULL, NONE},
    {"sealed:v:hidden", NULL, NONE},
    {"sealed:v2", NULL, NONE},
    {"sealed:hidden", NULL, NONE},
    {"sealed: v1:hidden", NULL, NONE},
    {V, NULL, NONE},
    {V "fa88190:AAAA", NULL, NONE},
    {V "fa8819091:AAAA", NULL, NONE},
    {V "FA881909:AAAA", NULL, NONE},
    {V "fa881909", NULL, NONE},
    {K, NULL, CUT},
    {K "AAAAAAAAAAAAAAAAZtXRutBC6Pm3dwnhYSsSdYb3s4RNOQ=", NULL, CUT},
    {K "AAAAAAAAAAAAAAAAZtXRutBC6Pm3dwnhYSsSdYb3s4RNOR==", NULL, CUT}, /* stray bits */
    {K "AAAAAAAAAAAAAAAAZtXRutBC6Pm3dwnhYSsSdYb3s4RNO!==", NULL, CUT},
    {K "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==", NULL,
     AT "this sealed value was cut short: it has 28 bytes, and the shortest has 29" ANEW},
    {K "AAAAAAAAAAAAAAAAZtXRutBC6Pm3dwnhYSsSdYb3", NULL, CHANGED}, /* a whole piece is missing */
    {K "AAAAAAAAAAAAAAAAZtXRutBC6Pm3dwnhYSsSdYb3s4RNOA==", NULL, CHANGED},
    {K "BAAAAAAAAAAAAAAAZtXRutBC6Pm3dwnhYSsSdYb3s4RNOQ==", NULL, CHANGED},
    {K "AAAAAAAAAAAAAAAAZ9XRutBC6Pm3dwnhYSsSdYb3s4RNOQ==", NULL, CHANGED},
    {V "c7f67c73:AAAAAAAAAAAAAAAAZtXRutBC6Pm3dwnhYSsSdYb3s4RNOQ==", NULL, CHANGED},
    {V "00000000:AAAAAAAAAAAAAAAAZtXRutBC6Pm3dwnhYSsSdYb3s4RNOQ==", NULL,
     AT "this value was sealed by the key 00000000, and `secret_key` in [bus] has fa881909, "
        "c7f67c73 only; name the file of that key there, too\n"},
    {K "AAAAAAAAAAAAAAAAZtXRutBCYlCO+7e3FlsOiMkIqFPCyA==", NULL, MOVED("[sink:crm] password")},
    {K "AAAAAAAAAAAAAAAAZtXRutBC6i+pPIA2JRyQb5RV4M/XfQ==", NULL, MOVED("[sink:old] token")},
    {K "AAAAAAAAAAAAAAAAZtXRutBCo/w5O2qgR4rpyGOZJhb+2A==", NULL, MOVED("[sink:former] token")},
    {K "AAAAAAAAAAAAAAAAZtXRutBCbEBrxnFEexxbNgrKDs280Q==", NULL, CHANGED}, /* [sink:nowhere] */
    {K "AAAAAAAAAAAAAAAAZtXRutBCidVhzM1Qdv8pKfs+iyPRUD7JQbqXurU=", NULL,
     AT "what was sealed holds a line break; a secret is one line of text\n"},
    {K "AAAAAAAAAAAAAAAAZtXR3tFJ7USj6VsFUeilnPEZIvHwzW8=", NULL,
     AT "what was sealed holds a NUL byte; a secret is one line of text\n"},
};

static void test_sealed(void **state)
{
    struct setting settings[] = {{.key = (char[]){"token"}, .value = (char[]){"x"}},
                                 {.key = (char[]){"password"}, .value = (char[]){"x"}},
                                 {.key = (char[]){"was"}, .value = (char[]){"former"}}};
    struct section sections[] = {{.name = (char[]){"sink:old"}},
                                 {.name = (char[]){"sink:crm"}, .settings = settings, .count = 3}};
    static struct keyring two = {.count = 2};
    unsigned char bytes[KEY_BYTES];
    for (size_t i = 0; i < 2 * KEY_BYTES; i++) {
        bytes[i % KEY_BYTES] = (unsigned char)i;
        if (i % KEY_BYTES == KEY_BYTES - 1)
            key_init(&two.keys[i / KEY_BYTES], bytes);
    }
    two.sections = sections;
    two.section_count = 2;
    keyring = &two;
    for (size_t i = 0; i < sizeof sealed_cases / sizeof *sealed_cases; i++)
        expect(*state, sealed_cases[i].value, sealed_cases[i].secret, sealed_cases[i].wrong);

    two.section_count = 0; /* nothing to compare it with */
    expect(*state, K "AAAAAAAAAAAAAAAAZtXRutBCYlCO+7e3FlsOiMkIqFPCyA==", NULL, CHANGED);
    keyring = NULL;
    expect(*state, GOOD, NULL,
           AT "this value was sealed by the key fa881909, and [bus] has no `secret_key`; name the "
              "file of that key there\n");
}

/* What a sentence proposes for [bus] is what one would type. */
static void test_sealed_in_bus(void **state)
{
    static const struct place in_bus = {"a.ini", 2, "bus", "ingest_tokens"};
    (void)state;
    struct mistakes mistakes;
    mistakes_init(&mistakes);
    assert_null(secret_resolve("sealed:", NULL, &in_bus, &mistakes));
    assert_string_equal(mistakes.items[0].text,
                        "nothing stands behind `sealed:`; seal the secret anew by `affnotify seal "
                        "--bus --key ingest_tokens`");
    mistakes_finish(&mistakes);
}

/* What is proposed can be copied: it names the file that is in use. */
static void test_commands_name_the_file(void **state)
{
    static const struct {
        const char *path;
        const char *option;
    } cases[] = {
        {"/etc/affnotify/affnotify.ini", ""}, /* what `affnotify seal` takes by itself */
        {"/srv/a.ini", " -c /srv/a.ini"},
        {"/srv/it's mine.ini", " -c '/srv/it'\\''s mine.ini'"},
        {NULL, ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        static struct keyring none;
        struct mistakes mistakes;
        char text[256];
        none.config_path = cases[i].path;
        mistakes_init(&mistakes);
        memory_wipe_text(secret_resolve("hidden", &none, &place, &mistakes));
        snprintf(text, sizeof text,
                 "the secret stands in the file itself; seal it by `affnotify seal --in-place%s`, "
                 "or write file:/PATH, credential:NAME or env:NAME",
                 cases[i].option);
        assert_string_equal(mistakes.items[0].text, text);
        assert_null(secret_resolve("sealed:", &none, &place, &mistakes));
        snprintf(text, sizeof text,
                 "nothing stands behind `sealed:`; seal the secret anew by `affnotify seal --sink "
                 "crm --key token%s`",
                 cases[i].option);
        assert_string_equal(mistakes.items[1].text, text);
        mistakes_finish(&mistakes);
    }
}

static void test_lists(void **state)
{
    static const struct {
        const char *content;
        const char *secrets;
    } cases[] = {
        {"one\n", "one"},
        {"one, two", "one, two"},
        {"one\ntwo\r\n\nthree\n", "one two   three"},
    };
    char *value = memory_format("file:%s/t", (const char *)*state);
    struct mistakes mistakes;
    mistakes_init(&mistakes);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        scratch_write(*state, "t", cases[i].content, 0);
        char *secrets = secret_resolve_list(value, NULL, &place, &mistakes);
        assert_string_equal(secrets, cases[i].secrets);
        memory_wipe_text(secrets);
    }
    setenv("CREDENTIALS_DIRECTORY", *state, 1);
    char *secrets = secret_resolve_list("credential:t", NULL, &place, &mistakes);
    assert_string_equal(secrets, "one two   three");
    memory_wipe_text(secrets);
    unsetenv("CREDENTIALS_DIRECTORY");
    assert_int_equal(mistakes.count, 0);
    assert_null(secret_resolve_list("file:relative", NULL, &place, &mistakes));
    char *literal = secret_resolve_list("literal", NULL, &place, &mistakes);
    assert_string_equal(literal, "literal");
    assert_int_equal(mistakes.count, 2); /* the second is a literal's warning */
    assert_int_equal(mistakes_errors(&mistakes), 1);
    memory_wipe_text(literal);
    mistakes_finish(&mistakes);
    free(value);
}

static void expect_option(const char *value, bool is_list, const char *secrets, const char *wrong)
{
    struct mistakes mistakes;
    mistakes_init(&mistakes);
    char *text = secret_resolve_option(value, is_list, NULL, &place, &mistakes);
    if (secrets)
        assert_string_equal(text, secrets);
    else
        assert_null(text);
    if (wrong)
        assert_string_equal(mistakes.items[0].text, wrong);
    else
        assert_int_equal(mistakes.count, 0);
    memory_wipe_text(text);
    mistakes_finish(&mistakes);
}

static void test_options(void **state)
{
    scratch_write(*state, "t", "one\ntwo\n", 0);
    scratch_write(*state, "blank", " \n", 0);
    setenv("EXAMPLE_THREE", "three", 1);
    char *both = memory_format("file:%s/t, env:EXAMPLE_THREE", (const char *)*state);
    char *blank = memory_format("file:%s/blank", (const char *)*state);
    expect_option(both, true, "one, two, three", NULL);
    expect_option(blank, true, NULL, "holds no secret; put one there, or leave the key out");
    expect_option("", true, NULL, "holds no secret; put one there, or leave the key out");
    expect_option("env:EXAMPLE_THREE env:EXAMPLE_NOT_SET", true, NULL,
                  "the environment variable EXAMPLE_NOT_SET is not set; set it where affnotifyd is "
                  "started, and start it again");
    setenv("EXAMPLE_THREE", "three, four", 1);
    expect_option("env:EXAMPLE_THREE", true, "three, four", NULL);
    expect_option("env:EXAMPLE_THREE", false, "three, four", NULL);
    unsetenv("EXAMPLE_THREE");
    free(both);
    free(blank);
}

#define SCRATCHED(test) cmocka_unit_test_setup_teardown(test, scratch_make, scratch_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCRATCHED(test_literals),
        SCRATCHED(test_variables),
        SCRATCHED(test_files),
        SCRATCHED(test_credentials),
        SCRATCHED(test_lists),
        SCRATCHED(test_options),
        SCRATCHED(test_sealed),
        cmocka_unit_test(test_sealed_in_bus),
        cmocka_unit_test(test_commands_name_the_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
