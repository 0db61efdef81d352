/* The CSV sink delivers: every row there once, whatever fails or is renamed meanwhile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "csv_fixture.h"
#include "fake_host.h"
#include "row.h"

static void a_batch_is_one_write_and_one_fsync(void **state)
{
    (void)state;
    assert_int_equal(reopen(), AFFN_DELIVERED);
    write_calls = 0;
    fsync_calls = 0;
    assert_int_equal(deliver(1, 500), AFFN_DELIVERED);
    assert_int_equal(write_calls, 1);
    assert_int_equal(fsync_calls, 1);
    assert_int_equal(fake_reply.taken, 500);
    expect_rows(1, 500);
    assert_int_equal(deliver(501, 1), AFFN_DELIVERED);
    expect_rows(1, 501);
}

static void a_batch_beyond_the_window_is_taken_in_parts(void **state)
{
    (void)state;
    assert_int_equal(reopen(), AFFN_DELIVERED);
    assert_int_equal(deliver(1, 1001), AFFN_DELIVERED);
    assert_int_equal(fake_reply.taken, 1000);
    expect_rows(1, 1000);
}

static void rows_in_the_file_are_skipped(void **state)
{
    (void)state;
    assert_int_equal(reopen(), AFFN_DELIVERED);
    assert_int_equal(deliver(1, 3), AFFN_DELIVERED);
    assert_int_equal(reopen(), AFFN_DELIVERED);
    assert_int_equal(deliver(2, 3), AFFN_DELIVERED);
    assert_string_equal(fake_reply_sets, "0: 1 0: its row was in the file already\n"
                                         "1: 1 0: its row was in the file already\n");
    expect_rows(1, 4);
    write_calls = 0;
    assert_int_equal(deliver(1, 4), AFFN_DELIVERED);
    assert_int_equal(write_calls, 0);
    expect_rows(1, 4);
}

static void a_renamed_file_is_left_and_a_new_one_begun(void **state)
{
    (void)state;
    char old[80];
    char expected[256];
    snprintf(old, sizeof old, "%s.1", path);
    assert_int_equal(reopen(), AFFN_DELIVERED);
    assert_int_equal(deliver(1, 2), AFFN_DELIVERED);
    assert_int_equal(rename(path, old), 0);
    assert_int_equal(deliver(3, 2), AFFN_DELIVERED);
    expect_rows_in(old, 1, 2);
    expect_rows(3, 2);
    snprintf(expected, sizeof expected,
             "info: %s: was renamed, removed or changed; opening it anew\n", path);
    assert_string_equal(fake_log, expected);

    assert_int_equal(unlink(path), 0);
    assert_int_equal(deliver(5, 1), AFFN_DELIVERED);
    expect_rows(5, 1);

    assert_int_equal(rename(old, path), 0); /* another file under the name: its rows count */
    assert_int_equal(deliver(2, 2), AFFN_DELIVERED);
    expect_rows(1, 3);
}

static void a_file_emptied_by_others_gets_its_header_again(void **state)
{
    (void)state;
    assert_int_equal(reopen(), AFFN_DELIVERED);
    assert_int_equal(deliver(1, 2), AFFN_DELIVERED);
    assert_int_equal(truncate(path, 0), 0);
    assert_int_equal(deliver(3, 1), AFFN_DELIVERED);
    expect_rows(3, 1);
}

/* A write fails after a few bytes, or an fsync: the batch leaves nothing, and can come again. */
static void a_failed_batch_leaves_nothing(void **state)
{
    (void)state;
    char writable[128];
    snprintf(writable, sizeof writable, "let %s write to the file", user());
    const struct {
        int number;
        int32_t verdict;
        const char *remedy;
    } cases[] = {
        {ENOSPC, AFFN_MISSET, "free some space on its file system"},
        {EDQUOT, AFFN_MISSET, "free some space, or raise the disk quota of affnotify's user"},
        {EFBIG, AFFN_MISSET, "move the file away, or raise the limit on file sizes (LimitFSIZE)"},
        {EACCES, AFFN_MISSET, writable},
        {EROFS, AFFN_MISSET, "mount the file system for writing, or choose another path"},
        {EIO, AFFN_RETRY, ""},
    };
    assert_int_equal(reopen(), AFFN_DELIVERED);
    assert_int_equal(deliver(1, 1), AFFN_DELIVERED);
    for (uint32_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const uint32_t first = 2 + i * 3;
        char what[128];

        write_errno = cases[i].number;
        write_bytes_left = 200; /* a row and a part of the next */
        assert_int_equal(deliver(first, 3), cases[i].verdict);
        write_errno = 0;
        snprintf(what, sizeof what, "cannot write: %s", strerror(cases[i].number));
        expect_what(what, cases[i].remedy);
        assert_int_equal(fake_reply.code, cases[i].number);
        expect_rows(1, first - 1);

        assert_int_equal(deliver(1, 1), AFFN_DELIVERED); /* opens the file again */
        fsync_errno = cases[i].number;
        assert_int_equal(deliver(first, 3), cases[i].verdict);
        fsync_errno = 0;
        snprintf(what, sizeof what, "cannot sync: %s", strerror(cases[i].number));
        expect_what(what, cases[i].remedy);
        expect_rows(1, first - 1);

        assert_int_equal(deliver(first, 3), AFFN_DELIVERED);
        expect_rows(1, first + 2);
    }
    assert_string_equal(fake_log, "");
}

/* The kernel itself refuses: a limit on the file's size in the middle of a row. */
static void a_full_file_takes_nothing_of_a_batch(void **state)
{
    (void)state;
    struct rlimit old;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(reopen(), AFFN_DELIVERED);
    assert_int_equal(deliver(1, 1), AFFN_DELIVERED);
    struct rlimit tight = {.rlim_cur = (rlim_t)size_of_file() + 200, .rlim_max = old.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
    assert_int_equal(deliver(2, 3), AFFN_MISSET);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    signal(SIGXFSZ, SIG_DFL);
    expect_what("cannot write: File too large",
                "move the file away, or raise the limit on file sizes (LimitFSIZE)");
    expect_rows(1, 1);
    assert_int_equal(deliver(2, 3), AFFN_DELIVERED);
    expect_rows(1, 4);
}

/* Not even taking back works: then the rows that stayed are found and skipped. */
static void rows_that_could_not_be_taken_back_are_skipped(void **state)
{
    (void)state;
    char expected[256];
    assert_int_equal(reopen(), AFFN_DELIVERED);
    write_errno = EIO;
    write_bytes_left = strlen(row(1)) + 20;
    ftruncate_errno = EROFS;
    assert_int_equal(deliver(1, 3), AFFN_RETRY);
    expect_what("cannot write: Input/output error", "");
    snprintf(expected, sizeof expected,
             "error: %s: cannot take back rows after a failed write: Read-only file system\n",
             path);
    assert_string_equal(fake_log, expected);
    assert_int_equal(deliver(1, 3), AFFN_MISSET);
    expect_what("cannot cut off an unfinished row: Read-only file system",
                "mount the file system for writing, or choose another path");
    write_errno = 0;
    ftruncate_errno = 0;
    assert_int_equal(deliver(1, 3), AFFN_DELIVERED);
    assert_string_equal(fake_reply_sets, "0: 1 0: its row was in the file already\n");
    expect_rows(1, 3);
}

static void a_test_writes_nothing(void **state)
{
    (void)state;
    char expected[ROW_BYTES_MAX + 64];
    assert_int_equal(reopen(), AFFN_DELIVERED);
    assert_int_equal(deliver_flagged(1, 1, AFFN_EVENT_TEST), AFFN_DELIVERED);
    expect_rows(0, 0);
    snprintf(expected, sizeof expected, "a test; nothing was written; the row would be: %s",
             row(1));
    expected[strlen(expected) - 2] = '\0';
    assert_string_equal(fake_reply.what, expected);
    assert_int_equal(deliver(1, 1), AFFN_DELIVERED);
    expect_rows(1, 1);
}

static void the_description_is_whole(void **state)
{
    (void)state;
    const struct affn_sink *sink = affn_sink_v1();
    assert_int_equal(sink->abi, AFFN_ABI);
    assert_string_equal(sink->name, "csv");
    assert_string_equal(sink->defaults, "order=journal batch=500 retry=standard");
    assert_int_equal(sink->option_count, 14);
    assert_int_equal(sink->options[0].type, AFFN_PATH);
    assert_int_equal(sink->options[0].flags, AFFN_REQUIRED | AFFN_WRITTEN);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_batch_is_one_write_and_one_fsync),
        TEST(a_batch_beyond_the_window_is_taken_in_parts),
        TEST(rows_in_the_file_are_skipped),
        TEST(a_renamed_file_is_left_and_a_new_one_begun),
        TEST(a_file_emptied_by_others_gets_its_header_again),
        TEST(a_failed_batch_leaves_nothing),
        TEST(a_full_file_takes_nothing_of_a_batch),
        TEST(rows_that_could_not_be_taken_back_are_skipped),
        TEST(a_test_writes_nothing),
        TEST(the_description_is_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
