/* The CSV sink in a trial, beside the one that has the file; and what it would write, shown. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "csv_fixture.h"
#include "fake_host.h"
#include "row.h"

/* `open` as a trial has it. */
static int32_t look(void)
{
    fake_trial = true;
    int32_t verdict = reopen();
    fake_trial = false;
    return verdict;
}

static void expect_unchanged(const struct stat *before)
{
    struct stat after;
    assert_int_equal(stat(path, &after), 0);
    assert_int_equal(after.st_ino, before->st_ino);
    assert_int_equal(after.st_size, before->st_size);
    assert_int_equal(after.st_mtim.tv_sec, before->st_mtim.tv_sec);
    assert_int_equal(after.st_mtim.tv_nsec, before->st_mtim.tv_nsec);
    assert_int_equal(write_calls + fsync_calls, 0);
}

static void a_file_that_is_not_there_is_not_made(void **state)
{
    (void)state;
    assert_int_equal(look(), AFFN_DELIVERED);
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(deliver_flagged(1, 1, AFFN_EVENT_TEST), AFFN_DELIVERED);
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(write_calls + fsync_calls, 0);
}

/* Also one that a crash has left torn: it is for the real host to mend. */
static void a_file_of_ours_is_left_as_it_is(void **state)
{
    (void)state;
    static const struct {
        size_t header_bytes;
        size_t row_bytes;
    } cases[] = {{0, 0}, {5, 0}, {sizeof ROW_HEADER - 1, 0}, {sizeof ROW_HEADER - 1, 60}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct stat before;
        unlink(path);
        put(ROW_HEADER, cases[i].header_bytes);
        put(row(1), cases[i].row_bytes);
        assert_int_equal(stat(path, &before), 0);
        assert_int_equal(look(), AFFN_DELIVERED);
        assert_int_equal(deliver_flagged(2, 1, AFFN_EVENT_TEST), AFFN_DELIVERED);
        expect_unchanged(&before);
        assert_string_equal(fake_log, "");
    }
}

static void the_lock_is_neither_waited_for_nor_taken(void **state)
{
    (void)state;
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    assert_true(fd >= 0);
    assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
    assert_int_equal(look(), AFFN_DELIVERED);
    assert_int_equal(sleeps, 0);
    assert_int_equal(flock(fd, LOCK_UN), 0);
    int other = open(path, O_RDWR | O_CLOEXEC);
    assert_int_equal(flock(other, LOCK_EX | LOCK_NB), 0); /* the trial does not hold it */
    close(other);
    close(fd);
}

static void a_trial_beside_the_host_that_delivers(void **state)
{
    (void)state;
    assert_int_equal(reopen(), AFFN_DELIVERED);
    assert_int_equal(deliver(1, 2), AFFN_DELIVERED);

    const struct affn_sink *sink = affn_sink_v1();
    void *trial = calloc(1, sink->self_bytes);
    fake_defaults(trial);
    *(const char **)fake_option(trial, "path") = path;
    fake_trial = true;
    fake_reply_reset(0);
    assert_int_equal(sink->open(trial, &fake_host, &fake_reply), AFFN_DELIVERED);
    fake_trial = false;
    assert_int_equal(sleeps, 0);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), -1); /* still the live one's */
    close(fd);

    assert_int_equal(deliver(3, 1), AFFN_DELIVERED);
    sink->close(trial);
    free(trial);
    assert_int_equal(deliver(4, 1), AFFN_DELIVERED);
    expect_rows(1, 4);
    assert_string_equal(fake_log, "");
}

/* With the same words as when it is opened in earnest: both are asked. */
static void trouble_is_said_as_in_earnest(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *text; /* of the file; NULL when there is to be none */
        const char *what;
    } cases[] = {
        {"missing/crm.csv", NULL, "cannot open: No such file or directory"},
        {"file/crm.csv", NULL, "cannot open: Not a directory"},
        {".", NULL, "cannot open: Is a directory"},
        {"link.csv", NULL, "cannot open: Too many levels of symbolic links"},
        {"pipe", NULL, "is not a regular file"},
        {"a.csv", "name,e-mail\r\n", "has another header row than affnotify's"},
        {"b.csv", "x", "has another header row than affnotify's"},
        {"c.csv", ROW_HEADER "by hand",
         "its last line is not affnotify's and does not end with CRLF"},
    };
    set_up_path("file");
    put_text("x");
    set_up_path("pipe");
    assert_int_equal(mkfifo(path, 0600), 0);
    set_up_path("link.csv");
    assert_int_equal(symlink("/nonexistent", path), 0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char remedy[256];
        set_up_path(cases[i].name);
        if (cases[i].text)
            put_text(cases[i].text);
        assert_int_equal(reopen(), AFFN_MISSET);
        snprintf(remedy, sizeof remedy, "%s", fake_reply.remedy);
        expect_what(cases[i].what, remedy);
        assert_int_equal(look(), AFFN_MISSET);
        expect_what(cases[i].what, remedy);
    }
}

/* Looks with this mode on the directory. Root may write everywhere, so it is another user. */
static int32_t look_as_other(mode_t directory_mode, char *who, size_t room)
{
    bool is_root = geteuid() == 0;
    assert_int_equal(chmod(directory, directory_mode), 0);
    if (is_root)
        assert_int_equal(setresuid(65534, 65534, 0), 0);
    int32_t verdict = look();
    snprintf(who, room, "%s", user());
    if (is_root)
        assert_int_equal(setresuid(0, 0, 0), 0);
    assert_int_equal(chmod(directory, 0700), 0);
    return verdict;
}

static void what_is_not_ours_to_write_is_named_with_who_we_are(void **state)
{
    (void)state;
    char who[80];
    char remedy[256];
    assert_int_equal(look_as_other(0555, who, sizeof who), AFFN_MISSET);
    snprintf(remedy, sizeof remedy,
             "let %s write into the directory %s, where the file is to be made", who, directory);
    expect_what("cannot open: Permission denied", remedy);

    assert_int_equal(look_as_other(0, who, sizeof who), AFFN_MISSET);
    snprintf(remedy, sizeof remedy, "let %s search the directory %s and those above it", who,
             directory);
    expect_what("cannot open: Permission denied", remedy);
    assert_int_equal(access(path, F_OK), -1);

    int fd = open(path, O_WRONLY | O_CREAT, 0400);
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(look_as_other(0755, who, sizeof who), AFFN_MISSET);
    snprintf(remedy, sizeof remedy, "let %s write to the file", who);
    expect_what("cannot open: Permission denied", remedy);
}

static void the_row_is_told(void **state)
{
    (void)state;
    char expected[ROW_BYTES_MAX + 64];
    assert_int_equal(look(), AFFN_DELIVERED);
    assert_int_equal(deliver_flagged(1, 2, AFFN_EVENT_TEST), AFFN_DELIVERED);
    assert_int_equal(fake_reply.taken, 2);
    int length = snprintf(expected, sizeof expected,
                          "a test; nothing was written; the row would be: %s", row(2));
    expected[length - 2] = '\0';
    assert_string_equal(fake_reply.what, expected);
}

static void a_real_event_is_refused(void **state)
{
    (void)state;
    assert_int_equal(look(), AFFN_DELIVERED);
    assert_int_equal(deliver(1, 2), AFFN_RETRY);
    assert_string_equal(fake_reply.what, "a real event came into a trial; nothing was written");
    assert_string_equal(fake_reply.remedy, "this is a mistake in affnotify: please report it");
    assert_int_equal(access(path, F_OK), -1);
}

static char written[4096];

static void keep(struct affn_output *output, const void *bytes, uint32_t length)
{
    (void)output;
    strncat(written, bytes, length);
}

static void the_rows_are_shown(void **state)
{
    (void)state;
    const struct affn_sink *sink = affn_sink_v1();
    const struct affn_renderer *renderer = sink->extension(AFFN_RENDER);
    assert_int_equal(renderer->renderer_bytes, sizeof *renderer);
    assert_null(sink->extension("affn.request/1"));

    char ids[2][37];
    struct affn_event events[2] = {fake_event(1, ids[0]), fake_event(2, ids[1])};
    const struct affn_event *pointers[2] = {&events[0], &events[1]};
    struct affn_batch batch = {.events = pointers, .count = 2};
    void *self = calloc(1, sink->self_bytes); /* without open */
    fake_defaults(self);
    renderer->render(self, &batch, &(struct affn_output){.write = keep});
    free(self);
    char expected[2 * ROW_BYTES_MAX + 1];
    strcpy(expected, row(1));
    strcat(expected, row(2));
    assert_string_equal(written, expected);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_file_that_is_not_there_is_not_made),
        TEST(a_file_of_ours_is_left_as_it_is),
        TEST(the_lock_is_neither_waited_for_nor_taken),
        TEST(a_trial_beside_the_host_that_delivers),
        TEST(trouble_is_said_as_in_earnest),
        TEST(what_is_not_ours_to_write_is_named_with_who_we_are),
        TEST(the_row_is_told),
        TEST(a_real_event_is_refused),
        TEST(the_rows_are_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
