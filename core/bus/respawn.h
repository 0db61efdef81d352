/*
 * How long to wait before a host is started, or a sink opened, once more. Pure.
 *
 * A host that dies while it works is started again at once the first time: most likely one event
 * did it, and the others should not wait. Everything that fails at the start, or again without a
 * delivery settled in between, waits 1 s, doubling to 5 min.
 */
#ifndef AFFN_BUS_RESPAWN_H
#define AFFN_BUS_RESPAWN_H

#include <stdbool.h>
#include <stdint.h>

/* failures: how many in a row, this one included, so 1 or more. Returns milliseconds. */
int64_t respawn_delay_ms(uint32_t failures, bool was_open);

#endif
