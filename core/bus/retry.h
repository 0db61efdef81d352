/*
 * When an event that was not delivered is tried again: the sink's `retry` list with jitter, so that
 * what failed together does not come back together. Pure.
 */
#ifndef AFFN_BUS_RETRY_H
#define AFFN_BUS_RETRY_H

#include <stdint.h>

struct sink_tuning;

/* No further attempt: the list is used up. */
#define RETRY_NEVER (-1)

/*
 * How long to wait, in milliseconds, after `attempts` attempts that were charged (1 or more):
 * within 20 % of the list's delay, as `random` (any 32 bits) says. RETRY_NEVER when the list is used
 * up.
 */
int64_t retry_delay_ms(const struct sink_tuning *tuning, uint32_t attempts, uint32_t random);

#endif
