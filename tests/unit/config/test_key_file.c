/* Key files: what they hold, who may read them, and that none is ever overwritten. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/buffer.h"
#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/memory.h"
#include "core/config/key_file.h"
#include "scratch.h"

#define LINE "affnotify-key:v1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

/* What is said behind the path of the key file, "" for nothing. */
static void expect(const char *path, int result, const struct error *error, const char *wrong)
{
    assert_int_equal(result, *wrong ? -1 : 0);
    if (*wrong) {
        assert_memory_equal(error->text, path, strlen(path));
        assert_string_equal(error->text + strlen(path), wrong);
        assert_null(strstr(error->text, "AAEC"));
    }
}

static void test_content(void **state)
{
#define OURS                                                                                       \
    " is no key of affnotify's: it must begin with `affnotify-key:`; make one by `affnotify "      \
    "keygen "                                                                                      \
    "FILE`"
#define DAMAGED                                                                                    \
    " is damaged: behind `affnotify-key:v1:` stands the base64 of 32 bytes; put back a copy of it"
    static const struct {
        const char *text;
        const char *wrong;
    } cases[] = {
        {LINE "\n", ""},
        {LINE, ""},
        {LINE "\r\n", ""},
        {"\n", " is empty; make a key by `affnotify keygen FILE`"},
        {"hidden\n", OURS},
        {"affnotify-key:", OURS},
        {" " LINE, OURS},
        {"affnotify-key:v2:AAEC\n",
         " was made by a later release of affnotify; update this one, or make a key by `affnotify "
         "keygen FILE`"},
        {"affnotify-key:v1:\n", DAMAGED},
        {"affnotify-key:v1:AAECAw==\n", DAMAGED},
        {LINE "\n\n", DAMAGED},
        {LINE " \n", DAMAGED},
        {LINE "\n" LINE "\n", DAMAGED},
        {"affnotify-key:v1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh\n", DAMAGED},
        {"affnotify-key:v1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gAA==\n", DAMAGED},
    };
    char *path = scratch_path(*state, "key");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct secret_key key;
        struct error error;
        scratch_write(*state, "key", cases[i].text, 0);
        chmod(path, 0600);
        int result = key_file_read(path, KEY_NO_OTHER_OWNER, &key, &error);
        expect(path, result, &error, cases[i].wrong);
        if (result == 0) {
            assert_string_equal(key.id, "fa881909");
            assert_int_equal(key.bytes[31], 31);
        }
    }
    free(path);
}

static void test_modes(void **state)
{
    static const struct {
        mode_t mode;
        bool file_is_fine;
        bool credential_is_fine;
    } cases[] = {
        {0600, true, true},   {0400, true, true},   {0700, true, true},   {0640, false, true},
        {0440, false, true},  {0620, false, false}, {0610, false, false}, {0604, false, false},
        {0601, false, false}, {0644, false, false}, {0666, false, false},
    };
    char *path = scratch_path(*state, "key");
    scratch_write(*state, "key", LINE "\n", 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct secret_key key;
        struct error error;
        chmod(path, cases[i].mode);
        char *wrong = memory_format(" has the mode %04o, so others than its owner can get at the "
                                    "key; give it 0600: `chmod 600 %s`",
                                    (unsigned)cases[i].mode, path);
        expect(path, key_file_read(path, KEY_NO_OTHER_OWNER, &key, &error), &error,
               cases[i].file_is_fine ? "" : wrong);
        expect(path, key_file_read_credential(path, &key, &error), &error,
               cases[i].credential_is_fine ? "" : wrong);
        free(wrong);
    }
    free(path);
}

/* Only root can give a file away. */
static void test_owners(void **state)
{
    struct secret_key key;
    struct error error;
    char *path = scratch_path(*state, "key");
    scratch_write(*state, "key", LINE "\n", 0);
    chmod(path, 0600);
    if (geteuid() == 0) {
        assert_int_equal(chown(path, 12345, (gid_t)-1), 0);
        expect(path, key_file_read(path, KEY_NO_OTHER_OWNER, &key, &error), &error,
               " belongs to the user 12345, who could change the key; it must belong to root or to "
               "the user that affnotifyd runs as");
        expect(path, key_file_read(path, 12345, &key, &error), &error, "");
    }
    free(path);
}

static void test_no_file(void **state)
{
    struct secret_key key;
    struct error error;
    char *path = scratch_path(*state, "key");
    expect(path, key_file_read(path, KEY_NO_OTHER_OWNER, &key, &error), &error,
           " is not there; put your copy of the key back, or else make a new key by `affnotify "
           "keygen FILE` and enter each sealed secret anew by `affnotify seal`");
    assert_int_equal(mkfifo(path, 0600), 0);
    expect(path, key_file_read(path, KEY_NO_OTHER_OWNER, &key, &error), &error,
           " cannot be read: it is not a regular file");
    free(path);
}

static void test_make(void **state)
{
    struct secret_key made, read, other;
    struct error error;
    struct stat status;
    char *path = scratch_path(*state, "key");
    umask(0277); /* it belongs to the process and must not matter */
    assert_int_equal(key_file_make(path, &made, &error), 0);
    umask(022);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    assert_int_equal(status.st_size, strlen(LINE) + 1);
    assert_int_equal(key_file_read(path, KEY_NO_OTHER_OWNER, &read, &error), 0);
    assert_memory_equal(&made, &read, sizeof made);

    expect(path, key_file_make(path, &other, &error), &error,
           " is there already and was left as it is: a key that is lost opens nothing any more; "
           "name another file");
    assert_int_equal(key_file_read(path, KEY_NO_OTHER_OWNER, &read, &error), 0);
    assert_memory_equal(&made, &read, sizeof made);
    free(path);

    path = scratch_path(*state, "another");
    assert_int_equal(symlink("nowhere", path), 0);
    expect(path, key_file_make(path, &other, &error), &error,
           " is there already and was left as it is: a key that is lost opens nothing any more; "
           "name another file");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(key_file_make(path, &other, &error), 0);
    assert_string_not_equal(made.id, other.id);
    free(path);

    path = scratch_path(*state, "missing/key");
    expect(path, key_file_make(path, &other, &error), &error, ": No such file or directory");
    free(path);
}

#define SCRATCHED(test) cmocka_unit_test_setup_teardown(test, scratch_make, scratch_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCRATCHED(test_content), SCRATCHED(test_modes), SCRATCHED(test_owners),
        SCRATCHED(test_no_file), SCRATCHED(test_make),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
