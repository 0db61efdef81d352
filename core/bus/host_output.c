/* See host_output.h. */
#include "core/bus/host_output.h"

#include <errno.h>
#include <event2/event.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/limits.h"
#include "core/bus/timer.h"

void host_output_init(struct host_output *output, const char *name)
{
    *output = (struct host_output){.name = name, .fd = -1};
    buffer_init(&output->line, OUTPUT_LINE_BYTES_MAX);
}

static void close_pipe(struct host_output *output)
{
    if (output->fd < 0)
        return;
    event_free(output->readable);
    close(output->fd);
    output->fd = -1;
}

void host_output_finish(struct host_output *output)
{
    close_pipe(output);
    if (output->flood_end)
        event_free(output->flood_end);
    buffer_finish(&output->line);
    *output = (struct host_output){.fd = -1};
}

/* ---- How much may be said ---- */

static void log_left_out(struct host_output *output)
{
    char reason[128];
    uint64_t lines = flood_take(&output->flood);
    if (lines == 0)
        return;
    snprintf(reason, sizeof reason, "the plugin says too much: of each %d s, %d lines are shown",
             PLUGIN_LINES_WHILE_MS / 1000, PLUGIN_LINES_MAX);
    log_warning("lines left out", {"sink", .text = output->name},
                {"lines", .number = (int64_t)lines}, {"reason", .text = reason},
                {"remedy", .text = "have the plugin say less, or ask who wrote it"});
}

static void on_flood_end(evutil_socket_t fd, short what, void *argument)
{
    (void)fd;
    (void)what;
    log_left_out(argument);
}

/* A plugin that floods the log fills no disk. */
static bool may_say(struct host_output *output)
{
    int64_t now_ms = clock_mono_ms();
    if (flood_admits(&output->flood, now_ms))
        return true;
    if (output->flood.left_out == 1)
        timer_start(output->flood_end, flood_left_ms(&output->flood, now_ms));
    return false;
}

void host_output_say(struct host_output *output, enum log_level level, const char *message,
                     const char *key, const char *text)
{
    if (log_shows(level) && may_say(output))
        log_write(level, message, LOG_FIELDS({"sink", .text = output->name}, {key, .text = text}));
}

/* ---- The pipe ---- */

static void log_line(struct host_output *output)
{
    const char *cut = output->cut_bytes > 0 ? "cut_bytes" : NULL;
    if (may_say(output))
        log_info("output", {"sink", .text = output->name}, {"line", .text = output->line.data},
                 {cut, .number = (int64_t)output->cut_bytes});
    buffer_clear(&output->line);
    output->cut_bytes = 0;
}

static void take(struct host_output *output, const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (bytes[i] == '\n')
            log_line(output);
        else if (bytes[i] != '\0' && buffer_add(&output->line, &bytes[i], 1) < 0)
            output->cut_bytes++;
    }
}

/* Reads what is there; false at the end of the pipe. */
static bool read_some(struct host_output *output)
{
    char chunk[4096];
    ssize_t got = read(output->fd, chunk, sizeof chunk);
    if (got > 0)
        take(output, chunk, (size_t)got);
    return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
}

static void on_readable(evutil_socket_t fd, short what, void *argument)
{
    (void)fd;
    (void)what;
    struct host_output *output = argument;
    if (!read_some(output))
        close_pipe(output);
}

void host_output_open(struct host_output *output, struct event_base *base, int fd)
{
    output->fd = fd;
    evutil_make_socket_nonblocking(fd);
    output->readable = event_new(base, fd, EV_READ | EV_PERSIST, on_readable, output);
    if (!output->flood_end)
        output->flood_end = evtimer_new(base, on_flood_end, output);
    event_add(output->readable, NULL);
}

/* Bounded, because a child of the process may hold the other end of the pipe and go on writing. */
void host_output_close(struct host_output *output)
{
    for (int i = 0; i < DRAIN_READS_MAX && output->fd >= 0; i++) {
        errno = 0;
        if (!read_some(output) || errno == EAGAIN)
            break;
    }
    if (output->line.len > 0)
        log_line(output);
    log_left_out(output);
    close_pipe(output);
}
