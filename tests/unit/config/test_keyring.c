/* The keys of `secret_key`: what is wrong with one keeps the bus from starting. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/memory.h"
#include "core/config/config.h"
#include "core/config/keyring.h"
#include "scratch.h"

#define ONE   "affnotify-key:v1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"
#define OTHER "affnotify-key:v1:ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=\n"
#define AT    "a.ini:2: [bus] secret_key: "

static void write_key(const char *directory, const char *name, const char *line, mode_t mode)
{
    char *path = scratch_path(directory, name);
    scratch_write(directory, name, line, 0);
    assert_int_equal(chmod(path, mode), 0);
    free(path);
}

/* Each `@` of value is the directory. ids: of the keys, in their order. */
static void expect(const char *directory, const char *value, const char *ids, const char *wrong)
{
    char line[1024] = "";
    for (; *value; value++) {
        size_t used = strlen(line);
        snprintf(line + used, sizeof line - used, *value == '@' ? "%s" : "%.1s",
                 *value == '@' ? directory : value);
    }
    char *text = memory_format("[bus]\nsecret_key = %s\n[sink:a]\nplugin = webhook\n", line);
    scratch_write(directory, "a.ini", text, 0);
    free(text);

    struct config config;
    char *path = scratch_path(directory, "a.ini");
    config_load(path, &config);
    keyring_load(&config, &config.mistakes);
    keyring_load(&config, &config.mistakes); /* does nothing */
    free(path);
    char *mistakes = scratch_mistakes(directory, &config.mistakes);
    assert_string_equal(mistakes, wrong);
    free(mistakes);
    assert_int_equal(config.usable, *wrong == '\0');
    char found[256] = "";
    for (size_t i = 0; i < config.keyring->count; i++) {
        const struct secret_key *key = &config.keyring->keys[i];
        size_t used = strlen(found);
        snprintf(found + used, sizeof found - used, "%s ", key->id);
        assert_ptr_equal(keyring_find(config.keyring, key->id), key);
    }
    assert_string_equal(found, ids);
    assert_null(keyring_find(config.keyring, "00000000"));
    assert_int_equal(config.keyring->section_count, 2);
    config_finish(&config);
}

static void test_lists(void **state)
{
    const char *directory = *state;
    write_key(directory, "one", ONE, 0600);
    write_key(directory, "same", ONE, 0400);
    write_key(directory, "other", OTHER, 0600);
    write_key(directory, "loose", OTHER, 0640);
    write_key(directory, "damaged", "example\n", 0600);
    expect(directory, "@/one", "fa881909 ", "");
    expect(directory, "@/one, @/other", "fa881909 c7f67c73 ", "");
    expect(directory, "@/other @/one", "c7f67c73 fa881909 ", "");
    expect(directory, "@/one @/missing", "fa881909 ",
           AT "missing is not there; put your copy of the key back, or else make a new key by "
              "`affnotify keygen FILE` and enter each sealed secret anew by `affnotify seal`\n");
    expect(directory, "@/one @/same", "fa881909 ",
           AT "same holds the key fa881909, which another file of this list holds already; name "
              "each key once\n");
    expect(directory, "@/loose @/damaged @/one", "fa881909 ",
           AT "loose has the mode 0640, so others than its owner can get at the key; give it 0600: "
              "`chmod 600 loose`\n" AT
              "damaged is no key of affnotify's: it must begin with `affnotify-key:`; make one by "
              "`affnotify keygen FILE`\n");
}

static void test_credentials(void **state)
{
    const char *directory = *state;
    unsetenv("CREDENTIALS_DIRECTORY");
    expect(directory, "credential:key", "",
           AT "there is no credential key: systemd has set no $CREDENTIALS_DIRECTORY; add "
              "`LoadCredential=key:/PATH` to the unit and restart it\n");
    setenv("CREDENTIALS_DIRECTORY", directory, 1);
    write_key(directory, "key", ONE, 0440); /* as systemd shows an ACL */
    expect(directory, "credential:key", "fa881909 ", "");
    unsetenv("CREDENTIALS_DIRECTORY");
}

/* Without the key there are no keys, and nothing is wrong. */
static void test_none(void **state)
{
    struct config config;
    scratch_write(*state, "a.ini", "[sink:a]\nplugin = webhook\n", 0);
    char *path = scratch_path(*state, "a.ini");
    config_load(path, &config);
    free(path);
    keyring_load(&config, &config.mistakes);
    assert_true(config.usable);
    assert_int_equal(config.keyring->count, 0);
    config_finish(&config);
}

/* Root seals for the bus's user, who owns the state directory. */
static void test_for_the_bus(void **state)
{
    const char *directory = *state;
    if (geteuid() != 0)
        return;
    write_key(directory, "key", ONE, 0600);
    char *path = scratch_path(directory, "key");
    assert_int_equal(chown(path, 12345, (gid_t)-1), 0);
    free(path);
    expect(directory, "@/key\nstate = @", "",
           AT "key belongs to the user 12345, who could change the key; it must belong to root or "
              "to the user that affnotifyd runs as\n");
    path = scratch_path(directory, "");
    assert_int_equal(chown(path, 12345, (gid_t)-1), 0);
    free(path);
    expect(directory, "@/key\nstate = @", "fa881909 ", "");
}

#define SCRATCHED(test) cmocka_unit_test_setup_teardown(test, scratch_make, scratch_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCRATCHED(test_lists),
        SCRATCHED(test_credentials),
        SCRATCHED(test_none),
        SCRATCHED(test_for_the_bus),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
