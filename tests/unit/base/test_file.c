/*
 * Whole files: the limit, the durable replacement, directories, and every error that can be made.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/buffer.h"
#include "core/base/error.h"
#include "core/base/file.h"

/* Every test runs in an empty directory of its own. */
static int enter_directory(void **state)
{
    char path[] = "/tmp/affn-test-file-XXXXXX";
    if (!mkdtemp(path) || chdir(path) < 0)
        return -1;
    umask(027);
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

static void check_content(const char *path, const char *expected)
{
    struct buffer buffer;
    struct error error;
    buffer_init(&buffer, 100000);
    if (file_read(path, &buffer, &error) != 0)
        fail_msg("%s", error.text);
    assert_string_equal(buffer.data, expected);
    buffer_finish(&buffer);
}

static int count_entries(const char *path)
{
    DIR *directory = opendir(path);
    assert_non_null(directory);
    int count = 0;
    for (struct dirent *entry; (entry = readdir(directory));)
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(directory);
    return count;
}

static void test_read(void **state)
{
    (void)state;
    static char content[40000]; /* more than one read */
    struct buffer buffer;
    struct error error;
    memset(content, 'x', sizeof content - 1);
    assert_int_equal(file_replace(".", "file", content, strlen(content), &error), 0);
    check_content("file", content);

    /* It is appended to what is there, and the limit is the buffer's. */
    buffer_init(&buffer, 3 + strlen(content));
    assert_int_equal(buffer_add_text(&buffer, "abc"), 0);
    assert_int_equal(file_read("file", &buffer, &error), 0);
    assert_int_equal(buffer.len, 3 + strlen(content));
    assert_memory_equal(buffer.data, "abcxxx", 6);
    buffer_finish(&buffer);

    buffer_init(&buffer, strlen(content) - 1);
    assert_int_equal(file_read("file", &buffer, &error), -1);
    assert_string_equal(error.text, "file: longer than 39998 bytes");
    buffer_finish(&buffer);
}

static void test_read_errors(void **state)
{
    (void)state;
    struct buffer buffer;
    struct error error;
    buffer_init(&buffer, 10);
    assert_int_equal(file_read("missing", &buffer, &error), -1);
    assert_string_equal(error.text, "missing: No such file or directory");
    assert_int_equal(file_read(".", &buffer, &error), -1);
    assert_string_equal(error.text, ".: Is a directory");
    assert_int_equal(mkfifo("pipe", 0600), 0);
    assert_int_equal(file_read("pipe", &buffer, &error), -1); /* and does not wait */
    assert_string_equal(error.text, "pipe: it is not a regular file");
    assert_int_equal(file_read("/dev/zero", &buffer, &error), -1);
    assert_string_equal(error.text, "/dev/zero: it is not a regular file");
    assert_int_equal(buffer.len, 0);
    buffer_finish(&buffer);
}

static void test_replace(void **state)
{
    (void)state;
    struct error error;
    struct stat status;
    assert_int_equal(file_replace(".", "file", "first and long", 14, &error), 0);
    check_content("file", "first and long");
    assert_int_equal(stat("file", &status), 0);
    assert_int_equal(status.st_mode & 07777, 0640);
    assert_int_equal(file_replace(".", "file", "second", 6, &error), 0);
    check_content("file", "second");
    assert_int_equal(file_replace(".", "file", "", 0, &error), 0);
    check_content("file", "");
    assert_int_equal(count_entries("."), 1); /* no temporary file stays */

    /* One that stayed after a crash, and is longer, leaves nothing behind. */
    char temporary[64];
    snprintf(temporary, sizeof temporary, ".file.%ld", (long)getpid());
    assert_int_equal(file_replace(".", temporary, "of a dead process", 17, &error), 0);
    assert_int_equal(file_replace(".", "file", "third", 5, &error), 0);
    check_content("file", "third");
    assert_int_equal(count_entries("."), 1);
}

static void test_replace_errors(void **state)
{
    (void)state;
    struct error error;
    char expected[200];
    assert_int_equal(file_replace("missing", "file", "x", 1, &error), -1);
    snprintf(expected, sizeof expected, "missing/.file.%ld: No such file or directory",
             (long)getpid());
    assert_string_equal(error.text, expected);

    /* The rename fails; the temporary file goes. */
    assert_int_equal(mkdir("directory", 0700), 0);
    assert_int_equal(file_replace(".", "directory", "x", 1, &error), -1);
    assert_string_equal(error.text, "./directory: Is a directory");
    assert_int_equal(count_entries("."), 1);

    /* A link where the temporary file belongs is not followed. */
    char temporary[64];
    snprintf(temporary, sizeof temporary, ".file.%ld", (long)getpid());
    assert_int_equal(symlink("victim", temporary), 0);
    assert_int_equal(file_replace(".", "file", "x", 1, &error), -1);
    snprintf(expected, sizeof expected, "./%s: Too many levels of symbolic links", temporary);
    assert_string_equal(error.text, expected);
    assert_int_equal(access("victim", F_OK), -1);
}

static void test_write_all(void **state)
{
    (void)state;
    int fd = open("file", O_WRONLY | O_CREAT, 0600);
    assert_true(fd >= 0);
    assert_int_equal(file_write_all(fd, "abc", 3), 0);
    assert_int_equal(file_write_all(fd, "", 0), 0);
    assert_int_equal(file_write_all(fd, "def", 3), 0);
    close(fd);
    check_content("file", "abcdef");

    fd = open("file", O_RDONLY);
    errno = 0;
    assert_int_equal(file_write_all(fd, "x", 1), -1);
    assert_int_equal(errno, EBADF);
    close(fd);

    fd = open("/dev/full", O_WRONLY);
    assert_true(fd >= 0);
    assert_int_equal(file_write_all(fd, "x", 1), -1);
    assert_int_equal(errno, ENOSPC);
    close(fd);
}

static void test_make_directory(void **state)
{
    struct error error;
    struct stat status;
    char absolute[200];
    assert_int_equal(file_make_directory("one/two//three/", 0750, &error), 0);
    assert_int_equal(stat("one", &status), 0);
    assert_int_equal(status.st_mode & 07777, 0750);
    assert_int_equal(stat("one/two/three", &status), 0);
    assert_int_equal(status.st_mode & 07777, 0750);
    assert_int_equal(file_make_directory("one/two/three", 0700, &error), 0);
    assert_int_equal(stat("one/two/three", &status), 0);
    assert_int_equal(status.st_mode & 07777, 0750); /* one that is there stays as it is */
    snprintf(absolute, sizeof absolute, "%s/four", (const char *)*state);
    assert_int_equal(file_make_directory(absolute, 0700, &error), 0);
    assert_int_equal(access("four", F_OK), 0);
    assert_int_equal(file_make_directory("/", 0700, &error), 0);
}

static void test_make_directory_errors(void **state)
{
    (void)state;
    struct error error;
    assert_int_equal(file_replace(".", "file", "x", 1, &error), 0);
    assert_int_equal(file_make_directory("file", 0700, &error), -1);
    assert_string_equal(error.text, "file: is not a directory");
    assert_int_equal(file_make_directory("file/below", 0700, &error), -1);
    assert_string_equal(error.text, "file/below: Not a directory");
    assert_int_equal(file_make_directory("", 0700, &error), -1);
    assert_string_equal(error.text, ": No such file or directory");
    assert_int_equal(symlink("nowhere", "dangling"), 0);
    assert_int_equal(file_make_directory("dangling", 0700, &error), -1);
    assert_string_equal(error.text, "dangling: No such file or directory");
}

#define IN_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, enter_directory, leave_directory)

static void test_move_away(void **state)
{
    (void)state;
    int fd = open("a", O_RDWR | O_CREAT, 0600);
    assert_in_range(fd, 0, 99);
    int moved = file_move_away(fd, 100);
    assert_in_range(moved, 100, 200);
    assert_int_equal(fcntl(moved, F_GETFD), FD_CLOEXEC);
    assert_int_equal(write(moved, "x", 1), 1);
    assert_int_equal(fcntl(fd, F_GETFD), -1);
    assert_int_equal(file_move_away(moved, -1), -1);
    assert_int_equal(errno, EINVAL);
    assert_int_equal(fcntl(moved, F_GETFD), -1);
    assert_int_equal(file_move_away(-1, 100), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_DIRECTORY(test_read),           IN_DIRECTORY(test_read_errors),
        IN_DIRECTORY(test_replace),        IN_DIRECTORY(test_replace_errors),
        IN_DIRECTORY(test_write_all),      IN_DIRECTORY(test_move_away),
        IN_DIRECTORY(test_make_directory), IN_DIRECTORY(test_make_directory_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
