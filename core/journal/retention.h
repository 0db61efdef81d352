/*
 * Taking out of the journal what nobody needs any more, by steps, each in the transaction that is
 * open. An event goes as a whole, with its rows at every sink there ever was, and never while it is
 * pending at one. Which are old enough is the caller's to say; it is the bus, beside its other work.
 */
#ifndef AFFN_JOURNAL_RETENTION_H
#define AFFN_JOURNAL_RETENTION_H

#include "core/base/limits.h"
#include "core/journal/journal.h"

#define RETAIN_FOR_EVER INT64_MAX

/* A place in the keys, by time. */
struct key_place {
    int64_t at_unix_ms;
    char key[EVENT_KEY_BYTES_MAX + 1];
};

/* One pass from the oldest on: zeroed, but for the first three. */
struct prune {
    int64_t now_unix_ms;
    int64_t retain_ms;      /* how long ago it came in, at least; 0: whenever that was */
    int64_t retain_dead_ms; /* the same for one that is a dead letter somewhere */
    int64_t looked_at;      /* a seq: how far it is */
    int64_t latest_unix_ms; /* the latest time up to there that has been */
    int64_t refused_looked_at;
    int64_t refused_latest_unix_ms;
    struct key_place keys_looked_at;
    int64_t keys_latest_unix_ms;
    int64_t events;  /* that are gone */
    int64_t refused; /* likewise */
    int64_t keys;    /* likewise */
};

/*
 * One step. 1 when there is more, 0 at the end: of the journal, or of what is old enough. Affiliates
 * stay. An event stays as long as an earlier one of its affiliate does, for it tells whether that
 * one is superseded.
 */
int journal_prune(struct journal *journal, struct prune *prune, int max_rows, struct error *error);

/* The same for inputs that were refused. */
int journal_prune_refused(struct journal *journal, struct prune *prune, int max_rows,
                          struct error *error);

/*
 * The same for what senders call events: a key goes when its event is gone. One that is old enough
 * and names an event that is kept stays as long as that.
 */
int journal_prune_keys(struct journal *journal, struct prune *prune, int max_rows,
                       struct error *error);

/* What the journal takes of its file, in bytes; and pages of it that are free. */
struct journal_room {
    int64_t used_bytes;
    int64_t free_pages;
};
int journal_room(struct journal *journal, struct journal_room *room, struct error *error);

/*
 * What would become free, about, if nothing were pending any more: so that nothing is given up in
 * vain. By the size of the newest events.
 */
int journal_pending_bytes(struct journal *journal, int64_t *bytes, struct error *error);

/* Gives some free pages back to the file system. */
int journal_give_back(struct journal *journal, struct error *error);

/* A sink's oldest pending events are given up: zeroed. */
struct expiry {
    int64_t events;    /* that expired */
    int64_t first_seq; /* the oldest of them; 0: none did */
};

/*
 * One step of max_rows events at most. 1 when there may be more, 0 when nothing is pending any more.
 * The sink may have nothing in its window.
 */
int journal_expire(struct journal *journal, int64_t sink, int64_t now_unix_ms, const char *what,
                   const char *remedy, struct expiry *expiry, int max_rows, struct error *error);

#endif
