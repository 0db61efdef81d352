/*
 * The journal: one SQLite file that holds every accepted event, who the affiliates are, how far
 * each sink has come, and what became of each delivery. What is committed here survives a crash;
 * nothing is "accepted" or "delivered" before it is.
 *
 * Only the bus calls it. Every call but open and close works inside journal_begin … journal_commit
 * when it writes. Functions return 0 or more when they could, and -1 with the error when they could
 * not (disk full, I/O error, another tool's lock); after a -1 inside a transaction, call
 * journal_rollback.
 *
 * A delivery is in exactly one place: above its sink's cursor without a row (pending), in `waiting`
 * (pending too, but passed by the cursor), or in `settled`.
 */
#ifndef AFFN_JOURNAL_JOURNAL_H
#define AFFN_JOURNAL_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/limits.h"
#include "core/event/event.h"

struct error;
struct journal;

/* Opens or makes the file (mode 0600) and brings its schema up to date. NULL with the error. */
struct journal *journal_open(const char *path, struct error *error);
void journal_close(struct journal *journal);

int journal_begin(struct journal *journal, struct error *error);
int journal_commit(struct journal *journal, struct error *error);
void journal_rollback(struct journal *journal);

/* Writes a page as it is, in a transaction of its own: -1 when nothing can be written now. */
int journal_try(struct journal *journal, struct error *error);

/*
 * Once a second: gives back the memory of the cache after a second in which nothing was written.
 */
void journal_rest(struct journal *journal);

/* The newest committed or just appended event; 0 when there was none ever. */
int64_t journal_last_seq(const struct journal *journal);

/* ---- Events in ---- */

/* Who an affiliate is, as the events so far tell it. */
struct affiliate {
    int64_t number;   /* the journal's own; orders events of one affiliate; 0: it is not known */
    int64_t last_seq; /* its newest event */
    char derived_id[AFFILIATE_ID_SIZE]; /* that its e-mail key gives; also of one not known */
    char affiliate_id[AFFILIATE_ID_SIZE];
    char email[EMAIL_BYTES_MAX + 1];
    char deep_link[DEEP_LINK_BYTES_MAX + 1];
    bool active;
};

/* 1 and the affiliate, or 0 when the e-mail key is not known; then number and derived_id are set. */
int journal_affiliate(struct journal *journal, const char *email_key, struct affiliate *affiliate,
                      struct error *error);

/* The newest event of an affiliate: 1, to be finished; 0 when there is none, or it was pruned. */
struct journal_event;
int journal_newest_of(struct journal *journal, const char *email_key, struct journal_event *event,
                      struct error *error);

/* What an event's arrival meant. */
struct arrival {
    int64_t seq;
    bool is_new;             /* false: known already, nothing was written */
    bool id_has_other_email; /* seen for the first time: this ID belongs to another e-mail too */
    bool email_has_other_id; /* seen for the first time: this e-mail had another ID before */
    char other_email[EMAIL_BYTES_MAX + 1]; /* with id_has_other_email */
    char other_id[AFFILIATE_ID_SIZE];      /* with email_has_other_id */
};

/*
 * Appends an event unless its ID is known, and updates its affiliate; `before` is what
 * journal_affiliate has just said of it. The ID is that of the event's bytes, which name the
 * affiliate: where that is not known, no event of it is looked for.
 */
int journal_append(struct journal *journal, const struct event *event, const char *email_key,
                   const struct affiliate *before, const char *id, const char *canonical,
                   size_t canonical_bytes, enum event_via via, int64_t now_unix_ms,
                   struct arrival *arrival, struct error *error);

/*
 * Keeps an input that was refused, REFUSED_BYTES_MAX of it at most; the oldest goes when there are
 * REFUSED_INPUTS_MAX. `key` is what its sender calls it, "" for nothing: the same bytes by the same
 * key take the place of those that are kept. refused.h reads them.
 */
int journal_refuse(struct journal *journal, const char *source, const char *key,
                   const struct refusal *refusal, const char *raw, size_t raw_bytes,
                   int64_t now_unix_ms, struct error *error);

/* How many events of a type were ever taken in. */
int64_t journal_accepted(const struct journal *journal, enum event_type type);

/* How many refused inputs are kept. */
int64_t journal_refused_count(const struct journal *journal);

/* ---- Sinks ---- */

struct journal_sink {
    int64_t number; /* the journal's own */
    uint32_t event_mask;
    int64_t cursor; /* every event up to here has a row or is none of this sink's */
    int64_t delivered;
    int64_t dead;
    int64_t expired;
    int64_t skipped;
    int64_t skipped_seq;     /* up to here, what was pending and had no row was skipped; 0: never */
    bool held;               /* by an operator's hand */
    int64_t alerted_unix_ms; /* since when a notice says that it is not open; 0: none does */
    int64_t waiting;         /* rows */
    int64_t pending;         /* by the mask it was opened with */
    char last_error[TEXT_BYTES_MAX]; /* of the last attempt that failed; "" for none */
    char last_remedy[TEXT_BYTES_MAX];
    int64_t last_error_unix_ms;
};

/* Which event is the first of a sink that is new. */
enum sink_start_kind {
    START_NOW,       /* the next to come in */
    START_BEGINNING, /* the oldest that the journal has */
    START_RECEIVED,  /* the first that came in at this time or later; a time to come is now */
};
struct sink_start_rule {
    enum sink_start_kind kind;
    int64_t unix_ms; /* with START_RECEIVED */
};

/*
 * Finds the sink or makes it, with its cursor before the first event by the rule (NULL: START_NOW);
 * of a known sink the rule changes nothing. The mask (1u << event_type) says which events are its
 * own, and a changed mask recounts what is pending. In a transaction of its own.
 */
int journal_open_sink(struct journal *journal, const char *name, uint32_t event_mask,
                      const struct sink_start_rule *start, struct journal_sink *sink,
                      struct error *error);

/*
 * Gives a sink another name and leaves it all that it has; before the new one is opened. 1 when it
 * was renamed; 0 when there is no old one, or the new one exists already, and then nothing is done.
 * In a transaction of its own.
 */
int journal_rename_sink(struct journal *journal, const char *old_name, const char *new_name,
                        struct error *error);

/*
 * Forgets a sink that is no longer configured: 1 when it is gone, 0 when something is pending at it,
 * and then nothing is done. In a transaction of its own.
 */
int journal_remove_sink(struct journal *journal, int64_t sink, struct error *error);

/* Since when a notice says that the sink is not open; 0: none does, or another said that it is. */
int journal_set_alerted(struct journal *journal, int64_t sink, int64_t unix_ms,
                        struct error *error);

/* Whether an operator holds the sink. */
int journal_hold_sink(struct journal *journal, int64_t sink, bool held, struct error *error);

/* The same figures as of now, for `status`. 0 when there is no such sink, 1 when there is. */
int journal_sink_status(struct journal *journal, const char *name, struct journal_sink *sink,
                        struct error *error);

struct journal_sink_name {
    char name[NAME_BYTES_MAX];
    int64_t number;
    int64_t pending;
};

/* All sinks that the journal knows, by number: also those no longer configured. Returns how many. */
int journal_sinks_all(const struct journal *journal, struct journal_sink_name *sinks, int max,
                      struct error *error);

/* The names of all sinks that the journal knows, removed ones too; NULL behind the last. */
const char *journal_sink_name(const struct journal *journal, size_t at);

/* ---- Deliveries ---- */

/* An event on its way to a sink. */
struct journal_event {
    int64_t seq;
    int64_t affiliate; /* its number */
    enum event_type type;
    int64_t received_unix_ms;
    char id[EVENT_ID_SIZE];
    char *canonical; /* to be freed; NUL-terminated */
    uint32_t canonical_bytes;
    uint32_t deaths;     /* host deaths while it was alone in flight */
    uint32_t attempts;   /* attempts whose outcome was seen */
    int64_t due_unix_ms; /* when it is tried again; 0: as soon as it may */
    bool alone;          /* a host died with it: it goes out alone, before any other */
    bool
        blocked; /* from journal_scan and _waiting_due: earlier events of its affiliate are waiting */
    bool waiting; /* it has a waiting row */
    bool replay;  /* it is sent again because an operator asked for it */
};
void journal_event_finish(struct journal_event *event);

/*
 * The next events behind `after`, oldest first, that this sink has neither settled nor waiting,
 * whatever their type; returns how many were written to events. *scanned is how far it has looked:
 * go on from there. At the end that is journal_last_seq, also when the newest events were erased;
 * after a failure it is `after`.
 */
int journal_scan(struct journal *journal, int64_t sink, int64_t after, struct journal_event *events,
                 int max, int64_t *scanned, struct error *error);

/*
 * Puts a delivery aside, or brings its row up to date (deaths, attempts, due_unix_ms, alone): it is
 * passed by the cursor and found again by the calls below.
 */
int journal_wait(struct journal *journal, int64_t sink, const struct journal_event *event,
                 struct error *error);

/*
 * The oldest waiting events of one affiliate, as far as the first that is not due yet: none when
 * that is the oldest. Returns how many.
 */
int journal_waiting_of(struct journal *journal, int64_t sink, int64_t affiliate,
                       int64_t now_unix_ms, struct journal_event *events, int max,
                       struct error *error);

/*
 * The oldest waiting event of each affiliate whose number is above `after`, by number, but for
 * those that are not due yet: at start. Looks at WAITING_HEADS_MAX affiliates at most, so it may
 * give fewer than `max` and still have more: *looked_at is the `after` to go on with, and INT64_MAX
 * at the end.
 */
int journal_waiting_heads(struct journal *journal, int64_t sink, int64_t after, int64_t now_unix_ms,
                          struct journal_event *events, int max, int64_t *looked_at,
                          struct error *error);

/*
 * The waiting events whose time has come (0 < due ≤ now), by (due, seq), behind
 * (after_due_unix_ms, after_seq). Those with `blocked` set have an earlier one of their affiliate
 * waiting: where order is kept, they come by journal_waiting_of when that one is through.
 */
int journal_waiting_due(struct journal *journal, int64_t sink, int64_t after_due_unix_ms,
                        int64_t after_seq, int64_t now_unix_ms, struct journal_event *events,
                        int max, struct error *error);

/* The earliest time after now at which a waiting event is due; 0 when there is none. */
int journal_next_due(struct journal *journal, int64_t sink, int64_t now_unix_ms,
                     int64_t *due_unix_ms, struct error *error);

/* The waiting events behind a seq, by seq, due or not: where order is the journal's. */
int journal_waiting_after(struct journal *journal, int64_t sink, int64_t after_seq,
                          struct journal_event *events, int max, struct error *error);

/* The waiting events with `alone` set and no due time, oldest first; `blocked` as above. */
int journal_waiting_alone(struct journal *journal, int64_t sink, struct journal_event *events,
                          int max, struct error *error);

enum settled_as {
    SETTLED_DELIVERED = 1,
    SETTLED_DEAD = 2,    /* a dead letter */
    SETTLED_EXPIRED = 3, /* too old to be of use */
    SETTLED_SKIPPED = 4, /* by an operator's hand */
    SETTLED_DROPPED = 5, /* was a dead letter; an operator dropped it, see replay.h */
};

struct settlement {
    enum settled_as as;
    int32_t verdict; /* AFFN_…; 0 when there was none (a host's death) */
    int32_t code;    /* the far side's number; 0 for none */
    uint32_t attempts;
    int64_t duration_ms;
    int64_t at_unix_ms;
    const char *what; /* what happened; "" for a plain success */
    const char *remedy;
};

/*
 * Moves a delivery to `settled` and keeps the sink's counts; of a dead letter also its last error.
 */
int journal_settle(struct journal *journal, int64_t sink, const struct journal_event *event,
                   const struct settlement *settlement, struct error *error);

/*
 * Records an attempt that did not deliver, `attempt->attempts` being its number (from 1), and keeps
 * it as the sink's last error. One that was not charged has the number of the next that is, which
 * takes its row.
 */
int journal_attempt(struct journal *journal, int64_t sink, const struct journal_event *event,
                    const struct settlement *attempt, struct error *error);

/* A recorded attempt. */
struct attempt {
    uint32_t attempt; /* its number */
    uint32_t times;   /* how often it was made, not being charged for all but the last */
    int64_t at_unix_ms;
    int32_t verdict;
    int32_t code;
    int64_t duration_ms;
    char what[TEXT_BYTES_MAX];
    char remedy[TEXT_BYTES_MAX];
};

/* The recorded attempts of an event at one sink, oldest first; it has ATTEMPTS_MAX at most. */
int journal_attempts(struct journal *journal, int64_t sink, int64_t seq, struct attempt *attempts,
                     int max, struct error *error);

/*
 * Skips what is pending up to and with until_seq, by steps: each looks at no more than max_rows
 * events. The cursor moves on, and what waits is settled as skipped. 1 when there is more to do, 0
 * when all is skipped. Nothing of it may be in flight.
 */
int journal_skip(struct journal *journal, int64_t sink, int64_t until_seq, int64_t now_unix_ms,
                 int max_rows, struct error *error);

/*
 * How many events journal_skip would skip. 1 when that is not all: no more than SKIP_COUNT_MAX
 * events are looked at; 0 when it is.
 */
int journal_skippable(struct journal *journal, int64_t sink, int64_t until_seq, int64_t *count,
                      struct error *error);

/* Says how far this sink has come; see journal_sink.cursor. */
int journal_set_cursor(struct journal *journal, int64_t sink, int64_t cursor, struct error *error);

/* When the oldest pending event of this sink came in; 0 when nothing is pending. */
int journal_oldest_pending(struct journal *journal, int64_t sink, uint32_t event_mask,
                           int64_t *received_unix_ms, struct error *error);

/* ---- Looking things up ---- */

/* The last event that came in before this time; 0 when there is none. */
int journal_seq_received_at(struct journal *journal, int64_t unix_ms, int64_t *seq,
                            struct error *error);

/* 1 and the event by its ID with how it came (`via`), or 0. */
int journal_find(struct journal *journal, const char *id, struct journal_event *event,
                 enum event_via *via, struct error *error);

/*
 * The event that a sender's key was kept for: 1, to be given to journal_event_finish; 0 when there
 * is none, or it is no longer in the journal; -1.
 */
int journal_find_key(struct journal *journal, const char *key, struct journal_event *event,
                     struct error *error);

/* Keeps a sender's key for an event of this ID, instead of what it was kept for before. */
int journal_keep_key(struct journal *journal, const char *key, const char *id, int64_t now_unix_ms,
                     struct error *error);

/* Where an event is at one sink. */
enum delivery_state {
    DELIVERY_PENDING,
    DELIVERY_WAITING,
    DELIVERY_DELIVERED,
    DELIVERY_DEAD,
    DELIVERY_EXPIRED,
    DELIVERY_SKIPPED,
    DELIVERY_DROPPED,
    DELIVERY_NOT_SENT, /* older than the sink, or not one of its events */
};
const char *delivery_state_name(enum delivery_state state);

struct delivery {
    char sink[NAME_BYTES_MAX];
    int64_t sink_number;
    enum delivery_state state;
    int32_t verdict;
    int32_t code;
    uint32_t attempts;
    uint32_t deaths;
    int64_t duration_ms;
    int64_t at_unix_ms; /* when it was settled */
    char what[TEXT_BYTES_MAX];
    char remedy[TEXT_BYTES_MAX];
    int64_t due_unix_ms; /* of a waiting one; 0: as soon as it may */
    bool replay;         /* a waiting one that is sent again because an operator asked */

    /* The oldest waiting event of its affiliate, when that is another: where order is kept, a
     * pending or waiting one goes after it. */
    char behind[EVENT_ID_SIZE]; /* "" for none */
    uint32_t behind_attempts;
    int64_t behind_due_unix_ms;
};

/* What became of an event at each sink the journal knows, by the sinks' names. Returns how many. */
int journal_trace(struct journal *journal, const struct journal_event *event,
                  struct delivery *deliveries, int max, struct error *error);

/* ---- Lists, page by page ---- */

struct listed_event {
    struct journal_event event; /* to be finished */
    enum event_via via;
};

/*
 * Events that came in before the one with the seq `before`, newest first: of one affiliate unless
 * email_key is NULL, of one type unless that is 0. Returns how many were written. No more than
 * LIST_SCAN_MAX events are looked at, so there may be fewer than `max`, even none, and still more to
 * come: *next is the `before` to go on with, and 0 at the end.
 */
int journal_events_before(struct journal *journal, int64_t before, const char *email_key,
                          enum event_type type, struct listed_event *events, int max, int64_t *next,
                          struct error *error);

struct dead_letter {
    struct journal_event event; /* to be finished */
    struct delivery delivery;
};

/* A place in the list of dead letters. */
struct dead_place {
    char sink[NAME_BYTES_MAX];
    int64_t seq;
};

/*
 * Dead letters behind `after`, by their sinks' names and newest first within one; of all sinks, also
 * removed ones, unless `sink` names one. An `after` with the name "" is the beginning, and with the
 * seq 0 the end of a sink. Returns how many were written; *next is the `after` to go on with, its
 * name "" at the end.
 */
int journal_dead_after(struct journal *journal, const struct dead_place *after, const char *sink,
                       struct dead_letter *letters, int max, struct dead_place *next,
                       struct error *error);

#endif
