/*
 * What the files of the model share: what it was told and what it has read. Nothing here is the
 * bus's; its own reading of what the documents promise. See model.h.
 *
 *     model.c            the rules by name, who is who, time and disk
 *     model_bus.c        what happened: starts, ends, reloads, what senders were answered
 *     model_hosts.c      … batches that came back or did not
 *     model_operators.c  … commands
 *     model_journal.c    the journal's file
 *     model_moves.c      how an event may go from one place to another in it
 *     model_sent.c       what may go out: order, window, attempts
 *     model_hold.c       what may go out: holds, rates
 *     model_rules.c      what must hold between two steps
 */
#ifndef AFFN_TESTS_SIM_MODEL_STATE_H
#define AFFN_TESTS_SIM_MODEL_STATE_H

#include <sqlite3.h>

#include "tests/sim/model.h"

#define MODEL_ID_BYTES   16
#define MODEL_NAME_BYTES 64
#define MODEL_SINKS_MAX  64

/* Verdicts, as the plugin's header numbers them. */
enum { DELIVERED = 1, RETRY, REFUSED, DOWN, MISSET };

enum rule {
    RULE_ACCEPTED,
    RULE_AFFILIATE,
    RULE_START,
    RULE_ONE_STATE,
    RULE_LOST,
    RULE_STAYS,
    RULE_DELIVERED,
    RULE_DEAD,
    RULE_EXPIRED,
    RULE_SKIPPED,
    RULE_SKIPPED_ALL,
    RULE_SUPERSEDED,
    RULE_PRUNED,
    RULE_CHARGED,
    RULE_RECORDED,
    RULE_COUNTS,
    RULE_PENDING,
    RULE_OWED,
    RULE_ONCE,
    RULE_WINDOW,
    RULE_BATCHES,
    RULE_BATCH_SIZE,
    RULE_ORDER_AFFILIATE,
    RULE_ORDER_JOURNAL,
    RULE_ATTEMPT,
    RULE_RETRY_TIME,
    RULE_STALE,
    RULE_ALONE,
    RULE_SINGLY,
    RULE_DIGEST,
    RULE_RATE,
    RULE_HELD_BY_HAND,
    RULE_HELD,
    RULE_PROBE,
    RULE_COMPARISON,
    RULE_HAND_KEPT,
    RULE_STARVED,
    RULE_OUTCOME,
    RULE_END,
    RULE_COUNT,
};

/* Where an event is at a sink, as the file says. */
enum place {
    PLACE_UNKNOWN, /* not looked at yet */
    PLACE_OUT,     /* not owed: of another type, or older than the sink */
    PLACE_PENDING, /* above the cursor, and no row */
    PLACE_WAITING,
    PLACE_SETTLED,
    PLACE_SKIPPED, /* below the cursor, and no row, by a skip */
};

enum settled_as { AS_NOTHING, AS_DELIVERED, AS_DEAD, AS_EXPIRED, AS_SKIPPED, AS_DROPPED };

struct known_event {
    unsigned char id[MODEL_ID_BYTES];
    int64_t seq;
    int64_t affiliate; /* a number of the file's */
    uint64_t email;    /* a hash; 0 until it is told */
    int64_t occurred_unix_ms;
    int64_t received_unix_ms;
    int64_t seen_mono_ms; /* when it was first read in the file */
    int type;             /* 1 created, 2 deactivated */
    bool gone;            /* it was pruned; where it was, it stays */
};

/* A row of the file, of one event at one sink. */
struct row {
    bool waits;
    bool alone;
    bool replay;
    int64_t due_unix_ms;
    enum settled_as as;
    int32_t verdict;
    uint32_t attempts;
    uint32_t deaths;
};

struct delivery {
    enum place place;
    struct row row;

    /* What was told since it was last put back by a replay. */
    uint32_t batch;        /* in flight in this one; 0: in none */
    bool sent;             /* by this bus */
    bool delivered;        /* a host said so */
    bool may_die;          /* there is a reason for a dead letter */
    uint32_t charged;      /* attempts */
    uint32_t deaths;       /* of a host, with this event alone in flight */
    bool suspect;          /* it was in flight when a host died */
    bool singly;           /* a batch of several was refused */
    int64_t retry_mono_ms; /* it may go again from one of these on; 0: at any time */
    int64_t retry_unix_ms;
    int64_t retry_latest_mono_ms; /* and has to, with `order = journal`, after this one */
};

enum hold_state { HOLD_NONE, HOLD_TIMED, HOLD_PROBING, HOLD_COMPARING };

struct hold {
    enum hold_state state;
    bool by_hand;
    int64_t until_mono_ms; /* while comparing: until when the sink is held, if it cannot compare */
    uint32_t own;          /* holds in a row whose length nobody named */
    int64_t suspect_seq;
    uint32_t accused; /* the batch that got MISSET, while comparing */
    uint32_t batch;
};

/* Tokens, in 1/3,600,000 of a batch: that many come in a millisecond as the rate is an hour. */
struct tokens {
    int64_t units;
    int64_t as_of_mono_ms;
};

struct figures {
    int64_t cursor;
    int64_t mask;
    int64_t done[2];
    int64_t waiting_outside;
    int64_t delivered, dead, expired, skipped;
    int64_t skipped_after, skipped_seq;
    int64_t held;
};

struct batch {
    uint32_t number; /* 0: a free place */
    uint32_t count;
    int64_t *seqs; /* in the order of the frame */
};

struct model_sink {
    char name[MODEL_NAME_BYTES];
    int64_t number; /* the file's; 0: not in the file */
    bool present;   /* its row was found when the file was last read */
    bool configured;
    bool changed;  /* its row has changed since its deliveries were last read */
    bool newly;    /* its row is seen for the first time */
    bool grown;    /* it takes more types than when it was skipped: those are counted roughly */
    bool remasked; /* its types have changed since the file was last read */
    struct model_sink_config config; /* without the names, which are the callers' */
    char was[MODEL_NAME_BYTES];
    struct figures figures;
    struct delivery *deliveries; /* one for each known event */
    size_t delivery_capacity;
    int64_t bare_skips; /* events in PLACE_SKIPPED */

    bool open; /* its host takes batches, and is not about to end */
    bool held_by_hand;
    struct hold hold;
    struct tokens tokens;
    struct batch *batches;
    size_t batch_capacity;
    uint32_t batch_count;
    uint32_t in_flight;

    uint32_t asked; /* commands that have no answer yet */
    /* What they may do to the journal. */
    bool skips, replays, drops, superseded_too;
    int64_t asked_at_seq;       /* the last event when the last of them was asked */
    int64_t idle_since_mono_ms; /* something may go, and nothing is in flight; 0: it is not so */
};

struct model {
    char *path;
    struct model_now now;
    int64_t unix_ever_ms; /* the latest that it ever stood */
    int64_t unix_max_ms;  /* the latest that the civil clock stood since the file was last read */
    bool running;
    bool stopping;
    int reloading;    /* asked for and not answered */
    bool disk_failed; /* since this bus started: what was not committed may be in the file */
    bool disk_broken;
    int64_t disk_well_mono_ms; /* from then on, what failed has been written */

    struct known_event *events; /* by seq */
    size_t event_count;
    size_t event_capacity;
    int64_t alive; /* of them, those that are in the file */
    struct model_sink sinks[MODEL_SINKS_MAX];
    size_t sink_count;

    sqlite3 *database;
    sqlite3_stmt *statements[8];
    int64_t version; /* of the file, as last read */
    uint32_t reads;
    int64_t accepted[2];
    struct row *rows; /* room for a reading */
    size_t row_capacity;

    char broken[512]; /* the first rule that is broken, or "" */
    struct model_count counts[RULE_COUNT];
};

/* The rule is looked at. True when it holds; else says so, unless another is broken already. */
bool model_rule(struct model *model, enum rule rule, bool holds, const struct model_sink *sink,
                const struct known_event *event, const char *format, ...)
    __attribute__((format(printf, 6, 7)));

/* ---- Who ---- */

struct model_sink *model_sink_named(struct model *model, const char *name);
struct model_sink *model_sink_numbered(struct model *model, int64_t number);

/* -1 when there is none. */
int64_t model_event_by_id(const struct model *model, const char *id);
int64_t model_event_by_seq(const struct model *model, int64_t seq);

struct batch *model_batch(struct model_sink *sink, uint32_t number);

/* Nothing is in flight any more. */
void model_drop_batches(struct model_sink *sink);

/* Whether it is still to be sent. */
bool model_is_owed(const struct delivery *delivery);
bool model_is_ordered(const struct model_sink *sink);

/* It may go at any time, as far as its last attempt says. */
void model_forget_delay(struct delivery *delivery);

/* What was told of a delivery is no more. */
void model_forget_delivery(struct delivery *delivery);

/* ---- model_journal.c ---- */

/* Reads the file, when it has changed. */
void model_read(struct model *model);
void model_close(struct model *model);

/* ---- model_moves.c ---- */

/* Compares a row as it was with what it is now, and takes it over. */
void model_move(struct model *model, struct model_sink *sink, const struct known_event *event,
                struct delivery *delivery, const struct row *row);

/* ---- model_hold.c ---- */

/* What came back: of several verdicts the one that says most about the sink. */
struct heard {
    uint32_t batch;
    int32_t verdict;
    int32_t code;
    int64_t retry_after_ms;
    int64_t seq; /* of the one event of a batch; 0: there were several */
};
void model_hold_heard(struct model *model, struct model_sink *sink, const struct heard *heard);
void model_hold_lost(struct model *model, struct model_sink *sink);
void model_hold_sent(struct model *model, struct model_sink *sink, uint32_t batch,
                     const struct known_event *first, uint32_t count);
void model_hold_settled(struct model_sink *sink, int64_t seq);
void model_hold_by_hand(struct model_sink *sink);
void model_hold_resume(struct model *model, struct model_sink *sink);

/* Whether a batch may go now, for all that holds and rates say. */
bool model_hold_lets_go(const struct model *model, const struct model_sink *sink);

void model_rate_reset(struct model *model, struct model_sink *sink);
void model_rate_sent(struct model *model, struct model_sink *sink);

/* ---- model_sent.c ---- */

/* An event of this sink that may go now; -1 for none. */
int64_t model_may_go(const struct model *model, const struct model_sink *sink);

#endif
