/*
 * What was put aside at a sink: to be tried again at some time, to go out alone, or behind an
 * earlier event of its affiliate. A million rows may wait after a long outage, so each call here
 * reads what it gives by a key, and little beside it; nothing here decides what happens next.
 * Called by the bus for each sink.
 */
#include <assert.h>

#include "core/journal/internal.h"

void journal_waiting_read(sqlite3_stmt *statement, struct journal_event *event)
{
    journal_event_read(statement, event);
    event->deaths = (uint32_t)sqlite3_column_int64(statement, 6);
    event->attempts = (uint32_t)sqlite3_column_int64(statement, 7);
    event->alone = sqlite3_column_int(statement, 8) != 0;
    event->due_unix_ms = sqlite3_column_int64(statement, 9);
    event->replay = sqlite3_column_int(statement, 10) != 0;
    event->waiting = true;
}

/* All rows of a bound statement. */
static int read_rows(struct journal *journal, sqlite3_stmt *statement, struct journal_event *events,
                     int max, struct error *error)
{
    int found = 0;
    int got;
    while ((got = statement_step(journal, statement, error)) > 0) {
        assert(found < max);
        journal_waiting_read(statement, &events[found++]);
    }
    if (got == 0)
        return found;
    journal_events_finish(events, found);
    return -1;
}

/* The same, with whether an earlier one of its affiliate waits. */
static int read_rows_behind(struct journal *journal, sqlite3_stmt *statement,
                            struct journal_event *events, struct error *error)
{
    int found = 0;
    int got;
    while ((got = statement_step(journal, statement, error)) > 0) {
        journal_waiting_read(statement, &events[found]);
        events[found++].blocked = sqlite3_column_int(statement, 11) != 0;
    }
    if (got == 0)
        return found;
    journal_events_finish(events, found);
    return -1;
}

int journal_waiting_of(struct journal *journal, int64_t sink, int64_t affiliate,
                       int64_t now_unix_ms, struct journal_event *events, int max,
                       struct error *error)
{
    sqlite3_stmt *statement =
        statement_bind(journal, STATEMENT_WAITING_OF,
                       VALUES({.number = sink}, {.number = affiliate}, {.number = max}));
    int found = 0;
    int got;
    while ((got = statement_step(journal, statement, error)) > 0) {
        journal_waiting_read(statement, &events[found]);
        if (events[found].due_unix_ms > now_unix_ms) {
            journal_event_finish(&events[found]);
            statement_reset(statement);
            return found;
        }
        found++;
    }
    if (got == 0)
        return found;
    journal_events_finish(events, found);
    return -1;
}

/*
 * The oldest of the first affiliate behind *affiliate, which becomes that one: 1 with the event, 0
 * when it is not due, and then it is not read. At the end *affiliate becomes INT64_MAX.
 */
static int read_head(struct journal *journal, int64_t sink, int64_t now_unix_ms, int64_t *affiliate,
                     struct journal_event *event, struct error *error)
{
    sqlite3_stmt *statement =
        statement_bind(journal, STATEMENT_WAITING_HEAD,
                       VALUES({.number = sink}, {.number = *affiliate}, {.number = now_unix_ms}));
    int got = statement_step(journal, statement, error);
    if (got < 0)
        return -1;
    if (got == 0) {
        *affiliate = INT64_MAX;
        return 0;
    }
    *affiliate = sqlite3_column_int64(statement, 11);
    bool is_due = sqlite3_column_type(statement, 0) != SQLITE_NULL;
    if (is_due)
        journal_waiting_read(statement, event);
    statement_reset(statement);
    return is_due;
}

/* One search an affiliate: the events that wait behind its oldest are jumped over, not read. */
int journal_waiting_heads(struct journal *journal, int64_t sink, int64_t after, int64_t now_unix_ms,
                          struct journal_event *events, int max, int64_t *looked_at,
                          struct error *error)
{
    int found = 0;
    *looked_at = after;
    for (int i = 0; i < WAITING_HEADS_MAX && found < max && *looked_at < INT64_MAX; i++) {
        int got = read_head(journal, sink, now_unix_ms, looked_at, &events[found], error);
        if (got < 0) {
            journal_events_finish(events, found);
            return -1;
        }
        found += got;
    }
    return found;
}

int journal_waiting_due(struct journal *journal, int64_t sink, int64_t after_due_unix_ms,
                        int64_t after_seq, int64_t now_unix_ms, struct journal_event *events,
                        int max, struct error *error)
{
    sqlite3_stmt *statement =
        statement_bind(journal, STATEMENT_WAITING_DUE,
                       VALUES({.number = sink}, {.number = after_due_unix_ms},
                              {.number = after_seq}, {.number = now_unix_ms}, {.number = max}));
    return read_rows_behind(journal, statement, events, error);
}

int journal_next_due(struct journal *journal, int64_t sink, int64_t now_unix_ms,
                     int64_t *due_unix_ms, struct error *error)
{
    sqlite3_stmt *statement = statement_bind(journal, STATEMENT_NEXT_DUE,
                                             VALUES({.number = sink}, {.number = now_unix_ms}));
    *due_unix_ms = 0;
    int got = statement_step(journal, statement, error);
    if (got <= 0)
        return got;
    *due_unix_ms = sqlite3_column_int64(statement, 0);
    statement_reset(statement);
    return 0;
}

int journal_waiting_alone(struct journal *journal, int64_t sink, struct journal_event *events,
                          int max, struct error *error)
{
    sqlite3_stmt *statement =
        statement_bind(journal, STATEMENT_WAITING_ALONE, VALUES({.number = sink}, {.number = max}));
    return read_rows_behind(journal, statement, events, error);
}

int journal_waiting_after(struct journal *journal, int64_t sink, int64_t after_seq,
                          struct journal_event *events, int max, struct error *error)
{
    sqlite3_stmt *statement =
        statement_bind(journal, STATEMENT_WAITING_AFTER,
                       VALUES({.number = sink}, {.number = after_seq}, {.number = max}));
    return read_rows(journal, statement, events, max, error);
}

int journal_wait(struct journal *journal, int64_t sink_number, const struct journal_event *event,
                 struct error *error)
{
    assert(event->due_unix_ms >= 0);
    if (journal_may_write(journal, error) < 0)
        return -1;
    struct sink *sink = sink_by_number(journal, sink_number);
    const struct value row[] = {
        {.number = sink->number},       {.number = event->affiliate}, {.number = event->seq},
        {.number = event->deaths},      {.number = event->attempts},  {.number = event->alone},
        {.number = event->due_unix_ms}, {.number = event->replay},
    };
    int updated = statement_run(journal, STATEMENT_WAITING_UPDATE, error, row, 8);
    if (updated != 0)
        return updated < 0 ? -1 : 0;
    int inserted = statement_run(journal, STATEMENT_WAITING_INSERT, error, row, 8);
    if (inserted < 0)
        return -1;
    if (inserted == 0)
        return journal_settled_already(journal, sink, event, error);
    sink->now.waiting++;
    sink->now.waiting_outside += !sink_takes(sink, event->type);
    sink->changed = true;
    return 0;
}
