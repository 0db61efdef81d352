/*
 * What may go to one sink now: a bounded window of events, oldest first, and the rules of order.
 * Pure: no I/O, no clock; the sink (sink.c) brings events from the journal and takes batches out.
 *
 *     journal ──add──► ready ──take──► in flight ──settle──► gone
 *                        ▲                 │
 *                        └──── put_back ───┘  (not taken by the plugin, or the host died)
 *
 * An event of an affiliate that has an earlier one in another batch or waiting is never taken. When
 * a host dies, what it had in flight goes out alone, oldest first, before anything else. Whoever
 * takes may wish for certain events, see gate.h.
 */
#ifndef AFFN_BUS_SCHEDULE_H
#define AFFN_BUS_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/limits.h"
#include "core/journal/journal.h"

enum slot_state {
    SLOT_READY,
    SLOT_IN_FLIGHT,
    SLOT_SETTLING, /* its outcome is known and not committed yet */
};

/* One event in the window. Slots are listed by seq. */
struct slot {
    struct journal_event event;
    enum slot_state state;
    uint32_t batch; /* while in flight; the last one it was in, or 0 */
    bool singly;    /* in a batch of its own; others may be in flight */
    bool unsaved;   /* its waiting row is to be written in the next transaction */
    bool put_aside; /* and then it leaves the window */
    struct slot *before;
    struct slot *after;
};

struct schedule {
    struct slot *first;
    struct slot *last;
    uint32_t count;
    uint32_t in_flight; /* events */
    uint32_t settling;
    uint32_t alone;      /* events that must go alone */
    uint32_t blocked;    /* events that the last take passed over because of their affiliate */
    uint32_t batches;    /* in flight */
    uint32_t last_batch; /* the number given last */

    /* The rules, set once the sink's tuning is known. */
    uint32_t batches_max;
    uint32_t batch_events_max;
    bool by_affiliate; /* keep each affiliate's events in order */
    bool strictly;     /* nothing overtakes anything: wishes are not heard */
};

/* Which events a batch is to have; zeroed: any. */
struct schedule_wish {
    int64_t only;    /* the seq of the one event; 0: any */
    int64_t without; /* the seq of one that stays behind; 0: none */
    int64_t after;   /* a seq: no event up to it; 0: any */
    bool fresh;      /* events that never went out before */
    bool single;     /* one event, not several */
};

void schedule_init(struct schedule *schedule);
void schedule_finish(struct schedule *schedule);

/* How many more events fit into the window. */
uint32_t schedule_room(const struct schedule *schedule);

/* Adds an event from the journal, whose memory passes to the schedule. */
void schedule_add(struct schedule *schedule, const struct journal_event *event);

/* The slot of an event; NULL when it is not in the window. */
struct slot *schedule_find(const struct schedule *schedule, int64_t seq);

/*
 * Takes the next batch: marks its events in flight under a new number and writes them to slots
 * (room for BATCH_EVENTS_MAX), oldest first. Returns how many; 0 when nothing may go now.
 */
uint32_t schedule_take(struct schedule *schedule, const struct schedule_wish *wish,
                       struct slot **slots);

/* Whether an event beside this one could go, or is under way: for a comparison. */
bool schedule_has_other(const struct schedule *schedule, const struct slot *slot);

/*
 * The events of a batch in flight, oldest first. Returns how many; 0 when there is no such batch.
 */
uint32_t schedule_batch(const struct schedule *schedule, uint32_t batch, struct slot **slots);

/* The batch has its outcome: another may take its place. Its events were settled or put back. */
void schedule_batch_done(struct schedule *schedule);

/* An event has its outcome, which is to be committed. */
void schedule_settling(struct schedule *schedule, struct slot *slot);

/* An event in flight goes back: it was not attempted, or nobody knows its fate. */
void schedule_put_back(struct schedule *schedule, struct slot *slot);

/* An event in the window goes alone from now on, before all others. */
void schedule_isolate(struct schedule *schedule, struct slot *slot);

/* The event leaves the window: settled, or put aside in the journal. */
void schedule_remove(struct schedule *schedule, struct slot *slot);

/*
 * Whether blocked events fill so much of the window that they should wait in the journal instead.
 */
bool schedule_crowded(const struct schedule *schedule);

/* Whether an earlier event of this slot's affiliate is in the window. */
bool schedule_is_behind(const struct schedule *schedule, const struct slot *slot);

/* An event of this affiliate waits in the journal: later ones in the window stay behind it. */
void schedule_block(struct schedule *schedule, int64_t affiliate, int64_t seq);

/* Up to this seq, nothing of the affiliate waits in the journal: those in the window may go. */
void schedule_unblock(struct schedule *schedule, int64_t affiliate, int64_t until_seq);

/*
 * Where the cursor stands once everything that is settling or unsaved is committed: all events up
 * to it are settled, waiting, or none of this sink's. `scanned` is how far the journal was read
 * into the window.
 */
int64_t schedule_cursor(const struct schedule *schedule, int64_t scanned);

#endif
