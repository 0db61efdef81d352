/* Files of the CSV sink that get full: they are finished by rename, and never lose or repeat a row. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "csv_fixture.h"
#include "fake_host.h"

#define HEADER "Mail\r\n"
#define ROW    "affiliate@example.com\r\n"
#define DAY_MS (INT64_C(24) * 60 * 60 * 1000)

static int64_t rows_a_file;
static int64_t bytes_a_file;
static int32_t daily;
static int32_t marker;

static void rotating(void *self)
{
    *(const char **)fake_option(self, "columns") = "Mail:email";
    *(int64_t *)fake_option(self, "rotate_rows") = rows_a_file;
    *(int64_t *)fake_option(self, "rotate_bytes") = bytes_a_file;
    *(int32_t *)fake_option(self, "rotate_daily") = daily;
    *(int32_t *)fake_option(self, "done_marker") = marker;
}

static int set_up_rotation(void **state)
{
    int result = set_up(state);
    configure = rotating;
    rows_a_file = 3;
    bytes_a_file = AFFN_UNSET;
    daily = -1;
    marker = 0;
    return result;
}

static int not_hidden(const struct dirent *entry)
{
    return entry->d_name[0] != '.' && strcmp(entry->d_name, "state") != 0;
}

static char names[16][256]; /* of the files in the directory, in their order, without the state */

static int list(void)
{
    struct dirent **entries;
    int count = scandir(directory, &entries, not_hidden, alphasort);
    assert_true(count >= 0 && count <= 16);
    for (int i = 0; i < count; i++) {
        snprintf(names[i], sizeof names[i], "%s", entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    return count;
}

static void expect_count_in(const char *name, int64_t count)
{
    char expected[8192] = HEADER;
    for (int64_t i = 0; i < count; i++)
        strcat(expected, ROW);
    expect_file(name, expected);
}

static int is_stamped(const char *name, const char *end)
{
    int year, month, day, time, thousandth, used = 0;
    return sscanf(name, "crm-%4d-%2d-%2d-%6d-%3d%n", &year, &month, &day, &time, &thousandth,
                  &used) == 5 &&
           used == (int)strlen("crm-2026-03-18-120000-000") && strcmp(name + used, end) == 0;
}

/* A batch is taken as far as it fits; the rest comes again and begins the next file. */
static void a_full_file_gets_its_final_name(void **state)
{
    (void)state;
    assert_int_equal(reopen(), AFFN_DELIVERED);
    assert_int_equal(deliver(1, 2), AFFN_DELIVERED);
    assert_int_equal(list(), 1);
    assert_string_equal(names[0], "crm.csv.part");
    assert_int_equal(deliver(3, 5), AFFN_DELIVERED);
    assert_int_equal(fake_reply.taken, 1);
    assert_int_equal(list(), 1);
    expect_count_in("crm.csv.part", 3);
    assert_int_equal(deliver(4, 4), AFFN_DELIVERED);
    assert_int_equal(fake_reply.taken, 3);
    assert_int_equal(deliver(7, 1), AFFN_DELIVERED);
    assert_int_equal(list(), 3);
    assert_true(is_stamped(names[0], ".csv") && is_stamped(names[1], ".csv"));
    assert_string_equal(names[2], "crm.csv.part");
    expect_count_in(names[0], 3);
    expect_count_in(names[1], 3);
    expect_count_in(names[2], 1);
}

static void a_full_file_is_finished_when_nothing_comes(void **state)
{
    (void)state;
    char expected[512];
    assert_int_equal(reopen(), AFFN_DELIVERED);
    assert_int_equal(deliver(1, 2), AFFN_DELIVERED);
    idle();
    assert_int_equal(list(), 1);
    assert_int_equal(deliver(3, 1), AFFN_DELIVERED);
    idle();
    idle();
    assert_int_equal(list(), 1);
    assert_true(is_stamped(names[0], ".csv"));
    snprintf(expected, sizeof expected, "info: %s/%s: finished, with 3 rows\n", directory,
             names[0]);
    assert_string_equal(fake_log, expected);

    assert_int_equal(deliver(1, 3),
                     AFFN_DELIVERED); /* of the newest batch, only the third is known */
    assert_string_equal(fake_reply_sets, "2: 1 0: its row was in the file already\n");
    expect_count_in("crm.csv.part", 2);
}

/* After a crash the rows of the last batch are of unknown fate, also those of a finished file. */
static void rows_of_a_finished_file_are_known(void **state)
{
    (void)state;
    assert_int_equal(reopen(), AFFN_DELIVERED);
    assert_int_equal(deliver(1, 3), AFFN_DELIVERED);
    idle();
    assert_int_equal(reopen(), AFFN_DELIVERED);
    assert_int_equal(deliver(1, 3), AFFN_DELIVERED);
    expect_count_in("crm.csv.part", 0);
    assert_int_equal(deliver(4, 1), AFFN_DELIVERED);
    expect_count_in("crm.csv.part", 1);
    assert_int_equal(list(), 2);
    expect_count_in(names[0], 3);
}

/* As when a replay rebuilds what somebody has thrown away. */
static void rows_before_the_newest_batch_are_written_again(void **state)
{
    (void)state;
    assert_int_equal(reopen(), AFFN_DELIVERED);
    assert_int_equal(deliver(1, 2), AFFN_DELIVERED);
    assert_int_equal(deliver(3, 1), AFFN_DELIVERED);
    assert_int_equal(deliver(4, 1), AFFN_DELIVERED);
    assert_int_equal(deliver(1, 3), AFFN_DELIVERED);
    assert_int_equal(fake_reply.taken, 3);
    assert_string_equal(fake_reply_sets, "2: 1 0: its row was in the file already\n");
    expect_count_in("crm.csv.part", 3);
}

static void bytes_are_a_limit(void **state)
{
    (void)state;
    rows_a_file = AFFN_UNSET;
    bytes_a_file = (int64_t)strlen(HEADER ROW ROW ROW) + 5; /* far below what `check` lets pass */
    assert_int_equal(reopen(), AFFN_DELIVERED);
    assert_int_equal(deliver(1, 10), AFFN_DELIVERED);
    assert_int_equal(fake_reply.taken, 3);
    idle(); /* a fourth might be shorter */
    assert_int_equal(list(), 1);
    assert_int_equal(deliver(4, 7), AFFN_DELIVERED);
    assert_int_equal(fake_reply.taken, 3);
    assert_int_equal(list(), 2);
    expect_count_in(names[0], 3);
    expect_count_in(names[1], 3);
}

static void each_day_has_its_file(void **state)
{
    (void)state;
    rows_a_file = AFFN_UNSET;
    daily = 1;
    assert_int_equal(reopen(), AFFN_DELIVERED);
    idle(); /* a file without a row is never finished */
    clock_moved_ms = DAY_MS;
    idle();
    assert_int_equal(list(), 1);
    clock_moved_ms = 0;
    assert_int_equal(deliver(1, 2), AFFN_DELIVERED);
    clock_moved_ms = DAY_MS;
    assert_int_equal(deliver(3, 2), AFFN_DELIVERED);
    assert_int_equal(list(), 2);
    expect_count_in(names[0], 2);
    expect_count_in(names[1], 2);
    clock_moved_ms = 2 * DAY_MS;
    idle();
    assert_int_equal(list(), 2);
    assert_true(is_stamped(names[0], ".csv") && is_stamped(names[1], ".csv"));
    assert_true(strncmp(names[0], names[1], strlen("crm-2026-03-18")) < 0);
}

/* The day of a file is that of its last row, also when a crash is mended on the next. */
static void a_file_of_yesterday_is_finished_at_the_start(void **state)
{
    (void)state;
    char part[128];
    rows_a_file = AFFN_UNSET;
    daily = 1;
    snprintf(part, sizeof part, "%s.part", path);
    assert_int_equal(reopen(), AFFN_DELIVERED);
    assert_int_equal(deliver(1, 2), AFFN_DELIVERED);
    struct stat status;
    assert_int_equal(stat(part, &status), 0);
    assert_int_equal(truncate(part, status.st_size - 5), 0);
    const struct timespec then[2] = {{1773835200, 123000000}, {1773835200, 123000000}};
    assert_int_equal(utimensat(AT_FDCWD, part, then, 0), 0);
    assert_int_equal(reopen(), AFFN_DELIVERED);
    assert_int_equal(deliver(2, 1), AFFN_DELIVERED);
    assert_int_equal(list(), 2);
    assert_string_equal(names[0], "crm-2026-03-18-120000-123.csv");
    expect_count_in(names[0], 1);
    expect_count_in(names[1], 1);
}

static void names_without_an_end_are_stamped(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *final;
    } cases[] = {
        {"crm", "crm-2026-03-18-120000-123"},
        {".crm", ".crm-2026-03-18-120000-123"},
        {"a.b.csv", "a.b-2026-03-18-120000-123.csv"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char part[128];
        char final[128];
        set_up_path(cases[i].name);
        snprintf(part, sizeof part, "%s.part", path);
        snprintf(final, sizeof final, "%s/%s", directory, cases[i].final);
        assert_int_equal(reopen(), AFFN_DELIVERED);
        assert_int_equal(deliver((uint32_t)(1 + 10 * i), 3), AFFN_DELIVERED);
        const struct timespec then[2] = {{1773835200, 123000000}, {1773835200, 123000000}};
        assert_int_equal(utimensat(AT_FDCWD, part, then, 0), 0);
        assert_int_equal(reopen(), AFFN_DELIVERED);
        idle();
        assert_int_equal(access(final, F_OK), 0);
    }
}

static void a_name_that_is_taken_is_left_alone(void **state)
{
    (void)state;
    char part[128];
    const struct timespec then[2] = {{1773835200, 998000000}, {1773835200, 998000000}};
    static const char *const taken[] = {"crm-2026-03-18-120000-998.csv",
                                        "crm-2026-03-18-120000-999.csv"};
    for (size_t i = 0; i < 2; i++) {
        char full[512];
        snprintf(full, sizeof full, "%s/%s", directory, taken[i]);
        FILE *file = fopen(full, "w");
        fputs("of others", file);
        fclose(file);
    }
    snprintf(part, sizeof part, "%s.part", path);
    assert_int_equal(reopen(), AFFN_DELIVERED);
    assert_int_equal(deliver(1, 3), AFFN_DELIVERED);
    assert_int_equal(utimensat(AT_FDCWD, part, then, 0), 0);
    assert_int_equal(reopen(), AFFN_DELIVERED);
    idle();
    expect_file(taken[0], "of others");
    expect_file(taken[1], "of others");
    expect_count_in("crm-2026-03-18-120001-000.csv", 3);
}

static void a_marker_follows_the_file(void **state)
{
    (void)state;
    struct stat file;
    struct stat done;
    char full[512];
    marker = 1;
    assert_int_equal(reopen(), AFFN_DELIVERED);
    assert_int_equal(deliver(1, 3), AFFN_DELIVERED);
    idle();
    assert_int_equal(list(), 2);
    assert_true(is_stamped(names[0], ".csv") && is_stamped(names[1], ".csv.done"));
    expect_file(names[1], "");
    snprintf(full, sizeof full, "%s/%s", directory, names[0]);
    assert_int_equal(stat(full, &file), 0);
    snprintf(full, sizeof full, "%s/%s", directory, names[1]);
    assert_int_equal(stat(full, &done), 0);
    assert_int_equal(file.st_mode, done.st_mode);

    assert_int_equal(unlink(full), 0); /* who has imported it takes the marker away */
    assert_int_equal(reopen(), AFFN_DELIVERED);
    assert_int_equal(deliver(4, 1), AFFN_DELIVERED);
    assert_int_equal(list(), 2);
}

/* Each trouble leaves the rows where they are, and the next try goes on. */
static void trouble_is_said_and_overcome(void **state)
{
    (void)state;
    char what[256];
    assert_int_equal(reopen(), AFFN_DELIVERED);
    assert_int_equal(deliver(1, 3), AFFN_DELIVERED);

    rename_errno = EINVAL;
    assert_int_equal(deliver(4, 1), AFFN_MISSET);
    rename_errno = 0;
    assert_non_null(strstr(fake_reply.what, ".csv: cannot give the file its final name: Invalid "
                                            "argument"));
    assert_string_equal(fake_reply.remedy,
                        "choose a file system that can rename without replacing a file: not NFS");
    assert_int_equal(reopen(), AFFN_DELIVERED);

    rename_errno = EACCES;
    idle();
    idle();
    rename_errno = 0;
    assert_int_equal(list(), 1);
    assert_non_null(strstr(fake_log, "cannot give the file its final name: Permission denied"));
    assert_non_null(strstr(fake_log, "; it is tried again with the next event\n"));

    assert_int_equal(reopen(), AFFN_DELIVERED);
    fsync_errno = EIO;
    assert_int_equal(deliver(4, 1), AFFN_RETRY); /* the ledger's */
    fsync_errno = 0;
    snprintf(what, sizeof what, ".csv: cannot give the file its final name: Input/output error");
    assert_non_null(strstr(fake_reply.what, what));
    assert_int_equal(deliver(4, 1), AFFN_DELIVERED);
    assert_int_equal(list(), 2);
    expect_count_in(names[0], 3);
    expect_count_in(names[1], 1);
}

/* The marker's place is taken by something that cannot be one. */
static void a_marker_that_cannot_be_made_is_said(void **state)
{
    (void)state;
    char part[128];
    char blocked[128];
    const struct timespec then[2] = {{1773835200, 0}, {1773835200, 0}};
    marker = 1;
    snprintf(part, sizeof part, "%s.part", path);
    snprintf(blocked, sizeof blocked, "%s/crm-2026-03-18-120000-000.csv.done", directory);
    assert_int_equal(mkdir(blocked, 0700), 0);
    assert_int_equal(reopen(), AFFN_DELIVERED);
    assert_int_equal(deliver(1, 3), AFFN_DELIVERED);
    assert_int_equal(utimensat(AT_FDCWD, part, then, 0), 0);
    assert_int_equal(reopen(), AFFN_DELIVERED);
    for (int i = 0; i < 2; i++) {
        char what[256];
        assert_int_equal(deliver(4, 1), AFFN_MISSET);
        snprintf(what, sizeof what, "%s: cannot make the marker: Is a directory", blocked);
        assert_string_equal(fake_reply.what, what);
    }
    assert_int_equal(rmdir(blocked), 0);
    assert_int_equal(deliver(4, 1), AFFN_DELIVERED);
    assert_int_equal(access(blocked, F_OK), 0);
    expect_count_in("crm-2026-03-18-120000-000.csv", 3);
    expect_count_in("crm.csv.part", 1);
}

static void a_trial_touches_nothing(void **state)
{
    (void)state;
    fake_trial = true;
    assert_int_equal(reopen(), AFFN_DELIVERED);
    assert_int_equal(deliver_flagged(1, 1, AFFN_EVENT_TEST), AFFN_DELIVERED);
    assert_string_equal(fake_reply.what,
                        "a test; nothing was written; the row would be: affiliate@example.com");
    idle();
    assert_int_equal(list(), 0);
    fake_trial = false;
    assert_int_equal(reopen(), AFFN_DELIVERED);
    assert_int_equal(deliver(1, 3), AFFN_DELIVERED);
    fake_trial = true;
    assert_int_equal(reopen(), AFFN_DELIVERED);
    idle();
    assert_int_equal(list(), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up_rotation, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_full_file_gets_its_final_name),
        TEST(a_full_file_is_finished_when_nothing_comes),
        TEST(rows_of_a_finished_file_are_known),
        TEST(rows_before_the_newest_batch_are_written_again),
        TEST(bytes_are_a_limit),
        TEST(each_day_has_its_file),
        TEST(a_file_of_yesterday_is_finished_at_the_start),
        TEST(names_without_an_end_are_stamped),
        TEST(a_name_that_is_taken_is_left_alone),
        TEST(a_marker_follows_the_file),
        TEST(trouble_is_said_and_overcome),
        TEST(a_marker_that_cannot_be_made_is_said),
        TEST(a_trial_touches_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
