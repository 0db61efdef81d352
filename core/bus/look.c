/* See look.h. */
#include "core/bus/look.h"

#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/error.h"
#include "core/bus/start_sentences.h"
#include "core/bus/timer.h"

/* ---- The loop ---- */

static void on_child(evutil_socket_t number, short what, void *argument)
{
    (void)number;
    (void)what;
    struct look_loop *loop = argument;
    int status;
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
        struct look *look = loop->first;
        while (look && !host_process_reaped(&look->host, pid, status))
            look = look->next;
    }
}

int look_loop_init(struct look_loop *loop, struct error *error)
{
    *loop = (struct look_loop){.program_fd = host_process_open_program(error)};
    if (loop->program_fd < 0)
        return -1;
    loop->base = event_base_new();
    if (!loop->base)
        return error_set(error, SAY_NO_LOOP);
    loop->child = evsignal_new(loop->base, SIGCHLD, on_child, loop);
    event_add(loop->child, NULL);
    return 0;
}

void look_loop_finish(struct look_loop *loop)
{
    if (loop->child)
        event_free(loop->child);
    if (loop->base)
        event_base_free(loop->base);
    if (loop->program_fd >= 0)
        close(loop->program_fd);
}

bool look_loop_turn(struct look_loop *loop)
{
    if (loop->running > 0)
        event_base_loop(loop->base, EVLOOP_ONCE);
    return loop->running > 0;
}

/* ---- One host ---- */

static int on_frame(void *owner, struct frame *frame, struct error *error)
{
    struct look *look = owner;
    return look->calls->frame(look->owner, frame, error);
}

static void on_gone(void *owner, const char *reason)
{
    struct look *look = owner;
    event_del(look->timer);
    look->loop->running--;
    look->calls->gone(look->owner, reason);
}

static const struct host_calls look_calls = {.frame = on_frame, .gone = on_gone};

static void on_overdue(evutil_socket_t fd, short what, void *argument)
{
    (void)fd;
    (void)what;
    struct look *look = argument;
    look->is_overdue = true;
    host_process_kill(&look->host, look->overdue);
}

int look_start(struct look *look, struct look_loop *loop, const char *name, const char *plugin_path,
               const struct host_calls *calls, void *owner, struct error *error)
{
    *look = (struct look){.loop = loop, .calls = calls, .owner = owner, .next = loop->first};
    loop->first = look;
    host_process_init(&look->host, name, &look_calls, look);
    look->timer = evtimer_new(loop->base, on_overdue, look);
    if (host_process_start(&look->host, loop->base, loop->program_fd, plugin_path, error) < 0)
        return -1;
    loop->running++;
    return 0;
}

void look_finish(struct look *look)
{
    if (!look->loop)
        return;
    struct look **link = &look->loop->first;
    while (*link != look)
        link = &(*link)->next;
    *link = look->next;
    look->loop->running -= look->host.pid > 0;
    host_process_finish(&look->host);
    event_free(look->timer);
    look->loop = NULL;
}

void look_limit(struct look *look, int64_t limit_ms, const char *overdue)
{
    snprintf(look->overdue, sizeof look->overdue, "%s", overdue);
    timer_start(look->timer, limit_ms);
}
