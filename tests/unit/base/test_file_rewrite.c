/* A file that is changed and stays its owner's, and one that changed meanwhile and stays as it is. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>
#include <dirent.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "core/base/buffer.h"
#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/file_rewrite.h"

/* Instead of the C library's: where somebody presses Ctrl-C, with half the work done. */
static int signal_at_sync;

int fsync(int fd)
{
    (void)fd;
    if (signal_at_sync)
        raise(signal_at_sync);
    return 0;
}

/* acl(5): version 2; user::rw-, user:12345:r--, group::---, mask::r--, other::---. */
static const unsigned char access_list[] = {
    2, 0,    0,    0,   1,   0,   6,    0, 255, 255, 255, 255, 2,   0,    4,
    0, 0x39, 0x30, 0,   0,   4,   0,    0, 0,   255, 255, 255, 255, 0x10, 0,
    4, 0,    255,  255, 255, 255, 0x20, 0, 0,   0,   255, 255, 255, 255,
};

static int enter_directory(void **state)
{
    char path[] = "/tmp/affn-test-rewrite-XXXXXX";
    if (!mkdtemp(path) || chdir(path) < 0)
        return -1;
    *state = strdup(path);
    return 0;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *place)
{
    (void)status;
    (void)type;
    (void)place;
    return remove(path);
}

static int leave_directory(void **state)
{
    int result = chdir("/");
    result |= nftw(*state, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    free(*state);
    return result;
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static void check_content(const char *path, const char *expected)
{
    struct buffer buffer;
    struct error error;
    buffer_init(&buffer, 1000);
    assert_int_equal(file_read(path, &buffer, &error), 0);
    assert_string_equal(buffer.data, expected);
    buffer_finish(&buffer);
}

/* Nothing but what was there: no temporary file is left. */
static void check_names(const char *directory, int expected)
{
    int count = 0;
    DIR *names = opendir(directory);
    while (readdir(names))
        count++;
    closedir(names);
    assert_int_equal(count - 2, expected);
}

static int rewrite(const char *path, const char *was, const char *now, struct error *error)
{
    struct buffer old, next;
    buffer_init(&old, 1000);
    buffer_init(&next, 1000);
    buffer_add_text(&old, was);
    buffer_add_text(&next, now);
    int result = file_rewrite(path, &old, &next, error);
    buffer_finish(&old);
    buffer_finish(&next);
    return result;
}

static void test_rights(void **state)
{
    static const mode_t modes[] = {0600, 0640, 0644, 0666, 0400, 0755};
    struct error error;
    struct stat status;
    (void)state;
    write_file("a", "old");
    if (geteuid() == 0)
        assert_int_equal(chown("a", 12345, 23456), 0);
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        assert_int_equal(chmod("a", modes[i]), 0);
        umask(077);
        assert_int_equal(rewrite("a", i % 2 ? "new" : "old", i % 2 ? "old" : "new", &error), 0);
        check_content("a", i % 2 ? "old" : "new");
        assert_int_equal(stat("a", &status), 0);
        assert_int_equal(status.st_mode & 07777, modes[i]);
        assert_int_equal(status.st_uid, geteuid() == 0 ? 12345 : geteuid());
        assert_true(geteuid() != 0 || status.st_gid == 23456);
    }
    check_names(".", 1);
}

static void test_access_list(void **state)
{
    static const char name[] = "system.posix_acl_access";
    unsigned char found[100];
    struct error error;
    (void)state;
    write_file("a", "old");
    if (setxattr("a", name, access_list, sizeof access_list, 0) < 0)
        skip(); /* a file system without access lists */
    assert_int_equal(rewrite("a", "old", "new", &error), 0);
    assert_int_equal(getxattr("a", name, found, sizeof found), sizeof access_list);
    assert_memory_equal(found, access_list, sizeof access_list);
}

static void test_link(void **state)
{
    struct error error;
    struct stat status;
    (void)state;
    assert_int_equal(mkdir("d", 0700), 0);
    write_file("d/a", "old");
    assert_int_equal(symlink("d/a", "link"), 0);
    assert_int_equal(symlink("link", "further"), 0);
    assert_int_equal(rewrite("further", "old", "new", &error), 0);
    check_content("d/a", "new");
    assert_int_equal(lstat("further", &status), 0);
    assert_true(S_ISLNK(status.st_mode));
    check_names(".", 3);
    check_names("d", 1);
}

static void test_changed(void **state)
{
    static const char *const contents[] = {"other", "ol", "older", ""};
    struct error error;
    (void)state;
    for (size_t i = 0; i < sizeof contents / sizeof *contents; i++) {
        write_file("a", contents[i]);
        assert_int_equal(rewrite("a", "old", "new", &error), -1);
        char *wrong = realpath("a", NULL);
        assert_memory_equal(error.text, wrong, strlen(wrong));
        assert_string_equal(error.text + strlen(wrong),
                            " changed meanwhile and was left as it is; try again");
        free(wrong);
        check_content("a", contents[i]);
    }
    check_names(".", 1);
}

/* It ends the program all the same, but not before the file is whole and no other is left. */
static void test_interrupted(void **state)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
    (void)state;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        int status;
        struct error error;
        write_file("a", "old");
        pid_t child = fork();
        if (child == 0) {
            signal(numbers[i], SIG_DFL);
            signal_at_sync = numbers[i];
            rewrite("a", "old", "new", &error);
            _exit(0);
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == numbers[i]);
        check_content("a", "new");
        check_names(".", 1);
    }
}

static void test_errors(void **state)
{
    struct error error;
    (void)state;
    assert_int_equal(rewrite("missing", "old", "new", &error), -1);
    assert_string_equal(error.text, "missing: No such file or directory");
    assert_int_equal(mkdir("d", 0700), 0);
    assert_int_equal(rewrite("d", "", "new", &error), -1);
    assert_non_null(strstr(error.text, "/d: Is a directory"));
    write_file("d/a", "old");
    if (geteuid() == 0)
        return; /* whom nothing is forbidden */
    assert_int_equal(chmod("d", 0500), 0);
    assert_int_equal(rewrite("d/a", "old", "new", &error), -1);
    assert_non_null(strstr(error.text, "Permission denied"));
    check_content("d/a", "old");
    assert_int_equal(chmod("d", 0700), 0);
}

#define IN_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, enter_directory, leave_directory)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_DIRECTORY(test_rights),  IN_DIRECTORY(test_access_list), IN_DIRECTORY(test_link),
        IN_DIRECTORY(test_changed), IN_DIRECTORY(test_errors),      IN_DIRECTORY(test_interrupted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
