/*
 * What becomes of each event at each sink: the scan for what is next, what is settled, the
 * attempts before that, and the trace of it all; waiting.c has what is put aside. A delivery has a
 * row in `settled` or in `waiting` or in neither, never in both; nothing here decides what happens
 * next.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/journal/internal.h"

int journal_scan(struct journal *journal, int64_t sink, int64_t after, struct journal_event *events,
                 int max, int64_t *scanned, struct error *error)
{
    sqlite3_stmt *statement = statement_bind(
        journal, STATEMENT_SCAN, VALUES({.number = sink}, {.number = after}, {.number = max}));
    int found = 0;
    int rows = 0;
    int got;
    int64_t looked_at = after;
    while ((got = statement_step(journal, statement, error)) > 0) {
        rows++;
        looked_at = sqlite3_column_int64(statement, 0);
        bool has_row = sqlite3_column_int(statement, 6) != 0;
        if (has_row)
            continue;
        journal_event_read(statement, &events[found]);
        events[found].blocked = sqlite3_column_int(statement, 7) != 0;
        found++;
    }
    if (rows < max)
        looked_at = journal->now.last_seq;   /* the newest may have been erased */
    *scanned = got == 0 ? looked_at : after; /* what was read before it failed is read again */
    if (got == 0)
        return found;
    journal_events_finish(events, found);
    return -1;
}

/* ---- Settled ---- */

int journal_settled_already(struct journal *journal, const struct sink *sink,
                            const struct journal_event *event, struct error *error)
{
    return journal_fail_because(journal, error,
                                "event %s is settled at sink %s already; this is a mistake in "
                                "affnotify: please report it with the log",
                                event->id, sink->name);
}

static void copy_text(char copy[TEXT_BYTES_MAX], const char *text)
{
    size_t length = text_cut(text, TEXT_BYTES_MAX - 1);
    memcpy(copy, text, length);
    copy[length] = '\0';
}

static void keep_error(struct sink_tally *now, const struct settlement *settlement,
                       const char *what, const char *remedy)
{
    copy_text(now->last_error, what);
    copy_text(now->last_remedy, remedy);
    now->last_error_unix_ms = settlement->at_unix_ms;
}

static void tally(struct sink *sink, const struct journal_event *event, bool was_waiting,
                  const struct settlement *settlement, const char *what, const char *remedy)
{
    struct sink_tally *now = &sink->now;
    sink->changed = true;
    if (sink_takes(sink, event->type))
        now->done[event->type - 1]++;
    else if (was_waiting)
        now->waiting_outside--;
    switch (settlement->as) {
    case SETTLED_DELIVERED:
        now->delivered++;
        break;
    case SETTLED_DEAD:
        now->dead++;
        keep_error(now, settlement, what, remedy);
        break;
    case SETTLED_EXPIRED:
        now->expired++;
        break;
    case SETTLED_SKIPPED:
        now->skipped++;
        break;
    case SETTLED_DROPPED:
        break; /* nothing is settled so */
    }
}

/* Whether it waited. Mostly nothing does, and then nobody has to look. */
static int leave_waiting(struct journal *journal, struct sink *sink,
                         const struct journal_event *event, struct error *error)
{
    if (sink->now.waiting == 0)
        return 0;
    int deleted = statement_run(
        journal, STATEMENT_WAITING_DELETE, error,
        VALUES({.number = sink->number}, {.number = event->affiliate}, {.number = event->seq}));
    if (deleted > 0)
        sink->now.waiting--;
    return deleted;
}

int journal_settle(struct journal *journal, int64_t sink_number, const struct journal_event *event,
                   const struct settlement *settlement, struct error *error)
{
    assert(settlement->as >= SETTLED_DELIVERED && settlement->as <= SETTLED_SKIPPED);
    assert(event->type >= 1 && event->type <= EVENT_TYPES);
    if (journal_may_write(journal, error) < 0)
        return -1;
    struct sink *sink = sink_by_number(journal, sink_number);
    char what[TEXT_BYTES_MAX], remedy[TEXT_BYTES_MAX];
    copy_text(what, settlement->what);
    copy_text(remedy, settlement->remedy);
    int inserted =
        statement_run(journal, STATEMENT_SETTLED_INSERT, error,
                      VALUES({.number = sink->number}, {.number = event->seq},
                             {.number = settlement->as}, {.number = settlement->verdict},
                             {.number = settlement->code}, {.number = settlement->attempts},
                             {.number = event->deaths}, {.number = settlement->duration_ms},
                             {.number = settlement->at_unix_ms}, {.text = what}, {.text = remedy}));
    if (inserted < 0)
        return -1;
    if (inserted == 0)
        return journal_settled_already(journal, sink, event, error);
    int waited = leave_waiting(journal, sink, event, error);
    if (waited < 0)
        return -1;
    tally(sink, event, waited > 0, settlement, what, remedy);
    return 0;
}

/* ---- Attempts ---- */

int journal_attempt(struct journal *journal, int64_t sink_number, const struct journal_event *event,
                    const struct settlement *attempt, struct error *error)
{
    assert(attempt->attempts > 0);
    if (journal_may_write(journal, error) < 0)
        return -1;
    struct sink *sink = sink_by_number(journal, sink_number);
    char what[TEXT_BYTES_MAX], remedy[TEXT_BYTES_MAX];
    copy_text(what, attempt->what);
    copy_text(remedy, attempt->remedy);
    if (statement_run(journal, STATEMENT_ATTEMPT_WRITE, error,
                      VALUES({.number = sink->number}, {.number = event->seq},
                             {.number = attempt->attempts}, {.number = attempt->at_unix_ms},
                             {.number = attempt->verdict}, {.number = attempt->code},
                             {.number = attempt->duration_ms}, {.text = what}, {.text = remedy})) <
        0)
        return -1;
    keep_error(&sink->now, attempt, what, remedy);
    sink->changed = true;
    return 0;
}

static void read_attempt(sqlite3_stmt *statement, struct attempt *attempt)
{
    attempt->attempt = (uint32_t)sqlite3_column_int64(statement, 0);
    attempt->times = (uint32_t)sqlite3_column_int64(statement, 1);
    attempt->at_unix_ms = sqlite3_column_int64(statement, 2);
    attempt->verdict = sqlite3_column_int(statement, 3);
    attempt->code = sqlite3_column_int(statement, 4);
    attempt->duration_ms = sqlite3_column_int64(statement, 5);
    statement_text(statement, 6, attempt->what, sizeof attempt->what);
    statement_text(statement, 7, attempt->remedy, sizeof attempt->remedy);
}

int journal_attempts(struct journal *journal, int64_t sink, int64_t seq, struct attempt *attempts,
                     int max, struct error *error)
{
    sqlite3_stmt *statement = statement_bind(
        journal, STATEMENT_ATTEMPTS, VALUES({.number = sink}, {.number = seq}, {.number = max}));
    int found = 0;
    int got;
    while ((got = statement_step(journal, statement, error)) > 0)
        read_attempt(statement, &attempts[found++]);
    return got < 0 ? -1 : found;
}

/* ---- Looking ---- */

/* The seq and the time of the one row of a bound statement; 1, 0 or -1. */
static int read_oldest(struct journal *journal, sqlite3_stmt *statement, int64_t *seq,
                       int64_t *received_unix_ms, struct error *error)
{
    int got = statement_step(journal, statement, error);
    if (got <= 0)
        return got;
    *seq = sqlite3_column_int64(statement, 0);
    *received_unix_ms = sqlite3_column_int64(statement, 1);
    statement_reset(statement);
    return 1;
}

int journal_oldest_pending(struct journal *journal, int64_t sink_number, uint32_t event_mask,
                           int64_t *received_unix_ms, struct error *error)
{
    const struct sink *sink = sink_by_number(journal, sink_number);
    *received_unix_ms = 0;
    /* So that nobody walks what is above the cursor and of other types. */
    if (event_mask == sink->now.mask && sink_pending(journal, sink) == 0)
        return 0;
    int64_t above_seq, above_ms, waiting_seq, waiting_ms;
    int above =
        read_oldest(journal,
                    statement_bind(journal, STATEMENT_OLDEST_ABOVE,
                                   VALUES({.number = sink->number}, {.number = sink->now.cursor},
                                          {.number = event_mask})),
                    &above_seq, &above_ms, error);
    if (above < 0)
        return -1;
    int waiting = read_oldest(
        journal,
        statement_bind(journal, STATEMENT_OLDEST_WAITING, VALUES({.number = sink->number})),
        &waiting_seq, &waiting_ms, error);
    if (waiting < 0)
        return -1;
    if (above && (!waiting || above_seq < waiting_seq))
        *received_unix_ms = above_ms;
    else if (waiting)
        *received_unix_ms = waiting_ms;
    return 0;
}

const char *delivery_state_name(enum delivery_state state)
{
    switch (state) {
    case DELIVERY_PENDING:
        return "pending";
    case DELIVERY_WAITING:
        return "waiting";
    case DELIVERY_DELIVERED:
        return "delivered";
    case DELIVERY_DEAD:
        return "dead";
    case DELIVERY_EXPIRED:
        return "expired";
    case DELIVERY_SKIPPED:
        return "skipped";
    case DELIVERY_DROPPED:
        return "dropped";
    case DELIVERY_NOT_SENT:
        return "not sent";
    }
    assert(!"no state of a delivery");
    return "";
}

static enum delivery_state state_of(int settled_as)
{
    switch (settled_as) {
    case SETTLED_DELIVERED:
        return DELIVERY_DELIVERED;
    case SETTLED_EXPIRED:
        return DELIVERY_EXPIRED;
    case SETTLED_SKIPPED:
        return DELIVERY_SKIPPED;
    case SETTLED_DROPPED:
        return DELIVERY_DROPPED;
    default:
        return DELIVERY_DEAD;
    }
}

void journal_settled_read(sqlite3_stmt *statement, int column, struct delivery *delivery)
{
    delivery->state = state_of(sqlite3_column_int(statement, column));
    delivery->verdict = sqlite3_column_int(statement, column + 1);
    delivery->code = sqlite3_column_int(statement, column + 2);
    delivery->attempts = (uint32_t)sqlite3_column_int64(statement, column + 3);
    delivery->deaths = (uint32_t)sqlite3_column_int64(statement, column + 4);
    delivery->duration_ms = sqlite3_column_int64(statement, column + 5);
    delivery->at_unix_ms = sqlite3_column_int64(statement, column + 6);
    statement_text(statement, column + 7, delivery->what, sizeof delivery->what);
    statement_text(statement, column + 8, delivery->remedy, sizeof delivery->remedy);
}

enum delivery_state journal_state_without_row(const struct sink *sink, int64_t seq,
                                              enum event_type type)
{
    if (!sink_takes(sink, type))
        return DELIVERY_NOT_SENT;
    if (seq > sink->now.cursor)
        return DELIVERY_PENDING;
    bool is_skipped = seq > sink->now.skipped_after && seq <= sink->now.skipped_seq;
    return is_skipped ? DELIVERY_SKIPPED : DELIVERY_NOT_SENT;
}

/* The columns 13 to 15, which are NULL when no earlier event of its affiliate waits. */
static void read_behind(sqlite3_stmt *statement, struct delivery *delivery)
{
    journal_id_read(statement, 13, delivery->behind);
    delivery->behind_attempts = (uint32_t)sqlite3_column_int64(statement, 14);
    delivery->behind_due_unix_ms = sqlite3_column_int64(statement, 15);
}

static void read_delivery(sqlite3_stmt *statement, const struct sink *sink,
                          const struct journal_event *event, struct delivery *delivery)
{
    *delivery = (struct delivery){.sink_number = sink->number};
    memcpy(delivery->sink, sink->name, sizeof delivery->sink);
    if (sqlite3_column_type(statement, 1) != SQLITE_NULL) {
        journal_settled_read(statement, 1, delivery);
    } else if (sqlite3_column_type(statement, 10) != SQLITE_NULL) {
        delivery->state = DELIVERY_WAITING;
        delivery->attempts = (uint32_t)sqlite3_column_int64(statement, 10);
        delivery->deaths = (uint32_t)sqlite3_column_int64(statement, 11);
        delivery->due_unix_ms = sqlite3_column_int64(statement, 12);
        delivery->replay = sqlite3_column_int(statement, 16) != 0;
    } else {
        delivery->state = journal_state_without_row(sink, event->seq, event->type);
    }
    if (delivery->state == DELIVERY_WAITING || delivery->state == DELIVERY_PENDING)
        read_behind(statement, delivery);
}

int journal_trace(struct journal *journal, const struct journal_event *event,
                  struct delivery *deliveries, int max, struct error *error)
{
    sqlite3_stmt *statement = statement_bind(
        journal, STATEMENT_TRACE,
        VALUES({.number = event->seq}, {.number = event->affiliate}, {.number = max}));
    int found = 0;
    int got;
    while ((got = statement_step(journal, statement, error)) > 0) {
        const struct sink *sink = sink_by_number(journal, sqlite3_column_int64(statement, 0));
        read_delivery(statement, sink, event, &deliveries[found++]);
    }
    return got < 0 ? -1 : found;
}
