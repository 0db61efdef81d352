/* See timer.h. */
#include "core/bus/timer.h"

#include <event2/event.h>

void timer_start(struct event *timer, int64_t delay_ms)
{
    struct timeval delay = {.tv_sec = delay_ms / 1000, .tv_usec = delay_ms % 1000 * 1000};
    event_add(timer, &delay);
}
