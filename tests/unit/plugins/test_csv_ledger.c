/*
 * Files whose rows do not tell which events they are of: a ledger in the sink's own directory does.
 * Every row there once, whatever fails, is torn or moved away.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "csv_fixture.h"
#include "fake_host.h"

#define HEADER  "Mail,Who\r\n"
#define ROW     "affiliate@example.com,ia_43831f8e\r\n"
#define SKIPPED "its row was in the file already\n"

static void without_ids(void *self)
{
    *(const char **)fake_option(self, "columns") = "Mail:email,Who:affiliate_id";
}

static int32_t reopen_without_ids(void)
{
    configure = without_ids;
    return reopen();
}

static char ledger[80];

static int set_up_ledger(void **state)
{
    int result = set_up(state);
    snprintf(ledger, sizeof ledger, "%s/state/rows", directory);
    return result;
}

/* The rows are all alike here, so their number says it all. */
static void expect_count(uint32_t count)
{
    char expected[8192] = HEADER;
    for (uint32_t i = 0; i < count; i++)
        strcat(expected, ROW);
    expect_file("crm.csv", expected);
}

static void rows_are_written_once(void **state)
{
    (void)state;
    assert_int_equal(reopen_without_ids(), AFFN_DELIVERED);
    assert_int_equal(deliver(1, 3), AFFN_DELIVERED);
    expect_count(3);
    assert_int_equal(deliver(2, 3), AFFN_DELIVERED);
    assert_string_equal(fake_reply_sets, "0: 1 0: " SKIPPED "1: 1 0: " SKIPPED);
    expect_count(4);
    assert_int_equal(reopen_without_ids(), AFFN_DELIVERED);
    assert_int_equal(deliver(1, 5), AFFN_DELIVERED);
    expect_count(5);
    assert_int_equal(reopen_without_ids(), AFFN_DELIVERED);
    assert_int_equal(reopen_without_ids(), AFFN_DELIVERED);
    assert_int_equal(deliver(1, 5), AFFN_DELIVERED);
    expect_count(5);
    assert_string_equal(fake_log, "");
}

static void twice_in_a_batch_is_once(void **state)
{
    (void)state;
    char id[37];
    struct affn_event event = fake_event(1, id);
    const struct affn_event *events[] = {&event, &event};
    const struct affn_batch batch = {
        .events = events, .count = 2, .deadline_mono_ms = fake_now_ms + 10000};
    assert_int_equal(reopen_without_ids(), AFFN_DELIVERED);
    fake_reply_reset(2);
    assert_int_equal(deliver_batch(&batch), AFFN_DELIVERED);
    assert_string_equal(fake_reply_sets, "1: 1 0: " SKIPPED);
    expect_count(1);
}

/* The ledger is on the disk before the rows are: three steps before the file is touched. */
static void a_batch_is_noted_first(void **state)
{
    (void)state;
    assert_int_equal(reopen_without_ids(), AFFN_DELIVERED);
    write_calls = 0;
    fsync_calls = 0;
    assert_int_equal(deliver(1, 20), AFFN_DELIVERED);
    assert_int_equal(write_calls, 2);
    assert_int_equal(fsync_calls, 2);
    assert_int_equal(deliver(21, 1), AFFN_DELIVERED);
    expect_count(21);
}

/* What a crash leaves after every byte of a batch: whole rows are known, the rest is written anew. */
static void a_torn_batch_is_completed(void **state)
{
    (void)state;
    const size_t header = strlen(HEADER);
    for (size_t kept = 0; kept <= 3 * strlen(ROW); kept++) {
        unlink(path);
        unlink(ledger);
        fake_log[0] = '\0';
        assert_int_equal(reopen_without_ids(), AFFN_DELIVERED);
        assert_int_equal(deliver(1, 3), AFFN_DELIVERED);
        assert_int_equal(truncate(path, (off_t)(header + kept)), 0);
        assert_int_equal(reopen_without_ids(), AFFN_DELIVERED);
        expect_count((uint32_t)(kept / strlen(ROW)));
        assert_int_equal(fake_log[0] != '\0', kept % strlen(ROW) != 0);
        assert_int_equal(reopen_without_ids(), AFFN_DELIVERED); /* and once more */
        assert_int_equal(deliver(1, 4), AFFN_DELIVERED);
        expect_count(4);
    }
}

/* A power cut leaves zeros in the place of what never reached the disk. */
static void zeros_are_cut_off(void **state)
{
    (void)state;
    static const char zeros[2 * sizeof ROW];
    char expected[256];
    for (size_t from = 0; from < 2 * strlen(ROW); from += 7) {
        unlink(path);
        unlink(ledger);
        assert_int_equal(reopen_without_ids(), AFFN_DELIVERED);
        assert_int_equal(deliver(1, 2), AFFN_DELIVERED);
        assert_int_equal(truncate(path, (off_t)(strlen(HEADER) + from)), 0);
        put(zeros, 2 * strlen(ROW) - from);
        fake_log[0] = '\0';
        assert_int_equal(reopen_without_ids(), AFFN_DELIVERED);
        snprintf(expected, sizeof expected,
                 "warning: %s: cut off an unfinished last row of %zu bytes, left by a crash\n",
                 path, 2 * strlen(ROW) - from / strlen(ROW) * strlen(ROW));
        assert_string_equal(fake_log, expected);
        assert_int_equal(deliver(1, 3), AFFN_DELIVERED);
        expect_count(3);
    }
}

/* A record that is not whole was never on the disk, so none of its rows is in the file. */
static void a_torn_ledger_ends_where_it_is_whole(void **state)
{
    (void)state;
    struct stat before;
    struct stat after;
    assert_int_equal(reopen_without_ids(), AFFN_DELIVERED);
    assert_int_equal(deliver(1, 1), AFFN_DELIVERED);
    assert_int_equal(stat(ledger, &before), 0);
    assert_int_equal(deliver(2, 2), AFFN_DELIVERED);
    assert_int_equal(stat(ledger, &after), 0);
    char *text = malloc((size_t)after.st_size);
    FILE *file = fopen(ledger, "r");
    assert_int_equal(fread(text, 1, (size_t)after.st_size, file), after.st_size);
    fclose(file);
    for (off_t kept = before.st_size; kept < after.st_size; kept++) {
        assert_int_equal(truncate(path, (off_t)strlen(HEADER ROW)), 0);
        file = fopen(ledger, "w");
        assert_int_equal(fwrite(text, 1, (size_t)kept, file), kept);
        fclose(file);
        assert_int_equal(reopen_without_ids(), AFFN_DELIVERED);
        assert_int_equal(deliver(1, 3), AFFN_DELIVERED);
        expect_count(3);
    }
    free(text);
}

/* Each line but the last is spoilt in turn: what does not make sense is no record. */
static void a_spoilt_ledger_is_read_as_far_as_it_makes_sense(void **state)
{
    (void)state;
    static const char *const spoilt[] = {
        "known\n",
        "known x 1 0 0\nend\n",
        "known 1 1 1 0\nevt_short\nend\n",
        "known 1 1 0 1\nend\n",
        "known 1 1 0 0\nand\n",
        "rows 1 1 10 1 5\nevt_00000000000000000000000000000001 4\nabcd\nend\n",
        "rows 1 1 10 1 4\nevt_00000000000000000000000000000001 4\nabc",
        "rows 1 1 10 1 x\n",
        "rows 1 1 10 1 4\nevt_00000000000000000000000000000001:4\nabcdend\n",
        "rotate 1 1 /no/end",
        "rotate 1 /nowhere\nend\n",
        "rotate 1 1 /nowhere\nand\n",
        "what is this\n",
    };
    for (size_t i = 0; i < sizeof spoilt / sizeof spoilt[0]; i++) {
        unlink(path);
        FILE *file = fopen(ledger, "w");
        fputs(spoilt[i], file);
        fclose(file);
        assert_int_equal(reopen_without_ids(), AFFN_DELIVERED);
        assert_int_equal(deliver(1, 2), AFFN_DELIVERED);
        expect_count(2);
    }
}

/* Rows that were taken back after a failure are in no ledger that goes on. */
static void a_failed_batch_leaves_nothing(void **state)
{
    (void)state;
    assert_int_equal(reopen_without_ids(), AFFN_DELIVERED);
    assert_int_equal(deliver(1, 1), AFFN_DELIVERED);
    write_errno = ENOSPC;
    write_bytes_left = 250; /* the note of two rows, and not all of them themselves */
    assert_int_equal(deliver(2, 2), AFFN_MISSET);
    write_errno = 0;
    expect_what("cannot write: No space left on device", "free some space on its file system");
    expect_count(1);
    assert_int_equal(deliver(9, 1), AFFN_DELIVERED);
    expect_count(2);
    assert_int_equal(reopen_without_ids(), AFFN_DELIVERED);
    assert_int_equal(deliver(2, 2), AFFN_DELIVERED);
    expect_count(4);
}

static void expect_ledger_trouble(const char *doing, const char *why, const char *remedy)
{
    char what[256];
    snprintf(what, sizeof what, "%s: cannot %s: %s", ledger, doing, why);
    assert_string_equal(fake_reply.what, what);
    assert_string_equal(fake_reply.remedy, remedy);
}

static void a_ledger_that_cannot_be_written_is_said(void **state)
{
    (void)state;
    assert_int_equal(reopen_without_ids(), AFFN_DELIVERED);
    write_errno = ENOSPC;
    write_bytes_left = 10;
    assert_int_equal(deliver(1, 2), AFFN_MISSET);
    expect_ledger_trouble("note what is about to be written", "No space left on device",
                          "free some space on its file system");
    assert_int_equal(deliver(1, 2), AFFN_MISSET); /* opens it again */
    expect_ledger_trouble("write", "No space left on device", "free some space on its file system");
    write_errno = 0;
    expect_count(0);
    rename_errno = EROFS;
    assert_int_equal(deliver(1, 2), AFFN_MISSET);
    expect_ledger_trouble("write", "Read-only file system",
                          "mount the file system for writing, or choose another path");
    rename_errno = 0;
    assert_int_equal(deliver(1, 2), AFFN_DELIVERED);
    fsync_errno = EIO;
    assert_int_equal(deliver(3, 2), AFFN_RETRY);
    expect_ledger_trouble("note what is about to be written", "Input/output error", "");
    fsync_errno = 0;
    assert_int_equal(deliver(1, 4), AFFN_DELIVERED);
    expect_count(4);
}

static void a_ledger_that_cannot_be_read_is_said(void **state)
{
    (void)state;
    assert_int_equal(symlink("/dev/null", ledger), 0);
    assert_int_equal(reopen_without_ids(), AFFN_MISSET);
    expect_ledger_trouble("read", "Too many levels of symbolic links",
                          "symbolic links are not followed: name the file itself");
    unlink(ledger);
    fake_state_dir = NULL;
    assert_int_equal(reopen_without_ids(), AFFN_MISSET);
    expect_what("needs the sink's own directory, which could not be made",
                "see the log for the reason, and mend that");
}

/* Who takes the file away, or empties it, has its rows: replayed, they come again. */
static void a_file_that_is_gone_is_forgotten(void **state)
{
    (void)state;
    char old[80];
    snprintf(old, sizeof old, "%s.1", path);
    assert_int_equal(reopen_without_ids(), AFFN_DELIVERED);
    assert_int_equal(deliver(1, 2), AFFN_DELIVERED);
    assert_int_equal(rename(path, old), 0);
    assert_int_equal(deliver(1, 1), AFFN_DELIVERED);
    expect_count(1);
    assert_int_equal(rename(old, path), 0);
    assert_int_equal(reopen_without_ids(), AFFN_DELIVERED);
    assert_int_equal(deliver(1, 1), AFFN_DELIVERED);
    expect_count(3);
    assert_int_equal(truncate(path, 0), 0);
    assert_int_equal(deliver(1, 1), AFFN_DELIVERED);
    expect_count(1);
}

static void lines_of_others_are_kept(void **state)
{
    (void)state;
    assert_int_equal(reopen_without_ids(), AFFN_DELIVERED);
    assert_int_equal(deliver(1, 1), AFFN_DELIVERED);
    put_text("a note\r\n");
    assert_int_equal(reopen_without_ids(), AFFN_DELIVERED);
    assert_int_equal(deliver(1, 2), AFFN_DELIVERED);
    expect_file("crm.csv", HEADER ROW "a note\r\n" ROW);
    put_text("by hand");
    assert_int_equal(reopen_without_ids(), AFFN_MISSET);
    expect_what("its last line is not affnotify's and does not end with CRLF",
                "end that line with CRLF, or take it out");
    expect_file("crm.csv", HEADER ROW "a note\r\n" ROW "by hand");

    /* What was noted is not what stands there: it is somebody's, and stays. */
    assert_int_equal(truncate(path, (off_t)strlen(HEADER ROW "a note\r\n")), 0);
    put_text("of somebody\r\n");
    assert_int_equal(reopen_without_ids(), AFFN_DELIVERED);
    assert_int_equal(deliver(2, 1), AFFN_DELIVERED);
    expect_file("crm.csv", HEADER ROW "a note\r\nof somebody\r\n" ROW);
}

static void with_lf(void *self)
{
    without_ids(self);
    *(int32_t *)fake_option(self, "line_end") = 1;
}

static void the_line_end_that_lacks_is_named(void **state)
{
    (void)state;
    configure = with_lf;
    put_text("Mail,Who\nby hand");
    assert_int_equal(reopen(), AFFN_MISSET);
    expect_what("its last line is not affnotify's and does not end with LF",
                "end that line with LF, or take it out");
}

static void a_long_ledger_begins_anew(void **state)
{
    (void)state;
    struct stat status;
    off_t longest = 0;
    assert_int_equal(reopen_without_ids(), AFFN_DELIVERED);
    for (uint32_t first = 1; first < 20000; first += 1000) {
        assert_int_equal(deliver(first, 1000), AFFN_DELIVERED);
        assert_int_equal(stat(ledger, &status), 0);
        if (status.st_size > longest)
            longest = status.st_size;
    }
    assert_true(longest > 1024 * 1024 && longest < 1300 * 1024);
    assert_int_equal(reopen_without_ids(), AFFN_DELIVERED);
    off_t before = size_of_file();
    assert_int_equal(deliver(19001, 1000), AFFN_DELIVERED);
    assert_int_equal(size_of_file(), before);
}

static void guard(void *self)
{
    static const struct affn_pair pairs[] = {{"note", "+1"}};
    *(const char **)fake_option(self, "columns") = "Mail:email,Note:fill";
    *(struct affn_map *)fake_option(self, "fill") = (struct affn_map){pairs, 1, 0};
}

static void what_the_guard_changed_is_counted(void **state)
{
    (void)state;
    configure = guard;
    assert_int_equal(reopen(), AFFN_DELIVERED);
    assert_int_equal(deliver(1, 3), AFFN_DELIVERED);
    assert_int_equal(deliver(1, 3), AFFN_DELIVERED); /* known: nothing is written */
    assert_int_equal(deliver_flagged(9, 1, AFFN_EVENT_TEST), AFFN_DELIVERED);
    assert_string_equal(fake_counts, "formulas_guarded 0\nformulas_guarded 3\n");
    fsync_errno = EIO;
    assert_int_equal(deliver(4, 1), AFFN_RETRY);
    fsync_errno = 0;
    assert_string_equal(fake_counts, "formulas_guarded 0\nformulas_guarded 3\n");
}

static void with_mode(void *self)
{
    without_ids(self);
    *(const char **)fake_option(self, "mode") = "0606";
}

static void a_mode_is_set_whatever_the_umask(void **state)
{
    (void)state;
    struct stat status;
    mode_t old = umask(077);
    configure = with_mode;
    assert_int_equal(reopen(), AFFN_DELIVERED);
    umask(old);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0606);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up_ledger, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(rows_are_written_once),
        TEST(twice_in_a_batch_is_once),
        TEST(a_batch_is_noted_first),
        TEST(a_torn_batch_is_completed),
        TEST(zeros_are_cut_off),
        TEST(a_torn_ledger_ends_where_it_is_whole),
        TEST(a_spoilt_ledger_is_read_as_far_as_it_makes_sense),
        TEST(a_failed_batch_leaves_nothing),
        TEST(a_ledger_that_cannot_be_written_is_said),
        TEST(a_ledger_that_cannot_be_read_is_said),
        TEST(a_file_that_is_gone_is_forgotten),
        TEST(lines_of_others_are_kept),
        TEST(the_line_end_that_lacks_is_named),
        TEST(a_long_ledger_begins_anew),
        TEST(what_the_guard_changed_is_counted),
        TEST(a_mode_is_set_whatever_the_umask),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
