/* The CSV sink opens its file: made, mended, read back, locked, or refused and left alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "csv_fixture.h"
#include "fake_host.h"
#include "recent.h"
#include "row.h"

static void a_file_is_made_with_its_header(void **state)
{
    (void)state;
    mode_t old = umask(0);
    assert_int_equal(reopen(), AFFN_DELIVERED);
    umask(old);
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0640);
    expect_rows(0, 0);
    assert_int_equal(write_calls, 1);
    assert_int_equal(fsync_calls, 3); /* the header, the directory, what was read */
    assert_string_equal(fake_log, "");
}

/* Row 1 leaves the window when RECENT_ROWS_MAX rows have come after it. */
static void the_window_has_its_size(void **state)
{
    (void)state;
    assert_int_equal(reopen(), AFFN_DELIVERED);
    assert_int_equal(deliver(1, 600), AFFN_DELIVERED);
    assert_int_equal(deliver(601, RECENT_ROWS_MAX - 600), AFFN_DELIVERED);
    assert_int_equal(reopen(), AFFN_DELIVERED);
    assert_int_equal(deliver(1, 1), AFFN_DELIVERED);
    expect_rows(1, RECENT_ROWS_MAX);

    assert_int_equal(deliver(RECENT_ROWS_MAX + 1, 1), AFFN_DELIVERED);
    assert_int_equal(reopen(), AFFN_DELIVERED);
    assert_int_equal(deliver(2, 2), AFFN_DELIVERED);
    expect_rows(1, RECENT_ROWS_MAX + 1);
    off_t before = size_of_file();
    assert_int_equal(deliver(1, 1), AFFN_DELIVERED);
    assert_int_equal(size_of_file(), before + (off_t)strlen(row(1)));
}

/* Rows so long that the end of the file is read in several steps. */
static void long_rows_are_read_back(void **state)
{
    (void)state;
    char link[2048 + 1];
    char id[37];
    memset(link, ',', sizeof link - 1);
    link[sizeof link - 1] = '\0';
    assert_int_equal(reopen(), AFFN_DELIVERED);
    for (uint32_t i = 1; i <= 1200; i++) {
        char text[ROW_BYTES_MAX];
        struct affn_event event = fake_event(i, id);
        event.deep_link = link;
        put(text, own_row(&event, text));
    }
    off_t before = size_of_file();
    assert_int_equal(reopen(), AFFN_DELIVERED);
    assert_int_equal(deliver(1200 - RECENT_ROWS_MAX + 1, 1000), AFFN_DELIVERED);
    assert_int_equal(deliver(1200 - 23, 24), AFFN_DELIVERED);
    assert_int_equal(size_of_file(), before);
    assert_int_equal(deliver(1200 - RECENT_ROWS_MAX, 1), AFFN_DELIVERED);
    assert_true(size_of_file() > before);
}

/* 1,024 rows of 256 bytes are just what is read in the second step; row 77 is the first of them. */
static void rows_that_fill_the_read_are_all_known(void **state)
{
    (void)state;
    char link[256];
    char id[37];
    char text[ROW_BYTES_MAX];
    memset(link, 'x', sizeof link);
    link[256 - (strlen(row(1)) - strlen("https://myapp.link/ref/abc123"))] = '\0';
    assert_int_equal(reopen(), AFFN_DELIVERED);
    for (uint32_t i = 1; i <= 1100; i++) {
        struct affn_event event = fake_event(i, id);
        event.deep_link = link;
        assert_int_equal(own_row(&event, text), 256);
        put(text, 256);
    }
    off_t before = size_of_file();
    assert_int_equal(reopen(), AFFN_DELIVERED);
    assert_int_equal(deliver(77, 1), AFFN_DELIVERED);
    assert_int_equal(size_of_file(), before);
    assert_int_equal(deliver(76, 1), AFFN_DELIVERED);
    assert_true(size_of_file() > before);
}

/* What is read begins in the middle of a line, just where that looks like a row. */
static void a_piece_of_a_line_is_no_row(void **state)
{
    (void)state;
    char line[200 + 1];
    memset(line, 'x', sizeof line);
    memcpy(line + 200 - 256 * 1024 % 200, row(7), RECENT_ID_BYTES + 1);
    memcpy(line + 198, "\r\n", 3);
    assert_int_equal(reopen(), AFFN_DELIVERED);
    for (int i = 0; i < 1400; i++)
        put_text(line);
    off_t before = size_of_file();
    assert_int_equal(reopen(), AFFN_DELIVERED);
    assert_int_equal(deliver(7, 1), AFFN_DELIVERED);
    assert_true(size_of_file() > before);
}

/* Cut after every single byte of the last row: the file is mended, and the row is there once. */
static void a_torn_row_is_cut_off_and_written_again(void **state)
{
    (void)state;
    const size_t length = strlen(row(2));
    for (size_t kept = 1; kept < length; kept++) {
        char expected[256];
        unlink(path);
        fake_log[0] = '\0';
        assert_int_equal(reopen(), AFFN_DELIVERED);
        assert_int_equal(deliver(1, 1), AFFN_DELIVERED);
        put(row(2), kept);
        assert_int_equal(reopen(), AFFN_DELIVERED);
        expect_rows(1, 1);
        snprintf(expected, sizeof expected,
                 "warning: %s: cut off an unfinished last row of %zu bytes, left by a crash\n",
                 path, kept);
        assert_string_equal(fake_log, expected);
        assert_int_equal(deliver(2, 1), AFFN_DELIVERED);
        expect_rows(1, 2);
    }
}

static void zeros_after_a_power_cut_are_cut_off(void **state)
{
    (void)state;
    static const char zeros[8192];
    assert_int_equal(reopen(), AFFN_DELIVERED);
    assert_int_equal(deliver(1, 1), AFFN_DELIVERED);
    put(row(2), 60);
    put(zeros, sizeof zeros);
    assert_int_equal(reopen(), AFFN_DELIVERED);
    expect_rows(1, 1);
    put(zeros, sizeof zeros);
    assert_int_equal(reopen(), AFFN_DELIVERED);
    expect_rows(1, 1);
}

/* A row with zeros inside did not reach the disk: its event is written again. */
static void a_row_with_zeros_does_not_count(void **state)
{
    (void)state;
    char broken[ROW_BYTES_MAX];
    strcpy(broken, row(2));
    size_t length = strlen(broken);
    broken[60] = '\0';
    assert_int_equal(reopen(), AFFN_DELIVERED);
    put(broken, length);
    off_t before = size_of_file();
    assert_int_equal(reopen(), AFFN_DELIVERED);
    assert_int_equal(deliver(2, 1), AFFN_DELIVERED);
    assert_int_equal(size_of_file(), before + (off_t)length);
}

static void a_torn_header_is_written_again(void **state)
{
    (void)state;
    for (size_t kept = 0; kept < sizeof ROW_HEADER - 1; kept++) {
        unlink(path);
        put(ROW_HEADER, kept);
        assert_int_equal(reopen(), AFFN_DELIVERED);
        expect_rows(0, 0);
    }
}

static void a_file_that_is_not_ours_is_left_alone(void **state)
{
    (void)state;
    static const char other[] = "has another header row than affnotify's";
    static const char last[] = "its last line is not affnotify's and does not end with CRLF";
    static const char move_away[] =
        "move the file away, and affnotify makes a new one; or choose another path";
    static const char mend_it[] = "end that line with CRLF, or take it out";
    char long_line[ROW_BYTES_MAX + 64];
    memset(long_line, 'x', sizeof long_line - 1);
    memcpy(long_line, "evt_", 4);
    long_line[sizeof long_line - 1] = '\0';
    const struct {
        const char *header;
        const char *rest;
        const char *what;
        const char *remedy;
    } cases[] = {
        {"name,e-mail\r\n", "", other, move_away},
        {"x", "", other, move_away},
        {"\xef\xbb\xbf" ROW_HEADER, "", other, move_away},
        {"Event ID,Event,Affiliate ID,E-mail,Deep link,Occurred at,Status\n", "evt_\n", other,
         move_away},
        {ROW_HEADER, "by hand", last, mend_it},
        {ROW_HEADER, "evil", last, mend_it},
        {ROW_HEADER, "one\r\ntwo", last, mend_it},
        {ROW_HEADER, long_line, last, mend_it},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        unlink(path);
        put_text(cases[i].header);
        put_text(cases[i].rest);
        off_t before = size_of_file();
        assert_int_equal(reopen(), AFFN_MISSET);
        expect_what(cases[i].what, cases[i].remedy);
        assert_int_equal(size_of_file(), before);
    }
}

static void lines_of_others_are_kept(void **state)
{
    (void)state;
    char id[37];
    struct affn_event event = fake_event(7, id);
    assert_int_equal(reopen(), AFFN_DELIVERED);
    put_text("a note,\"with a\r\nline break\"\r\nevt_short,\r\n");
    put_text(event.id); /* no comma: not a row */
    put_text("\r\n");
    off_t before = size_of_file();
    assert_int_equal(reopen(), AFFN_DELIVERED);
    assert_int_equal(deliver(7, 1), AFFN_DELIVERED);
    assert_int_equal(size_of_file(), before + (off_t)strlen(row(7)));
}

static int lock_file(void)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    assert_true(fd >= 0);
    assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
    return fd;
}

static void an_old_host_is_waited_for(void **state)
{
    (void)state;
    sleeping_fd = lock_file();
    assert_int_equal(reopen(), AFFN_DELIVERED);
    assert_int_equal(sleeps, 3);
    expect_rows(0, 0);
    close(sleeping_fd);
}

/* The old host's file was rotated away while we waited for it: we begin a new one. */
static void a_file_renamed_during_the_wait_is_not_used(void **state)
{
    (void)state;
    char old[80];
    snprintf(old, sizeof old, "%s.1", path);
    sleeping_fd = lock_file();
    new_name = old;
    assert_int_equal(reopen(), AFFN_DELIVERED);
    assert_int_equal(deliver(1, 1), AFFN_DELIVERED);
    expect_rows(1, 1);
    struct stat status;
    assert_int_equal(stat(old, &status), 0);
    assert_int_equal(status.st_size, 0);
    close(sleeping_fd);
}

static void expect_locked(void)
{
    char remedy[128];
    snprintf(remedy, sizeof remedy, "it is tried again; to see who holds it: fuser -v %s", path);
    expect_what("another process holds its lock, perhaps an older host of this sink", remedy);
}

static void a_lock_that_stays_is_down(void **state)
{
    (void)state;
    int fd = lock_file();
    int64_t before = fake_now_ms;
    assert_int_equal(reopen(), AFFN_DOWN);
    assert_int_equal(fake_now_ms, before + 10000);
    expect_locked();
    close(fd);
    assert_int_equal(reopen(), AFFN_DELIVERED);
}

/* In `deliver` the wait ends a second before the batch's own deadline. */
static void a_lock_is_not_waited_for_beyond_the_deadline(void **state)
{
    (void)state;
    assert_int_equal(reopen(), AFFN_DELIVERED);
    assert_int_equal(unlink(path), 0);
    int fd = lock_file();
    int64_t before = fake_now_ms;
    assert_int_equal(deliver(1, 1), AFFN_DOWN);
    assert_int_equal(fake_now_ms, before + 9000);
    expect_locked();
    close(fd);
}

static void rows_found_are_synced_before_they_count(void **state)
{
    (void)state;
    assert_int_equal(reopen(), AFFN_DELIVERED);
    fsync_errno = EIO;
    assert_int_equal(reopen(), AFFN_RETRY);
    expect_what("cannot sync: Input/output error", "");
    fsync_errno = 0;
    assert_int_equal(reopen(), AFFN_DELIVERED);
}

static void a_header_that_cannot_be_written_is_said(void **state)
{
    (void)state;
    write_errno = ENOSPC;
    write_bytes_left = 5;
    assert_int_equal(reopen(), AFFN_MISSET);
    expect_what("cannot write the header row: No space left on device",
                "free some space on its file system");
    write_errno = 0;
    assert_int_equal(reopen(), AFFN_DELIVERED);
    expect_rows(0, 0);
}

static void a_path_that_cannot_be_opened_is_said(void **state)
{
    (void)state;
    char target[80];
    char remedy[256];
    set_up_path("missing/crm.csv");
    assert_int_equal(reopen(), AFFN_MISSET);
    snprintf(remedy, sizeof remedy, "make the directory %s/missing, writable for %s", directory,
             user());
    expect_what("cannot open: No such file or directory", remedy);

    set_up_path(".");
    assert_int_equal(reopen(), AFFN_MISSET);
    expect_what("cannot open: Is a directory", "name a file, not a directory");

    set_up_path("link.csv");
    snprintf(target, sizeof target, "%s/target.csv", directory);
    assert_int_equal(symlink(target, path), 0);
    assert_int_equal(reopen(), AFFN_MISSET);
    expect_what("cannot open: Too many levels of symbolic links",
                "symbolic links are not followed: name the file itself");
    assert_int_equal(access(target, F_OK), -1);

    set_up_path("pipe");
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(reopen(), AFFN_MISSET);
    expect_what("is not a regular file", "name a regular file");

    set_up_path("crm.csv");
    assert_int_equal(reopen(), AFFN_DELIVERED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_file_is_made_with_its_header),
        TEST(the_window_has_its_size),
        TEST(long_rows_are_read_back),
        TEST(rows_that_fill_the_read_are_all_known),
        TEST(a_piece_of_a_line_is_no_row),
        TEST(a_torn_row_is_cut_off_and_written_again),
        TEST(zeros_after_a_power_cut_are_cut_off),
        TEST(a_row_with_zeros_does_not_count),
        TEST(a_torn_header_is_written_again),
        TEST(a_file_that_is_not_ours_is_left_alone),
        TEST(lines_of_others_are_kept),
        TEST(an_old_host_is_waited_for),
        TEST(a_file_renamed_during_the_wait_is_not_used),
        TEST(a_lock_that_stays_is_down),
        TEST(a_lock_is_not_waited_for_beyond_the_deadline),
        TEST(rows_found_are_synced_before_they_count),
        TEST(a_header_that_cannot_be_written_is_said),
        TEST(a_path_that_cannot_be_opened_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
