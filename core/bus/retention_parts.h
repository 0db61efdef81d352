/*
 * What the files of retention share: its state, and the parts that they give one another. retention.c
 * leads it from stage to stage and prunes what is old, retention_room.c makes room.
 *
 *     resting ─► pass ─► refused ─► keys ───────────────────────────────► giving back ─► resting
 *        │                                                                     ▲
 *        └─ over journal_max ─► settled ─► refused ─► keys ─► dead ─► expiry ──┤ below 90 % of it
 *                                  ▲                                    │      │ or nothing is left
 *                                  └────────────────────────────────────┘──────┘
 */
#ifndef AFFN_BUS_RETENTION_PARTS_H
#define AFFN_BUS_RETENTION_PARTS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/limits.h"
#include "core/bus/believed.h"
#include "core/journal/retention.h"

struct bus;
struct error;

enum retention_stage {
    RETENTION_RESTING,
    RETENTION_PASS,
    RETENTION_PASS_REFUSED,
    RETENTION_PASS_KEYS,
    RETENTION_ROOM_SETTLED,
    RETENTION_ROOM_REFUSED,
    RETENTION_ROOM_KEYS,
    RETENTION_ROOM_DEAD,
    RETENTION_ROOM_EXPIRY,
    RETENTION_HANDING_BACK, /* a sink that was at rest goes on */
    RETENTION_GIVING_BACK,
};

struct retention {
    struct event *timer;
    bool is_due; /* the timer has fired */
    enum retention_stage stage;
    struct believed clock;
    struct journal_room room; /* as it was seen last */
    int64_t next_pass_mono_ms;
    int64_t said_mono_ms; /* when the log was told of room, or of what failed; 0: not yet */
    char complaint[TEXT_BYTES_MAX];

    struct prune prune;
    int passes;             /* since one that began at the oldest */
    int64_t kept_seq;       /* how far the last pass came */
    int64_t kept_latest_ms; /* and the latest time up to there */
    struct key_place kept_key;
    int64_t kept_key_latest_ms;

    /* Making room. */
    bool is_full;                    /* said in the log */
    bool has_nothing;                /* is left to give up, at this limit; said in the log */
    int64_t limit_bytes;             /* `journal_max`, when these two were said */
    int64_t gained;                  /* events pruned or expired since it began with settled ones */
    char sink[NAME_BYTES_MAX];       /* whose events expire; "" for none */
    bool rests;                      /* it is at rest, for us */
    enum retention_stage next_stage; /* when it goes on */
    int expiry_steps;
    struct expiry expiry;   /* of this sink, since the log was told */
    int64_t room_after_seq; /* where to look for what can be pruned now */
};

/* ---- retention.c ---- */

/* Whether the log may be told something of room again, now. */
bool retention_may_say(struct retention *retention);

/* Work at the journal in one transaction. 1: there is more, 0: there is not; -1 with the error. */
typedef int retention_work(struct bus *bus, struct retention *retention, struct error *error);
int retention_in_transaction(struct bus *bus, retention_work *work, struct error *error);

/* A step of retention->prune, likewise, of what the stage prunes. */
int retention_prune(struct bus *bus, struct error *error);

/* How much it has pruned, of everything. */
int64_t retention_pruned(const struct retention *retention);

/* ---- retention_room.c ---- */

/* Whether the journal, as it was seen last, takes more than so much of `journal_max`. */
bool retention_is_over(const struct bus *bus, int64_t per_cent);

/* Room is made from the oldest event on. */
void retention_begin_room(struct bus *bus, struct retention *retention);

/* A step at any of the stages of making room. */
int retention_make_room(struct bus *bus, struct retention *retention, struct error *error);

/* Lets the sink go on whose events expired; the stage stays until that was possible. */
void retention_hand_back(struct bus *bus, struct retention *retention);

#endif
