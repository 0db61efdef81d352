/* See loop.h. */
#include "tests/sim/loop.h"

#include <assert.h>
#include <event2/event.h>
#include <stdbool.h>
#include <stdlib.h>

#include "core/base/clock.h"
#include "core/base/memory.h"
#include "tests/sim/times.h"

/* One timer; libevent's own struct of this name is never made here. */
struct timer {
    event_callback_fn call;
    void *argument;
    int64_t due_ms;   /* TIMES_NEVER: it does not run */
    int64_t again_ms; /* with EV_PERSIST */
    uint64_t started; /* how many had been started before */
    bool persists;
    struct timer *next;
};

static struct timer *timers;
static uint64_t starts;

struct event_base *event_base_new(void)
{
    static char base;
    assert(!timers);
    return (struct event_base *)(void *)&base;
}

void event_base_free(struct event_base *base)
{
    (void)base;
    assert(!timers); /* one was left behind */
}

struct event *event_new(struct event_base *base, evutil_socket_t fd, short what,
                        event_callback_fn call, void *argument)
{
    assert(base && fd == -1);
    struct timer *timer = memory_new(1, sizeof *timer);
    *timer = (struct timer){.call = call,
                            .argument = argument,
                            .due_ms = TIMES_NEVER,
                            .persists = what & EV_PERSIST,
                            .next = timers};
    timers = timer;
    return (struct event *)(void *)timer;
}

int event_add(struct event *event, const struct timeval *delay)
{
    struct timer *timer = (struct timer *)(void *)event;
    assert(delay && delay->tv_sec >= 0 && delay->tv_usec >= 0);
    timer->again_ms = delay->tv_sec * 1000 + delay->tv_usec / 1000;
    timer->due_ms = clock_mono_ms() + timer->again_ms;
    timer->started = starts++;
    return 0;
}

int event_del(struct event *event)
{
    ((struct timer *)(void *)event)->due_ms = TIMES_NEVER;
    return 0;
}

void event_free(struct event *event)
{
    struct timer **link = &timers;
    while (*link != (struct timer *)(void *)event)
        link = &(*link)->next;
    struct timer *timer = *link;
    *link = timer->next;
    free(timer);
}

int event_pending(const struct event *event, short what, struct timeval *due)
{
    assert(!due);
    return ((const struct timer *)(const void *)event)->due_ms < TIMES_NEVER ? what : 0;
}

int64_t loop_next_due(void)
{
    int64_t due_ms = TIMES_NEVER;
    for (const struct timer *timer = timers; timer; timer = timer->next) {
        if (timer->due_ms < due_ms)
            due_ms = timer->due_ms;
    }
    return due_ms;
}

/* The first of those that are due and were started before. */
static struct timer *find_due(uint64_t before)
{
    struct timer *first = NULL;
    for (struct timer *timer = timers; timer; timer = timer->next) {
        if (timer->due_ms <= clock_mono_ms() && timer->started < before &&
            (!first || timer->due_ms < first->due_ms ||
             (timer->due_ms == first->due_ms && timer->started < first->started)))
            first = timer;
    }
    return first;
}

void loop_fire(void)
{
    uint64_t before = starts;
    for (struct timer *timer; (timer = find_due(before));) {
        timer->due_ms = timer->persists ? clock_mono_ms() + timer->again_ms : TIMES_NEVER;
        timer->started = starts++;
        timer->call(-1, EV_TIMEOUT, timer->argument);
    }
}
