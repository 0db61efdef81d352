/* Timers of libevent, in milliseconds. Used by whoever has one. */
#ifndef AFFN_BUS_TIMER_H
#define AFFN_BUS_TIMER_H

#include <stdint.h>

struct event;

/* Has a timer fire once, after so long; one that runs already begins anew. */
void timer_start(struct event *timer, int64_t delay_ms);

#endif
