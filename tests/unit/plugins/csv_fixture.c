/* See csv_fixture.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "csv_fixture.h"
#include "fake_host.h"
#include "format.h"
#include "options.h"
#include "row.h"

#define EVENTS_MAX 1100

int write_errno;
size_t write_bytes_left;
int write_calls;
int fsync_errno;
int fsync_calls;
int ftruncate_errno;
int rename_errno;
int64_t clock_moved_ms;
int steps_left = -1;
bool half_a_write;
int sleeps;
int sleeping_fd = -1;
const char *new_name;
char directory[] = "/tmp/affn-csv-XXXXXX";
char path[64];
static char state_directory[64];
void (*configure)(void *self);
static void *self;

ssize_t __real_write(int fd, const void *bytes, size_t length);
ssize_t __wrap_write(int fd, const void *bytes, size_t length);
int __wrap_fsync(int fd);
int __real_ftruncate(int fd, off_t length);
int __wrap_ftruncate(int fd, off_t length);
int __wrap_nanosleep(const struct timespec *wanted, struct timespec *left);

int __real_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to);
int __real_renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned flags);
int __wrap_renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned flags);
int __real_clock_gettime(clockid_t id, struct timespec *now);
int __wrap_clock_gettime(clockid_t id, struct timespec *now);

/* The process is killed before the step that was chosen. */
static bool is_last_step(void)
{
    return steps_left >= 0 && steps_left-- == 0;
}

static void step(void)
{
    if (is_last_step())
        _exit(0);
}

int __wrap_rename(const char *from, const char *to)
{
    step();
    if (!rename_errno)
        return __real_rename(from, to);
    errno = rename_errno;
    return -1;
}

int __wrap_renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned flags)
{
    step();
    if (!rename_errno)
        return __real_renameat2(from_fd, from, to_fd, to, flags);
    errno = rename_errno;
    return -1;
}

int __wrap_clock_gettime(clockid_t id, struct timespec *now)
{
    int result = __real_clock_gettime(id, now);
    if (id == CLOCK_REALTIME)
        now->tv_sec += clock_moved_ms / 1000;
    return result;
}

ssize_t __wrap_write(int fd, const void *bytes, size_t length)
{
    write_calls++;
    if (is_last_step()) {
        if (half_a_write && __real_write(fd, bytes, length / 2) < 0)
            _exit(1);
        _exit(0);
    }
    if (!write_errno)
        return __real_write(fd, bytes, length);
    if (write_bytes_left == 0) {
        errno = write_errno;
        return -1;
    }
    ssize_t written =
        __real_write(fd, bytes, length < write_bytes_left ? length : write_bytes_left);
    write_bytes_left -= (size_t)written;
    return written;
}

int __wrap_fsync(int fd)
{
    fsync_calls++;
    step();
    (void)fd; /* nobody cuts the power here, and a real one takes its time */
    errno = fsync_errno;
    return fsync_errno ? -1 : 0;
}

int __wrap_ftruncate(int fd, off_t length)
{
    step();
    if (!ftruncate_errno)
        return __real_ftruncate(fd, length);
    errno = ftruncate_errno;
    return -1;
}

int __wrap_nanosleep(const struct timespec *wanted, struct timespec *left)
{
    (void)left;
    fake_now_ms += wanted->tv_nsec / 1000000;
    if (++sleeps == 3 && new_name)
        rename(path, new_name);
    if (sleeps == 3 && sleeping_fd >= 0)
        flock(sleeping_fd, LOCK_UN);
    return 0;
}

void set_up_path(const char *name)
{
    snprintf(path, sizeof path, "%s/%s", directory, name);
    *(const char **)fake_option(self, "path") = path;
}

int set_up(void **state)
{
    (void)state;
    strcpy(directory + strlen(directory) - 6, "XXXXXX");
    if (!mkdtemp(directory))
        return -1;
    write_errno = 0;
    write_calls = 0;
    fsync_errno = 0;
    fsync_calls = 0;
    ftruncate_errno = 0;
    rename_errno = 0;
    clock_moved_ms = 0;
    steps_left = -1;
    half_a_write = false;
    sleeps = 0;
    sleeping_fd = -1;
    new_name = NULL;
    configure = NULL;
    fake_host_reset();
    snprintf(state_directory, sizeof state_directory, "%s/state", directory);
    if (mkdir(state_directory, 0700) < 0)
        return -1;
    fake_state_dir = state_directory;
    self = calloc(1, affn_sink_v1()->self_bytes);
    fake_defaults(self);
    set_up_path("crm.csv");
    return 0;
}

int tear_down(void **state)
{
    (void)state;
    char command[128];
    affn_sink_v1()->close(self);
    free(self);
    snprintf(command, sizeof command, "rm -rf %s", directory);
    return system(command);
}

int32_t reopen(void)
{
    affn_sink_v1()->close(self);
    fake_defaults(self);
    *(const char **)fake_option(self, "path") = path;
    fake_counts[0] = '\0';
    if (configure)
        configure(self);
    fake_reply_reset(0);
    return affn_sink_v1()->open(self, &fake_host, &fake_reply);
}

int32_t deliver_flagged(uint32_t first, uint32_t count, uint32_t flags)
{
    static char ids[EVENTS_MAX][37];
    static struct affn_event events[EVENTS_MAX];
    static const struct affn_event *pointers[EVENTS_MAX];
    for (uint32_t i = 0; i < count; i++) {
        events[i] = fake_event(first + i, ids[i]);
        events[i].flags = flags;
        pointers[i] = &events[i];
    }
    struct affn_batch batch = {
        .events = pointers, .count = count, .deadline_mono_ms = fake_now_ms + 10000};
    fake_reply_reset(count);
    return affn_sink_v1()->deliver(self, &batch, &fake_reply);
}

int32_t deliver_batch(const struct affn_batch *batch)
{
    return affn_sink_v1()->deliver(self, batch, &fake_reply);
}

int32_t deliver(uint32_t first, uint32_t count)
{
    return deliver_flagged(first, count, 0);
}

size_t own_row(const struct affn_event *event, char *text)
{
    struct format format;
    uint32_t guarded = 0;
    struct csv_options options = {.preset = -1, .date_format = -1};
    format_make(&format, &options, NULL);
    return row_format(&format, event, text, &guarded);
}

const char *row(uint32_t number)
{
    static char text[ROW_BYTES_MAX + 1];
    char id[37];
    struct affn_event event = fake_event(number, id);
    text[own_row(&event, text)] = '\0';
    return text;
}

void expect_rows_in(const char *name, uint32_t first, uint32_t count)
{
    FILE *file = fopen(name, "r");
    assert_non_null(file);
    char *line = NULL;
    size_t room = 0;
    assert_true(getline(&line, &room, file) > 0);
    assert_string_equal(line, ROW_HEADER);
    for (uint32_t i = 0; i < count; i++) {
        assert_true(getline(&line, &room, file) > 0);
        assert_string_equal(line, row(first + i));
    }
    assert_int_equal(getline(&line, &room, file), -1);
    free(line);
    fclose(file);
}

void expect_rows(uint32_t first, uint32_t count)
{
    expect_rows_in(path, first, count);
}

void put(const char *bytes, size_t length)
{
    FILE *file = fopen(path, "a");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

void put_text(const char *text)
{
    put(text, strlen(text));
}

off_t size_of_file(void)
{
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    return status.st_size;
}

const char *user(void)
{
    static char name[80];
    const struct passwd *entry = getpwuid(geteuid());
    assert_non_null(entry);
    snprintf(name, sizeof name, "the user %s", entry->pw_name);
    return name;
}

void expect_file(const char *name, const char *text)
{
    char whole[64 * 1024];
    char full[128];
    snprintf(full, sizeof full, "%s/%s", directory, name);
    FILE *file = fopen(full, "r");
    assert_non_null(file);
    whole[fread(whole, 1, sizeof whole - 1, file)] = '\0';
    fclose(file);
    assert_string_equal(whole, text);
}

void idle(void)
{
    affn_sink_v1()->idle(self);
}

void expect_what(const char *end, const char *remedy)
{
    char expected[1024];
    snprintf(expected, sizeof expected, "%s: %s", path, end);
    assert_string_equal(fake_reply.what, expected);
    assert_string_equal(fake_reply.remedy, remedy);
}
