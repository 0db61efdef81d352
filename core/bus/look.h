/*
 * Hosts that are looked at beside any bus: for `check`, `render`, `test`, `plugins`, `describe`. A
 * loop of its own starts them, hears of their ends, and keeps a time limit for each. Knows frames
 * no better than host_process.h does: whoever looks is told what came.
 */
#ifndef AFFN_BUS_LOOK_H
#define AFFN_BUS_LOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/bus/host_process.h"

struct error;
struct event;
struct event_base;
struct look;

struct look_loop {
    struct event_base *base;
    struct event *child;
    int program_fd;
    struct look *first; /* those that were started and not finished */
    size_t running;
};

/* -1 when affnotify-host is not there; a loop must be finished in any case. */
int look_loop_init(struct look_loop *loop, struct error *error);
void look_loop_finish(struct look_loop *loop);

/* Waits for one turn's events while hosts run. False when none does any more. */
bool look_loop_turn(struct look_loop *loop);

/* One host. */
struct look {
    struct look_loop *loop;
    struct host_process host;
    const struct host_calls *calls; /* of whoever looks */
    void *owner;
    struct event *timer;
    char overdue[TEXT_BYTES_MAX]; /* why it is killed when the time is over */
    bool is_overdue;              /* it was killed because of that */
    struct look *next;
};

/*
 * Starts a host for a plugin. `name` is the sink's, and borrowed. Frames come to calls->frame, the
 * end to calls->gone. -1 with the error when it could not be started. To be finished in any case.
 */
int look_start(struct look *look, struct look_loop *loop, const char *name, const char *plugin_path,
               const struct host_calls *calls, void *owner, struct error *error);

/* Kills and waits for it if it runs, without a call. A zeroed one is fine. */
void look_finish(struct look *look);

/* The host is killed with this reason unless another limit takes the place of this one before. */
void look_limit(struct look *look, int64_t limit_ms, const char *overdue);

#endif
