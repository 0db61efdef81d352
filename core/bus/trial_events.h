/*
 * The events of a trial: those that the operator gave, read and completed as the bus does it but
 * without a journal, or a sample. For a test they are marked: an ID that no real event can have.
 */
#ifndef AFFN_BUS_TRIAL_EVENTS_H
#define AFFN_BUS_TRIAL_EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/event/event.h"

struct trial_event {
    char id[EVENT_ID_SIZE]; /* "evt_test_" and 27 hex digits when marked */
    uint32_t canonical_bytes;
    char canonical[EVENT_CANONICAL_BYTES_MAX + 1];
};

struct trial_events {
    struct trial_event *items;
    size_t count;
};

/* One event: of a fixed moment, or of `now` when it is marked. */
void trial_events_sample(struct trial_events *events, bool marked, int64_t now_unix_ms);

/*
 * Reads JSON lines to the end of fd. -1 with the refusal of the first that is no event; its message
 * says which. To be finished in any case.
 */
int trial_events_read(struct trial_events *events, int fd, bool marked, int64_t now_unix_ms,
                      struct refusal *refusal);
void trial_events_finish(struct trial_events *events);

#endif
