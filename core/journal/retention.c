/*
 * See retention.h. A step reads its rows first and acts on them then. Events that go are mostly next
 * to each other, so they go by ranges: a deletion a table and sink, however many there are.
 */
#include "core/journal/retention.h"

#include <assert.h>
#include <stdlib.h>

#include "core/base/memory.h"
#include "core/journal/internal.h"

#define EVENT_ROW_BYTES                                                                            \
    128 /* beside its text: columns, the key of its ID; and pages are not full */

/* ---- How old ---- */

/*
 * A time to come was written while the clock was ahead: it says nothing until it has been. One that
 * lies before an earlier event's was written while the clock was behind: that event's counts.
 */
int64_t journal_age_ms(int64_t now_unix_ms, int64_t at_unix_ms, int64_t *latest_unix_ms)
{
    if (at_unix_ms > now_unix_ms)
        return -1;
    if (at_unix_ms > *latest_unix_ms)
        *latest_unix_ms = at_unix_ms;
    return now_unix_ms - *latest_unix_ms;
}

/* ---- Which ---- */

struct prune_row {
    int64_t seq;
    enum event_type type;
    int64_t age_ms; /* -1: unknown */
    int64_t earlier;
    bool has_earlier;
    bool waits; /* at some sink */
    bool dead;  /* likewise */
    bool goes;
};

/* Up to where events of each type are pending at no sink but by a row. */
static int64_t settled_until(const struct journal *journal, int64_t until[EVENT_TYPES])
{
    int64_t last = 0;
    for (enum event_type type = 1; type <= EVENT_TYPES; type++) {
        int64_t seq = journal->now.last_seq;
        for (size_t i = 0; i < journal->sink_count; i++) {
            const struct sink *sink = &journal->sinks[i];
            if (sink_takes(sink, type) && sink->now.cursor < seq)
                seq = sink->now.cursor;
        }
        until[type - 1] = seq;
        last = seq > last ? seq : last;
    }
    return last;
}

/* Reads no further than the first that is too young. *more: there may be others behind these. */
static int read_rows(struct journal *journal, struct prune *prune, int64_t until,
                     struct prune_row *rows, int max, bool *more, struct error *error)
{
    sqlite3_stmt *statement =
        statement_bind(journal, STATEMENT_PRUNE_EVENTS,
                       VALUES({.number = prune->looked_at}, {.number = until}, {.number = max}));
    int found = 0;
    int got;
    while ((got = statement_step(journal, statement, error)) > 0) {
        int64_t received = sqlite3_column_int64(statement, 2);
        int64_t age = journal_age_ms(prune->now_unix_ms, received, &prune->latest_unix_ms);
        if (age >= 0 && age < prune->retain_ms) {
            statement_reset(statement);
            *more = false;
            return found;
        }
        rows[found++] = (struct prune_row){
            .seq = sqlite3_column_int64(statement, 0),
            .type = (enum event_type)sqlite3_column_int(statement, 1),
            .age_ms = age,
            .earlier = sqlite3_column_int64(statement, 3),
            .has_earlier = sqlite3_column_int(statement, 4) != 0,
        };
    }
    *more = found == max;
    return got < 0 ? -1 : found;
}

static int compare_seq(const void *key, const void *row)
{
    int64_t seq = *(const int64_t *)key;
    int64_t other = ((const struct prune_row *)row)->seq;
    return seq < other ? -1 : seq > other;
}

static struct prune_row *find_row(struct prune_row *rows, int count, int64_t seq)
{
    return bsearch(&seq, rows, (size_t)count, sizeof *rows, compare_seq);
}

enum mark { MARK_WAITS, MARK_DEAD };

/* Marks the rows that a sink has so. */
static int mark_rows(struct journal *journal, enum mark mark, const struct sink *sink,
                     struct prune_row *rows, int count, struct error *error)
{
    sqlite3_stmt *statement = statement_bind(
        journal, mark == MARK_DEAD ? STATEMENT_DEAD_BETWEEN : STATEMENT_WAITING_BETWEEN,
        VALUES({.number = sink->number}, {.number = rows[0].seq}, {.number = rows[count - 1].seq}));
    int got;
    while ((got = statement_step(journal, statement, error)) > 0) {
        struct prune_row *row = find_row(rows, count, sqlite3_column_int64(statement, 0));
        if (row && mark == MARK_DEAD)
            row->dead = true;
        else if (row)
            row->waits = true;
    }
    return got;
}

static int mark_all(struct journal *journal, struct prune_row *rows, int count, struct error *error)
{
    for (size_t i = 0; i < journal->sink_count; i++) {
        const struct sink *sink = &journal->sinks[i];
        if (sink->now.waiting > 0 && mark_rows(journal, MARK_WAITS, sink, rows, count, error) < 0)
            return -1;
        if (sink->now.dead > 0 && mark_rows(journal, MARK_DEAD, sink, rows, count, error) < 0)
            return -1;
    }
    return 0;
}

static bool is_old_enough(const struct prune *prune, const struct prune_row *row)
{
    if (prune->retain_ms > 0 && row->age_ms < prune->retain_ms)
        return false;
    return !row->dead || prune->retain_dead_ms == 0 || row->age_ms >= prune->retain_dead_ms;
}

static void decide(const struct prune *prune, const int64_t until[EVENT_TYPES],
                   struct prune_row *rows, int count)
{
    for (int i = 0; i < count; i++) {
        struct prune_row *row = &rows[i];
        const struct prune_row *earlier =
            row->has_earlier ? find_row(rows, count, row->earlier) : NULL;
        bool is_last = !row->has_earlier || (earlier && earlier->goes);
        row->goes =
            is_last && !row->waits && row->seq <= until[row->type - 1] && is_old_enough(prune, row);
    }
}

/* ---- Erasing ---- */

/* Of every sink that has rows there; *deletes counts what it took. */
static int erase_rows(struct journal *journal, enum statement next, enum statement erase,
                      int64_t first, int64_t last, int *deletes, struct error *error)
{
    int64_t sink = INT64_MIN;
    for (;;) {
        sqlite3_stmt *statement = statement_bind(journal, next, VALUES({.number = sink}));
        int got = statement_step(journal, statement, error);
        if (got <= 0)
            return got;
        sink = sqlite3_column_int64(statement, 0);
        statement_reset(statement);
        ++*deletes;
        if (statement_run(journal, erase, error,
                          VALUES({.number = sink}, {.number = first}, {.number = last})) < 0)
            return -1;
    }
}

/* The sinks' counts of dead letters are of those that there are. */
static int uncount_dead(struct journal *journal, struct sink *sink, int64_t first, int64_t last,
                        struct error *error)
{
    if (sink->now.dead == 0)
        return 0;
    sqlite3_stmt *statement =
        statement_bind(journal, STATEMENT_DEAD_BETWEEN,
                       VALUES({.number = sink->number}, {.number = first}, {.number = last}));
    int got;
    while ((got = statement_step(journal, statement, error)) > 0) {
        sink->now.dead--;
        sink->changed = true;
    }
    return got;
}

int journal_erase_events(struct journal *journal, int64_t first, int64_t last, int *deletes,
                         struct error *error)
{
    for (size_t i = 0; i < journal->sink_count; i++)
        if (uncount_dead(journal, &journal->sinks[i], first, last, error) < 0)
            return -1;
    if (erase_rows(journal, STATEMENT_SETTLED_NEXT_SINK, STATEMENT_SETTLED_ERASE, first, last,
                   deletes, error) < 0 ||
        erase_rows(journal, STATEMENT_ATTEMPTS_NEXT_SINK, STATEMENT_ATTEMPTS_ERASE, first, last,
                   deletes, error) < 0)
        return -1;
    ++*deletes;
    return statement_run(journal, STATEMENT_EVENTS_ERASE, error,
                         VALUES({.number = first}, {.number = last})) < 0
               ? -1
               : 0;
}

/* ---- A step ---- */

/* Erases what goes, run by run. How many rows it came through, which may not be all; -1: failed. */
static int erase_runs(struct journal *journal, struct prune *prune, const struct prune_row *rows,
                      int count, struct error *error)
{
    int deletes = 0;
    int i = 0;
    while (i < count && deletes < PRUNE_STEP_DELETES) {
        int end = i;
        while (end < count && rows[end].goes)
            end++;
        if (end > i) {
            if (journal_erase_events(journal, rows[i].seq, rows[end - 1].seq, &deletes, error) < 0)
                return -1;
            prune->events += end - i;
        }
        while (end < count && !rows[end].goes)
            end++;
        i = end;
    }
    return i;
}

int journal_prune(struct journal *journal, struct prune *prune, int max_rows, struct error *error)
{
    assert(max_rows > 0);
    if (journal_may_write(journal, error) < 0)
        return -1;
    int64_t until[EVENT_TYPES];
    int64_t last = settled_until(journal, until);
    struct prune_row *rows = memory_new((size_t)max_rows, sizeof *rows);
    bool more = false;
    int count = read_rows(journal, prune, last, rows, max_rows, &more, error);
    int done = count;
    if (count > 0) {
        done = mark_all(journal, rows, count, error);
        decide(prune, until, rows, count);
        if (done == 0)
            done = erase_runs(journal, prune, rows, count, error);
        if (done > 0)
            prune->looked_at = rows[done - 1].seq;
    }
    free(rows);
    return done < 0 ? -1 : more || done < count;
}

/* ---- Refused inputs ---- */

int journal_prune_refused(struct journal *journal, struct prune *prune, int max_rows,
                          struct error *error)
{
    assert(max_rows > 0 && max_rows <= PRUNE_STEP_REFUSED);
    if (journal_may_write(journal, error) < 0)
        return -1;
    int64_t old[PRUNE_STEP_REFUSED];
    int old_count = 0, looked = 0;
    bool young = false;
    sqlite3_stmt *statement =
        statement_bind(journal, STATEMENT_REFUSED_TIMES,
                       VALUES({.number = prune->refused_looked_at}, {.number = max_rows}));
    int got;
    while ((got = statement_step(journal, statement, error)) > 0) {
        int64_t age = journal_age_ms(prune->now_unix_ms, sqlite3_column_int64(statement, 1),
                                     &prune->refused_latest_unix_ms);
        young = age >= 0 && age < prune->retain_ms;
        if (young)
            break;
        prune->refused_looked_at = sqlite3_column_int64(statement, 0);
        looked++;
        if (age >= prune->retain_ms || prune->retain_ms == 0)
            old[old_count++] = prune->refused_looked_at;
    }
    if (got < 0)
        return -1;
    statement_reset(statement);
    for (int i = 0; i < old_count; i++) {
        if (statement_run(journal, STATEMENT_REFUSED_ERASE, error, VALUES({.number = old[i]})) < 0)
            return -1;
        journal->now.refused--;
        prune->refused++;
    }
    return !young && looked == max_rows;
}

/* ---- Room ---- */

static int ask_number(struct journal *journal, enum statement which, int64_t *number,
                      struct error *error)
{
    sqlite3_stmt *statement = journal->statements[which];
    int got = statement_step(journal, statement, error);
    if (got < 0)
        return -1;
    *number = got ? sqlite3_column_int64(statement, 0) : 0;
    statement_reset(statement);
    return 0;
}

int journal_room(struct journal *journal, struct journal_room *room, struct error *error)
{
    int64_t pages, bytes;
    if (ask_number(journal, STATEMENT_PAGES, &pages, error) < 0 ||
        ask_number(journal, STATEMENT_PAGES_FREE, &room->free_pages, error) < 0 ||
        ask_number(journal, STATEMENT_PAGE_BYTES, &bytes, error) < 0)
        return -1;
    room->used_bytes = (pages - room->free_pages) * bytes;
    return 0;
}

int journal_pending_bytes(struct journal *journal, int64_t *bytes, struct error *error)
{
    sqlite3_stmt *statement =
        statement_bind(journal, STATEMENT_EVENT_SIZES,
                       VALUES({.number = journal->now.last_seq}, {.number = PRUNE_STEP_EVENTS}));
    int64_t total = 0, count = 0, pending = 0;
    int got;
    while ((got = statement_step(journal, statement, error)) > 0) {
        total += sqlite3_column_int64(statement, 0);
        count++;
    }
    for (size_t i = 0; i < journal->sink_count; i++)
        pending += sink_pending(journal, &journal->sinks[i]);
    if (pending > journal->now.last_seq)
        pending = journal->now.last_seq;
    *bytes = count == 0 ? 0 : pending * (total / count + EVENT_ROW_BYTES) / 4 * 5;
    return got;
}

int journal_give_back(struct journal *journal, struct error *error)
{
    if (journal_may_write(journal, error) < 0)
        return -1;
    int got;
    while ((got = statement_step(journal, journal->statements[STATEMENT_GIVE_BACK], error)) > 0)
        ; /* a row a page */
    return got;
}

/* ---- Expiry ---- */

/* The oldest waiting event of a sink; *seq is INT64_MAX for none. */
static int read_oldest_waiting(struct journal *journal, const struct sink *sink,
                               struct journal_event *event, struct error *error)
{
    event->seq = INT64_MAX;
    event->canonical = NULL;
    if (sink->now.waiting == 0)
        return 0;
    sqlite3_stmt *statement =
        statement_bind(journal, STATEMENT_WAITING_UNTIL,
                       VALUES({.number = sink->number}, {.number = INT64_MAX}, {.number = 1}));
    int got = statement_step(journal, statement, error);
    if (got > 0) {
        journal_waiting_read(statement, event);
        statement_reset(statement);
    }
    return got < 0 ? -1 : 0;
}

static int expire_one(struct journal *journal, struct sink *sink, const struct journal_event *event,
                      const struct settlement *settlement, struct expiry *expiry,
                      struct error *error)
{
    struct settlement expired = *settlement;
    expired.attempts = event->attempts;
    if (journal_settle(journal, sink->number, event, &expired, error) < 0)
        return -1;
    if (expiry->first_seq == 0 || event->seq < expiry->first_seq)
        expiry->first_seq = event->seq;
    expiry->events++;
    return 1;
}

/* All waiting events before a seq, as far as *left goes. */
static int expire_waiting(struct journal *journal, struct sink *sink, int64_t before,
                          const struct settlement *settlement, struct expiry *expiry, int *left,
                          struct error *error)
{
    int result = 1;
    while (result > 0 && *left > 0) {
        struct journal_event event;
        if (read_oldest_waiting(journal, sink, &event, error) < 0)
            return -1;
        bool is_next = event.seq < before;
        result = is_next ? expire_one(journal, sink, &event, settlement, expiry, error) : 0;
        *left -= is_next;
        journal_event_finish(&event);
    }
    return result < 0 ? -1 : 0;
}

/* Both lists by seq: what waits, and what is above the cursor and has no row. */
int journal_expire(struct journal *journal, int64_t sink_number, int64_t now_unix_ms,
                   const char *what, const char *remedy, struct expiry *expiry, int max_rows,
                   struct error *error)
{
    assert(max_rows > 0);
    if (journal_may_write(journal, error) < 0)
        return -1;
    struct sink *sink = sink_by_number(journal, sink_number);
    const struct settlement settlement = {
        .as = SETTLED_EXPIRED, .at_unix_ms = now_unix_ms, .what = what, .remedy = remedy};
    struct journal_event *events = memory_new((size_t)max_rows, sizeof *events);
    int64_t scanned;
    int left = max_rows;
    int count =
        journal_scan(journal, sink_number, sink->now.cursor, events, max_rows, &scanned, error);
    int result = count < 0 ? -1 : 0;
    int i = 0;
    for (; i < count && left > 0 && result >= 0; i++) {
        const struct journal_event *event = &events[i];
        result = expire_waiting(journal, sink, event->seq, &settlement, expiry, &left, error);
        if (result < 0 || left == 0)
            break;
        left--;
        if (sink_takes(sink, event->type))
            result = expire_one(journal, sink, event, &settlement, expiry, error);
        sink->now.cursor = event->seq;
    }
    if (result >= 0 && i == count) {
        sink->now.cursor = scanned;
        result = expire_waiting(journal, sink, scanned + 1, &settlement, expiry, &left, error);
    }
    sink->changed = true;
    journal_events_finish(events, count > 0 ? count : 0);
    free(events);
    return result < 0 ? -1 : sink_pending(journal, sink) > 0;
}
