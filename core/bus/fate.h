/*
 * What becomes of one event after an attempt: the verdict on it, and how often it may still be
 * tried. What becomes of its sink is gate.h's to say. Pure.
 */
#ifndef AFFN_BUS_FATE_H
#define AFFN_BUS_FATE_H

#include <stdbool.h>
#include <stdint.h>

enum fate {
    FATE_DELIVERED = 1,
    FATE_DEAD,   /* a dead letter */
    FATE_LATER,  /* charged; again when its delay is over */
    FATE_AGAIN,  /* nothing charged: pending again */
    FATE_SINGLY, /* the same, and by itself: the batch was refused, not this event */
};

struct fate_attempt {
    int32_t verdict;   /* AFFN_…, one of the five */
    bool own;          /* of this event, and not of a batch of several */
    bool got_through;  /* another event of the same batch was delivered */
    uint32_t attempts; /* that were charged, this one not yet */
    uint32_t retries;  /* in the sink's `retry` list */
};

/*
 * With an empty list the one attempt was all: whatever is not delivered is a dead letter. MISSET of
 * one event beside another that got through is that event's own fault.
 */
enum fate fate_of(const struct fate_attempt *attempt);

#endif
