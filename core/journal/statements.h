/*
 * Every SQL statement that the journal runs while it is open, and the three steps of running one:
 * bind, step, reset. No other file of the project holds SQL, but for schema.c, which makes the
 * tables.
 */
#ifndef AFFN_JOURNAL_STATEMENTS_H
#define AFFN_JOURNAL_STATEMENTS_H

#include <sqlite3.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct journal;

enum statement {
    STATEMENT_BEGIN,
    STATEMENT_COMMIT,
    STATEMENT_ROLLBACK,
    STATEMENT_LAST_SEQ,
    STATEMENT_TOTALS,
    STATEMENT_TOTAL_WRITE,
    STATEMENT_EVENT_SEQ,
    STATEMENT_EVENT_FIND,
    STATEMENT_EVENT_INSERT,
    STATEMENT_AFFILIATE_FIND,
    STATEMENT_AFFILIATE_INSERT,
    STATEMENT_AFFILIATE_UPDATE,
    STATEMENT_AFFILIATE_SAME_ID,
    STATEMENT_COLLISION_INSERT,
    STATEMENT_KEY_FIND,
    STATEMENT_KEY_WRITE,
    STATEMENT_KEYS_BY_TIME,
    STATEMENT_KEY_ERASE,
    STATEMENT_REFUSED_COUNT,
    STATEMENT_REFUSED_INSERT,
    STATEMENT_REFUSED_REPEAT,
    STATEMENT_REFUSED_DROP,
    STATEMENT_REFUSED_BEFORE,
    STATEMENT_REFUSED_FIND,
    STATEMENT_REFUSED_DELETE,
    STATEMENT_ROSTER,
    STATEMENT_SINKS,
    STATEMENT_SINK_INSERT,
    STATEMENT_SINK_WRITE,
    STATEMENT_SINK_RENAME,
    STATEMENT_SINK_DELETE,
    STATEMENT_COUNT_SINCE,
    STATEMENT_COUNT_ABOVE,
    STATEMENT_COUNT_WAITING,
    STATEMENT_COUNT_ALL_WAITING,
    STATEMENT_SCAN,
    STATEMENT_WAITING_INSERT,
    STATEMENT_WAITING_UPDATE,
    STATEMENT_WAITING_DELETE,
    STATEMENT_WAITING_OF,
    STATEMENT_WAITING_HEAD,
    STATEMENT_WAITING_DUE,
    STATEMENT_NEXT_DUE,
    STATEMENT_WAITING_ALONE,
    STATEMENT_WAITING_UNTIL,
    STATEMENT_WAITING_AFTER,
    STATEMENT_SETTLED_INSERT,
    STATEMENT_ATTEMPT_WRITE,
    STATEMENT_ATTEMPTS,
    STATEMENT_PENDING_ABOVE,
    STATEMENT_OLDEST_ABOVE,
    STATEMENT_OLDEST_WAITING,
    STATEMENT_RECEIVED_UNTIL,
    STATEMENT_TRACE,
    STATEMENT_EVENTS_BEFORE,
    STATEMENT_DEAD_BEFORE,
    STATEMENT_REPLAY_EVENTS,
    STATEMENT_REPLAY_DEAD,
    STATEMENT_LATER_EVENT,
    STATEMENT_EVENT_AT,
    STATEMENT_AFFILIATE_NEWEST,
    STATEMENT_SETTLED_DELETE,
    STATEMENT_SETTLED_DROP,
    STATEMENT_ATTEMPTS_DELETE,
    STATEMENT_PRUNE_EVENTS,
    STATEMENT_WAITING_BETWEEN,
    STATEMENT_DEAD_BETWEEN,
    STATEMENT_SETTLED_NEXT_SINK,
    STATEMENT_ATTEMPTS_NEXT_SINK,
    STATEMENT_SETTLED_ERASE,
    STATEMENT_ATTEMPTS_ERASE,
    STATEMENT_EVENTS_ERASE,
    STATEMENT_REFUSED_TIMES,
    STATEMENT_REFUSED_TEXTS,
    STATEMENT_REFUSED_ERASE,
    STATEMENT_EVENT_SIZES,
    STATEMENT_PAGES,
    STATEMENT_PAGES_FREE,
    STATEMENT_PAGE_BYTES,
    STATEMENT_GIVE_BACK,
    STATEMENT_AFFILIATE_LAST_SEQ,
    STATEMENT_AFFILIATE_ERASE,
    STATEMENT_COLLISIONS_ERASE,
    STATEMENT_SETTLED_TEXTS,
    STATEMENT_SETTLED_TEXT_WRITE,
    STATEMENT_ATTEMPT_TEXTS,
    STATEMENT_ATTEMPT_TEXT_WRITE,
    STATEMENT_COUNT,
};

/* The texts, by enum statement. */
extern const char *const statement_texts[STATEMENT_COUNT];

/* Prepares all of them, or none; -1 with the error. */
int statements_prepare(struct journal *journal, struct error *error);
void statements_finish(struct journal *journal);

/* What is bound to a ?: bytes when not NULL, else text when not NULL, else number. */
struct value {
    int64_t number;
    const char *text;
    const void *bytes;
    size_t length; /* of bytes, and of a text that does not end with NUL */
};

/*
 * Binds one value to each ? of the statement, in their order. The values must live until it is
 * reset.
 */
sqlite3_stmt *statement_bind(struct journal *journal, enum statement which,
                             const struct value *values, size_t count);
#define VALUES(...)                                                                                \
    (const struct value[]){__VA_ARGS__},                                                           \
        sizeof((const struct value[]){__VA_ARGS__}) / sizeof(struct value)

/*
 * 1: there is a row, whose columns can be read until the next step. 0: no more rows; -1: failed,
 * with the error. After 0 and -1 the statement is reset; after 1 it must be stepped on or reset,
 * since it holds a read lock until then.
 */
int statement_step(struct journal *journal, sqlite3_stmt *statement, struct error *error);
void statement_reset(sqlite3_stmt *statement);

/* Runs a statement that gives no rows: how many it changed, or -1 with the error. */
int statement_run(struct journal *journal, enum statement which, struct error *error,
                  const struct value *values, size_t count);

/* Copies a text column; one that is too long (written by another hand) is cut. */
void statement_text(sqlite3_stmt *statement, int column, char *text, size_t size);

#endif
