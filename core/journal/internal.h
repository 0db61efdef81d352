/*
 * What the files of the journal share with each other and with nobody else: the open journal, and
 * the figures that are kept in memory during a transaction and written once, just before its
 * commit.
 */
#ifndef AFFN_JOURNAL_INTERNAL_H
#define AFFN_JOURNAL_INTERNAL_H

#include "core/journal/journal.h"
#include "core/journal/statements.h"

#define EVENT_TYPES 2 /* types are numbered from 1: the figures of a type stand at type - 1 */

/* What is kept of the whole journal. */
struct tally {
    int64_t last_seq;
    int64_t accepted[EVENT_TYPES]; /* events ever journaled */
    int64_t refused;               /* rows there are */
};

/* What is kept of one sink. */
struct sink_tally {
    int64_t cursor;
    uint32_t mask;
    int64_t done[EVENT_TYPES]; /* of `accepted`, those that are not pending; see README.md */
    int64_t waiting;           /* rows; counted when the journal is opened, and not in the file */
    int64_t waiting_outside;   /* waiting events of types that the mask does not take any more */
    int64_t delivered;
    int64_t dead;
    int64_t expired;
    int64_t skipped;
    int64_t skipped_after; /* what is above this one … */
    int64_t skipped_seq;   /* … and not above that one, and has no row, was skipped */
    bool held;
    int64_t alerted_unix_ms;
    char last_error[TEXT_BYTES_MAX];
    char last_remedy[TEXT_BYTES_MAX];
    int64_t last_error_unix_ms;
};

struct sink {
    int64_t number;
    char name[NAME_BYTES_MAX];
    bool changed; /* `now` is not written yet */
    struct sink_tally now;
    struct sink_tally committed;
};

struct journal {
    char *path;
    int seen_changes; /* rows that were written up to the last journal_rest */
    bool is_rested;   /* the cache was given back since */
    sqlite3 *database;
    sqlite3_stmt *statements[STATEMENT_COUNT];
    bool in_transaction;
    bool failed; /* something in this transaction failed: it can only be rolled back */
    struct tally now;
    struct tally committed;
    struct sink *sinks; /* every sink that the file knows */
    size_t sink_count;
};

/*
 * Writes what SQLite says, with the place and the remedy; marks the transaction failed. Gives -1.
 */
int journal_fail(struct journal *journal, struct error *error);

/* The same with a sentence of our own. */
int journal_fail_because(struct journal *journal, struct error *error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* For functions that write: a bug outside of a transaction, -1 with the error in a failed one. */
int journal_may_write(struct journal *journal, struct error *error);

/* schema.c: settings of the connection, then the migrations. -1 with the error. */
int schema_bring_up(struct journal *journal, struct error *error);

/* schema.c: writes a page without changing anything. -1 with the error. */
int schema_touch(struct journal *journal, struct error *error);

/* schema.c: the SQL that brings a file from this version to the next; NULL from the newest. */
const char *schema_migration(int from);

/* sinks.c: reads all rows; writes those that changed; takes over or drops what is in memory. */
int sinks_load(struct journal *journal, struct error *error);
int sinks_write(struct journal *journal, struct error *error);
void sinks_committed(struct journal *journal);
void sinks_rolled_back(struct journal *journal);

/* sinks.c: by its number; an unknown one is a bug. */
struct sink *sink_by_number(struct journal *journal, int64_t number);

/* sinks.c: the first by name that stands at or behind this name; NULL when none does. */
const struct sink *sink_from_name(const struct journal *journal, const char *name);
bool sink_takes(const struct sink *sink, enum event_type type);
int64_t sink_pending(const struct journal *journal, const struct sink *sink);

/* events.c: an ID as 16 bytes; false when it does not have the form of one. */
#define EVENT_ID_BYTES 16
bool journal_id_pack(const char *id, unsigned char bytes[EVENT_ID_BYTES]);

/* events.c: an ID from a column, unless there is none. */
void journal_id_read(sqlite3_stmt *statement, int column, char id[EVENT_ID_SIZE]);

/* events.c: the six columns that every statement about events begins with. */
void journal_event_read(sqlite3_stmt *statement, struct journal_event *event);

/*
 * events.c: the one event that a bound statement looks up: 1, or 0, or -1 with the error. *behind is
 * the number in the column behind the event's, unless NULL.
 */
int journal_event_step(struct journal *journal, sqlite3_stmt *statement,
                       struct journal_event *event, int64_t *behind, struct error *error);

/* The same by a seq; *earlier is the event before it of its affiliate, unless NULL. */
int journal_event_at(struct journal *journal, int64_t seq, struct journal_event *event,
                     int64_t *earlier, struct error *error);

/* events.c: finishes so many. */
void journal_events_finish(struct journal_event *events, int count);

/* waiting.c: an event and its waiting row, the eleven columns that a statement begins with. */
void journal_waiting_read(sqlite3_stmt *statement, struct journal_event *event);

/* deliveries.c: says that it cannot be; gives -1. */
int journal_settled_already(struct journal *journal, const struct sink *sink,
                            const struct journal_event *event, struct error *error);

/* deliveries.c: where an event is that has no row at this sink. */
enum delivery_state journal_state_without_row(const struct sink *sink, int64_t seq,
                                              enum event_type type);

/*
 * retention.c: how old a row is whose time is the civil clock's; -1: unknown. Rows come in their
 * order; *latest_unix_ms is the latest time so far that has been.
 */
int64_t journal_age_ms(int64_t now_unix_ms, int64_t at_unix_ms, int64_t *latest_unix_ms);

/*
 * retention.c: takes out the events of a range, none of which is pending, with all their rows; adds
 * to *deletes what that took.
 */
int journal_erase_events(struct journal *journal, int64_t first, int64_t last, int *deletes,
                         struct error *error);

/* deliveries.c: the nine columns of a settled row, the first of which is `column`. */
void journal_settled_read(sqlite3_stmt *statement, int column, struct delivery *delivery);

#endif
