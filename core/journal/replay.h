/*
 * Sending again what a sink has behind it, and dropping dead letters: by an operator's hand, by
 * steps, for it may be a million events. Called by the bus between two turns of its loop.
 *
 * A replay goes through the events from the oldest on. What it sends again loses its settled row
 * and waits, as if it had never been tried, marked as a replay.
 */
#ifndef AFFN_JOURNAL_REPLAY_H
#define AFFN_JOURNAL_REPLAY_H

#include "core/base/limits.h"
#include "core/journal/journal.h"

/* Which events. */
struct replay_filter {
    int64_t source; /* the sink by whose record they are chosen */
    int64_t target; /* the one that gets them; the same, as a rule */
    int64_t after_seq;
    int64_t until_seq;
    int64_t affiliate;    /* of this one only; 0: of all */
    bool only_dead;       /* dead letters */
    bool whatever;        /* what was never sent there, too: for one event that was named */
    bool with_superseded; /* what a later event of its affiliate has overtaken, too */
};

/* An event that is left out, for a later one of its affiliate was delivered to the target. */
struct superseded_event {
    char id[EVENT_ID_SIZE];
    char email[EMAIL_BYTES_MAX + 1]; /* "" when another hand has spoilt the row */
    char by[EVENT_ID_SIZE];
};

/* One run over the events: zeroed, but for the filter and looked_at = filter.after_seq. */
struct replay {
    struct replay_filter filter;
    int64_t looked_at;  /* how far it is */
    int64_t events;     /* that are sent again, or would be; or dropped */
    int64_t superseded; /* whether they are among `events` or not */
    int64_t pending;    /* at the target already */
    int64_t not_taken;  /* the target takes no events of their type */
    struct superseded_event listed[REPLAY_LISTED_MAX]; /* the first of the superseded */
    int listed_count;

    /* What is known of one affiliate: its newest event that was delivered to the target. */
    int64_t affiliate;
    int64_t delivered_seq; /* 0: none */
    int64_t searched_seq;  /* and nothing newer than this one was */
};

/*
 * One step: counts, or with put_back sends again, in the transaction that is open. Looks at no more
 * than max_rows events, but for one affiliate's whole list. 1 when there is more, 0 at the end. The
 * target may have nothing in its window while events are put back.
 */
int journal_replay(struct journal *journal, struct replay *replay, bool put_back, int max_rows,
                   struct error *error);

/*
 * The same for dropping dead letters: they stay in the trace, and are none any more. The filter's
 * target is its source.
 */
int journal_drop(struct journal *journal, struct replay *replay, bool drop, int max_rows,
                 struct error *error);

#endif
