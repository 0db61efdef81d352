/*
 * What becomes of each event at each sink: the scan for what is next, what is put aside, what is
 * settled, and the trace of it all. A delivery has a row in `settled` or in `waiting` or in
 * neither, never in both; nothing here decides what happens next.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/journal/internal.h"

static void finish_all(struct journal_event *events, int count)
{
    for (int i = 0; i < count; i++)
        journal_event_finish(&events[i]);
}

int journal_scan(struct journal *journal, int64_t sink, int64_t after, struct journal_event *events,
                 int max, int64_t *scanned, struct error *error)
{
    sqlite3_stmt *statement = statement_bind(
        journal, STATEMENT_SCAN, VALUES({.number = sink}, {.number = after}, {.number = max}));
    int found = 0;
    int got;
    *scanned = after;
    while ((got = statement_step(journal, statement, error)) > 0) {
        *scanned = sqlite3_column_int64(statement, 0);
        bool has_row = sqlite3_column_int(statement, 6) != 0;
        if (has_row)
            continue;
        journal_event_read(statement, &events[found]);
        events[found].blocked = sqlite3_column_int(statement, 7) != 0;
        found++;
    }
    if (got == 0)
        return found;
    finish_all(events, found);
    return -1;
}

/* ---- Waiting ---- */

/* Reads the rows of a bound statement that begins with an event's and a waiting row's columns. */
static int read_waiting(struct journal *journal, sqlite3_stmt *statement,
                        struct journal_event *events, int max, struct error *error)
{
    int found = 0;
    int got;
    while ((got = statement_step(journal, statement, error)) > 0) {
        assert(found < max);
        struct journal_event *event = &events[found++];
        journal_event_read(statement, event);
        event->deaths = (uint32_t)sqlite3_column_int64(statement, 6);
        event->attempts = (uint32_t)sqlite3_column_int64(statement, 7);
        event->alone = sqlite3_column_int(statement, 8) != 0;
        event->waiting = true;
    }
    if (got == 0)
        return found;
    finish_all(events, found);
    return -1;
}

int journal_waiting_of(struct journal *journal, int64_t sink, int64_t affiliate,
                       struct journal_event *events, int max, struct error *error)
{
    sqlite3_stmt *statement =
        statement_bind(journal, STATEMENT_WAITING_OF,
                       VALUES({.number = sink}, {.number = affiliate}, {.number = max}));
    return read_waiting(journal, statement, events, max, error);
}

/* One search an affiliate: the events that wait behind its oldest are jumped over, not read. */
int journal_waiting_heads(struct journal *journal, int64_t sink, int64_t after,
                          struct journal_event *events, int max, struct error *error)
{
    int found = 0;
    while (found < max) {
        sqlite3_stmt *statement = statement_bind(journal, STATEMENT_WAITING_HEAD,
                                                 VALUES({.number = sink}, {.number = after}));
        int got = read_waiting(journal, statement, &events[found], 1, error);
        if (got < 0) {
            finish_all(events, found);
            return -1;
        }
        if (got == 0)
            break;
        after = events[found++].affiliate;
    }
    return found;
}

int journal_waiting_alone(struct journal *journal, int64_t sink, struct journal_event *events,
                          int max, struct error *error)
{
    sqlite3_stmt *statement =
        statement_bind(journal, STATEMENT_WAITING_ALONE, VALUES({.number = sink}, {.number = max}));
    return read_waiting(journal, statement, events, max, error);
}

static int settled_already(struct journal *journal, const struct sink *sink,
                           const struct journal_event *event, struct error *error)
{
    return journal_fail_because(journal, error,
                                "event %s is settled at sink %s already; this is a mistake in "
                                "affnotify: please report it with the log",
                                event->id, sink->name);
}

int journal_wait(struct journal *journal, int64_t sink_number, const struct journal_event *event,
                 struct error *error)
{
    if (journal_may_write(journal, error) < 0)
        return -1;
    struct sink *sink = sink_by_number(journal, sink_number);
    const struct value row[] = {
        {.number = sink->number},  {.number = event->affiliate}, {.number = event->seq},
        {.number = event->deaths}, {.number = event->attempts},  {.number = event->alone},
    };
    int updated = statement_run(journal, STATEMENT_WAITING_UPDATE, error, row, 6);
    if (updated != 0)
        return updated < 0 ? -1 : 0;
    int inserted = statement_run(journal, STATEMENT_WAITING_INSERT, error, row, 6);
    if (inserted < 0)
        return -1;
    if (inserted == 0)
        return settled_already(journal, sink, event, error);
    if (!sink_takes(sink, event->type)) {
        sink->now.waiting_outside++;
        sink->changed = true;
    }
    return 0;
}

/* ---- Settled ---- */

static void copy_text(char copy[TEXT_BYTES_MAX], const char *text)
{
    size_t length = text_cut(text, TEXT_BYTES_MAX - 1);
    memcpy(copy, text, length);
    copy[length] = '\0';
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
    if (settlement->as == SETTLED_DELIVERED) {
        now->delivered++;
        return;
    }
    now->dead++;
    copy_text(now->last_error, what);
    copy_text(now->last_remedy, remedy);
    now->last_error_unix_ms = settlement->at_unix_ms;
}

int journal_settle(struct journal *journal, int64_t sink_number, const struct journal_event *event,
                   const struct settlement *settlement, struct error *error)
{
    assert(settlement->as == SETTLED_DELIVERED || settlement->as == SETTLED_DEAD);
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
        return settled_already(journal, sink, event, error);
    int deleted = statement_run(
        journal, STATEMENT_WAITING_DELETE, error,
        VALUES({.number = sink->number}, {.number = event->affiliate}, {.number = event->seq}));
    if (deleted < 0)
        return -1;
    tally(sink, event, deleted > 0, settlement, what, remedy);
    return 0;
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
    case DELIVERY_NOT_SENT:
        return "not sent";
    }
    assert(!"no state of a delivery");
    return "";
}

void journal_settled_read(sqlite3_stmt *statement, int column, struct delivery *delivery)
{
    bool is_delivered = sqlite3_column_int(statement, column) == SETTLED_DELIVERED;
    delivery->state = is_delivered ? DELIVERY_DELIVERED : DELIVERY_DEAD;
    delivery->verdict = sqlite3_column_int(statement, column + 1);
    delivery->code = sqlite3_column_int(statement, column + 2);
    delivery->attempts = (uint32_t)sqlite3_column_int64(statement, column + 3);
    delivery->deaths = (uint32_t)sqlite3_column_int64(statement, column + 4);
    delivery->duration_ms = sqlite3_column_int64(statement, column + 5);
    delivery->at_unix_ms = sqlite3_column_int64(statement, column + 6);
    statement_text(statement, column + 7, delivery->what, sizeof delivery->what);
    statement_text(statement, column + 8, delivery->remedy, sizeof delivery->remedy);
}

static void read_delivery(sqlite3_stmt *statement, const struct sink *sink,
                          const struct journal_event *event, struct delivery *delivery)
{
    *delivery = (struct delivery){.state = DELIVERY_NOT_SENT};
    memcpy(delivery->sink, sink->name, sizeof delivery->sink);
    if (sqlite3_column_type(statement, 1) != SQLITE_NULL) {
        journal_settled_read(statement, 1, delivery);
    } else if (sqlite3_column_type(statement, 10) != SQLITE_NULL) {
        delivery->state = DELIVERY_WAITING;
        delivery->attempts = (uint32_t)sqlite3_column_int64(statement, 10);
        delivery->deaths = (uint32_t)sqlite3_column_int64(statement, 11);
    } else if (event->seq > sink->now.cursor && sink_takes(sink, event->type)) {
        delivery->state = DELIVERY_PENDING;
    }
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
