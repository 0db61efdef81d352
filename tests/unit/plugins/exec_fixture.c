/* See exec_fixture.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "exec_fixture.h"
#include "fake_host.h"

#define EVENTS_MAX      200
#define TIMEOUT_LONG_MS 60000

char directory[] = "/tmp/affn-exec-XXXXXX";
int64_t timeout_ms;
static void *self;
static int is_open;
static unsigned descriptors_before;

/* ---- A host with a clock that goes ---- */

static int64_t real_mono_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static const char *state_dir(void)
{
    return directory;
}

static const struct affn_host *real_host(void)
{
    static struct affn_host host;
    host = fake_host;
    host.mono_ms = real_mono_ms;
    host.state_dir = state_dir;
    return &host;
}

/* ---- What is left behind ---- */

unsigned children(void)
{
    unsigned count = 0;
    char path[300];
    DIR *folder = opendir("/proc");
    assert_non_null(folder);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        int parent = 0;
        snprintf(path, sizeof path, "/proc/%s/stat", entry->d_name);
        FILE *file = isdigit((unsigned char)entry->d_name[0]) ? fopen(path, "r") : NULL;
        if (!file)
            continue;
        char text[512] = "";
        if (fgets(text, sizeof text, file) && strrchr(text, ')') &&
            sscanf(strrchr(text, ')'), ") %*c %d", &parent) == 1)
            count += parent == getpid();
        fclose(file);
    }
    closedir(folder);
    return count;
}

unsigned descriptors(void)
{
    unsigned count = 0;
    DIR *folder = opendir("/proc/self/fd");
    assert_non_null(folder);
    while (readdir(folder))
        count++;
    closedir(folder);
    return count;
}

void nap(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

/* ---- Files ---- */

const char *path_of(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    return path;
}

void write_file(const char *name, const char *text, mode_t mode)
{
    FILE *file = fopen(path_of(name), "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path_of(name), mode), 0);
}

const char *read_file(const char *name)
{
    static char text[64 * 1024];
    FILE *file = fopen(path_of(name), "r");
    size_t length = file ? fread(text, 1, sizeof text - 1, file) : 0;
    if (file)
        fclose(file);
    text[length] = '\0';
    return text;
}

/* ---- The sink ---- */

int set_up(void **state)
{
    (void)state;
    strcpy(directory + strlen(directory) - 6, "XXXXXX");
    if (!mkdtemp(directory))
        return -1;
    timeout_ms = TIMEOUT_LONG_MS;
    fake_host_reset();
    self = calloc(1, affn_sink_v1()->self_bytes);
    is_open = 0;
    descriptors_before = descriptors();
    return 0;
}

void close_sink(void)
{
    if (is_open)
        affn_sink_v1()->close(self);
    is_open = 0;
}

int tear_down(void **state)
{
    (void)state;
    char command[128];
    close_sink();
    assert_int_equal(children(), 0);
    assert_int_equal(descriptors(), descriptors_before);
    free(self);
    snprintf(command, sizeof command, "rm -rf %s", directory);
    return system(command);
}

int32_t open_command(const char *mode, const char *command, const char *folder)
{
    static const struct affn_pair plain[] = {{"GREETING", "it's = new"}, {"LANG", "C"}};
    static const struct affn_pair secret[] = {{"TOKEN", SECRET_VALUE}};
    *(const char **)fake_option(self, "command") = command;
    *(int32_t *)fake_option(self, "mode") = strcmp(mode, "stream") == 0;
    *(const char **)fake_option(self, "directory") = folder;
    *(struct affn_map *)fake_option(self, "env") = (struct affn_map){plain, 2, 0};
    *(struct affn_map *)fake_option(self, "secret") = (struct affn_map){secret, 1, 0};
    fake_reply_reset(0);
    int32_t verdict = affn_sink_v1()->open(self, real_host(), &fake_reply);
    is_open = 1; /* also when it failed: `close` then frees what it left */
    return verdict;
}

int32_t open_script(const char *mode, const char *script)
{
    static char text[8192];
    static char path[128];
    snprintf(text, sizeof text, "#!/bin/sh\n%s\n", script);
    write_file("program", text, 0755);
    snprintf(path, sizeof path, "%s", path_of("program"));
    return open_command(mode, path, NULL);
}

int32_t deliver_flagged(uint32_t first, uint32_t count, uint32_t flags, uint32_t attempt)
{
    static char ids[EVENTS_MAX][37];
    static struct affn_event events[EVENTS_MAX];
    static const struct affn_event *pointers[EVENTS_MAX];
    for (uint32_t i = 0; i < count; i++) {
        events[i] = fake_event(first + i, ids[i]);
        events[i].flags = flags;
        events[i].attempt = attempt;
        pointers[i] = &events[i];
    }
    struct affn_batch batch = {
        .events = pointers, .count = count, .deadline_mono_ms = real_mono_ms() + timeout_ms};
    fake_reply_reset(count);
    int32_t verdict = affn_sink_v1()->deliver(self, &batch, &fake_reply);
    assert_int_equal(fake_reply.taken, count);
    /* The host is killed two seconds after the deadline, so this is no question of speed. */
    assert_true(real_mono_ms() < batch.deadline_mono_ms + 2000);
    return verdict;
}

int32_t deliver(uint32_t first, uint32_t count)
{
    return deliver_flagged(first, count, 0, 1);
}

void idle(void)
{
    affn_sink_v1()->idle(self);
}
