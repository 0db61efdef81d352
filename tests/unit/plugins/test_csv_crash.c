/*
 * The CSV sink is killed before each single step that it takes on the disk, and in the middle of
 * each write: whoever then comes finds every row once, and in order.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "csv_fixture.h"
#include "fake_host.h"

#define EVENTS    11
#define BATCH     3
#define ROWS      4 /* a file, so that batches are cut in two */
#define STEPS_MAX 400

static const char *columns;
static int32_t marker;

static void rotating(void *self)
{
    *(const char **)fake_option(self, "columns") = columns;
    *(int64_t *)fake_option(self, "rotate_rows") = ROWS;
    *(int32_t *)fake_option(self, "done_marker") = marker;
}

static void not_rotating(void *self)
{
    *(const char **)fake_option(self, "columns") = columns;
}

/* Delivers from `first` on to the last event, and says after each batch how far it came. */
static void deliver_from(uint32_t first, int report_fd, bool idles)
{
    if (reopen() != AFFN_DELIVERED)
        _exit(2);
    while (first <= EVENTS) {
        uint32_t left = EVENTS + 1 - first;
        if (deliver(first, left < BATCH ? left : BATCH) != AFFN_DELIVERED)
            _exit(3);
        first += fake_reply.taken;
        if (idles)
            idle(); /* before the outcome is known to anybody */
        if (report_fd >= 0 && write(report_fd, &first, sizeof first) < 0)
            _exit(4);
    }
}

/* Runs until it is killed at a step. Gives the first event whose outcome nobody heard of. */
static uint32_t run_until(int step, bool idles, bool *ended)
{
    int fds[2];
    uint32_t first = 1;
    uint32_t heard;
    assert_int_equal(pipe(fds), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        steps_left = step;
        deliver_from(1, fds[1], idles);
        _exit(9); /* nothing was left to be killed at */
    }
    close(fds[1]);
    while (read(fds[0], &heard, sizeof heard) == sizeof heard)
        first = heard;
    close(fds[0]);
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    *ended = WEXITSTATUS(status) == 9;
    assert_true(*ended || WEXITSTATUS(status) == 0);
    return first;
}

static int is_csv(const struct dirent *entry)
{
    return strstr(entry->d_name, ".csv") && !strstr(entry->d_name, ".done");
}

static uint32_t number_of(const char *line)
{
    unsigned number = 0;
    const char *id = strstr(line, "evt_");
    assert_non_null(id);
    assert_int_equal(sscanf(id + 4, "%32x", &number), 1);
    return number;
}

/* Adds the numbers of a file's rows; gives how many there are. */
static int read_numbers(const char *name, uint32_t *numbers)
{
    char full[512];
    char line[1024];
    int count = 0;
    snprintf(full, sizeof full, "%s/%s", directory, name);
    FILE *file = fopen(full, "r");
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof line, file));
    while (fgets(line, sizeof line, file))
        numbers[count++] = number_of(line);
    fclose(file);
    return count;
}

/* In the order of their names the files hold each event once. */
static int expect_all_once(int64_t rows_a_file)
{
    struct dirent **entries;
    uint32_t numbers[10 * EVENTS];
    int count = 0;
    int files = scandir(directory, &entries, is_csv, alphasort);
    assert_true(files >= 1);
    for (int i = 0; i < files; i++) {
        int more = read_numbers(entries[i]->d_name, numbers + count);
        assert_true(rows_a_file == 0 || more <= rows_a_file);
        count += more;
        char done[512];
        snprintf(done, sizeof done, "%s/%s.done", directory, entries[i]->d_name);
        bool is_finished = rows_a_file > 0 && !strstr(entries[i]->d_name, ".part");
        assert_int_equal(access(done, F_OK) == 0, marker && is_finished);
        free(entries[i]);
    }
    free(entries);
    assert_int_equal(count, EVENTS);
    for (int i = 0; i < EVENTS; i++)
        assert_int_equal(numbers[i], i + 1);
    return files;
}

static void remove_all(const char *folder)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, NULL, NULL);
    assert_true(count >= 0);
    for (int i = 0; i < count; i++) {
        char full[512];
        snprintf(full, sizeof full, "%s/%s", folder, entries[i]->d_name);
        unlink(full); /* directories stay */
        free(entries[i]);
    }
    free(entries);
}

static void clean(void)
{
    remove_all(directory);
    remove_all(fake_state_dir);
    fake_log[0] = '\0';
}

/* Gives how many steps there are. */
static int kill_at_each_step(bool idles, int64_t rows_a_file)
{
    bool ended = false;
    int step = 0;
    for (; !ended; step++) {
        assert_true(step < STEPS_MAX);
        uint32_t first = run_until(step, idles, &ended);
        deliver_from(first, -1, idles);
        int files = expect_all_once(rows_a_file);
        assert_int_equal(files > 1, rows_a_file > 0);
        clean();
    }
    return step;
}

static void a_sink_that_rotates(void **state)
{
    (void)state;
    static const char *const with_and_without_first[] = {"ID:event_id,Mail:email",
                                                         "Mail:email,ID:event_id"};
    configure = rotating;
    for (int variant = 0; variant < 4; variant++) {
        columns = with_and_without_first[variant & 1];
        marker = variant & 1;
        half_a_write = variant & 2;
        assert_true(kill_at_each_step(variant == 1 || variant == 2, ROWS) > 40);
    }
}

static void a_sink_with_a_ledger(void **state)
{
    (void)state;
    configure = not_rotating;
    columns = "Mail:email,ID:event_id";
    marker = 0;
    for (int variant = 0; variant < 2; variant++) {
        half_a_write = variant;
        assert_true(kill_at_each_step(false, 0) > 15);
    }
}

static void a_sink_whose_rows_tell(void **state)
{
    (void)state;
    configure = not_rotating;
    columns = "ID:event_id";
    marker = 0;
    for (int variant = 0; variant < 2; variant++) {
        half_a_write = variant;
        assert_true(kill_at_each_step(false, 0) > 8);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_sink_that_rotates),
        TEST(a_sink_with_a_ledger),
        TEST(a_sink_whose_rows_tell),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
