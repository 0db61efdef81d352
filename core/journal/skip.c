/*
 * Skipping what is pending at a sink: by an operator's hand, by steps, for it may be a million
 * events, and nothing but the counts is written for those that were never touched. Called by the
 * bus between two turns of its loop.
 */
#include <assert.h>

#include "core/journal/internal.h"

/* ---- Above the cursor ---- */

/* What was found from a cursor on. */
struct above {
    int64_t pending[EVENT_TYPES]; /* of the types in the mask */
    int64_t looked_at;            /* the last seq */
    int count;                    /* events looked at */
};

static int look_above(struct journal *journal, const struct sink *sink, int64_t until_seq, int max,
                      struct above *above, struct error *error)
{
    sqlite3_stmt *statement =
        statement_bind(journal, STATEMENT_PENDING_ABOVE,
                       VALUES({.number = sink->number}, {.number = sink->now.cursor},
                              {.number = until_seq}, {.number = max}));
    *above = (struct above){.looked_at = sink->now.cursor};
    int got;
    while ((got = statement_step(journal, statement, error)) > 0) {
        enum event_type type = (enum event_type)sqlite3_column_int(statement, 1);
        bool has_no_row = sqlite3_column_int(statement, 2) != 0;
        if (has_no_row && sink_takes(sink, type))
            above->pending[type - 1]++;
        above->looked_at = sqlite3_column_int64(statement, 0);
        above->count++;
    }
    return got;
}

/* Moves the cursor on. What has a row above it keeps it. */
static int skip_above(struct journal *journal, struct sink *sink, int64_t until_seq, int max,
                      int *looked_at, struct error *error)
{
    struct sink_tally *now = &sink->now;
    struct above above;
    *looked_at = 0;
    if (now->cursor >= until_seq)
        return 0;
    if (look_above(journal, sink, until_seq, max, &above, error) < 0)
        return -1;
    for (int i = 0; i < EVENT_TYPES; i++) {
        now->done[i] += above.pending[i];
        now->skipped += above.pending[i];
    }
    if (now->skipped_seq == 0)
        now->skipped_after = now->cursor;
    now->cursor = above.count < max ? until_seq : above.looked_at;
    now->skipped_seq = now->cursor;
    sink->changed = true;
    *looked_at = above.count;
    return 0;
}

/* ---- Waiting ---- */

/* Settles the oldest waiting event: 1, or 0 when there is none. */
static int skip_waiting(struct journal *journal, struct sink *sink, int64_t until_seq,
                        int64_t now_unix_ms, struct error *error)
{
    sqlite3_stmt *statement =
        statement_bind(journal, STATEMENT_WAITING_UNTIL,
                       VALUES({.number = sink->number}, {.number = until_seq}, {.number = 1}));
    int got = statement_step(journal, statement, error);
    if (got <= 0)
        return got;
    struct journal_event event;
    journal_waiting_read(statement, &event);
    statement_reset(statement);
    const struct settlement skipped = {
        .as = SETTLED_SKIPPED,
        .attempts = event.attempts,
        .at_unix_ms = now_unix_ms,
        .what = "",
        .remedy = "",
    };
    int settled = journal_settle(journal, sink->number, &event, &skipped, error);
    journal_event_finish(&event);
    return settled < 0 ? -1 : 1;
}

/* ---- Both ---- */

static int64_t newest_until(const struct journal *journal, int64_t until_seq)
{
    return until_seq < journal->now.last_seq ? until_seq : journal->now.last_seq;
}

int journal_skip(struct journal *journal, int64_t sink_number, int64_t until_seq,
                 int64_t now_unix_ms, int max_rows, struct error *error)
{
    assert(max_rows > 0);
    if (journal_may_write(journal, error) < 0)
        return -1;
    struct sink *sink = sink_by_number(journal, sink_number);
    int rows;
    until_seq = newest_until(journal, until_seq);
    if (skip_above(journal, sink, until_seq, max_rows, &rows, error) < 0)
        return -1;
    for (; rows < max_rows; rows++) {
        int got = skip_waiting(journal, sink, until_seq, now_unix_ms, error);
        if (got <= 0)
            return got;
    }
    return 1;
}

/* How many of SKIP_COUNT_MAX + 1 waiting events there are. */
static int count_waiting(struct journal *journal, const struct sink *sink, int64_t until_seq,
                         int64_t *count, struct error *error)
{
    sqlite3_stmt *statement = statement_bind(
        journal, STATEMENT_WAITING_UNTIL,
        VALUES({.number = sink->number}, {.number = until_seq}, {.number = SKIP_COUNT_MAX + 1}));
    int got;
    *count = 0;
    while ((got = statement_step(journal, statement, error)) > 0)
        ++*count;
    return got;
}

int journal_skippable(struct journal *journal, int64_t sink_number, int64_t until_seq,
                      int64_t *count, struct error *error)
{
    const struct sink *sink = sink_by_number(journal, sink_number);
    if (until_seq >= journal->now.last_seq) {
        *count = sink_pending(journal, sink);
        return 0;
    }
    struct above above;
    if (count_waiting(journal, sink, until_seq, count, error) < 0 ||
        look_above(journal, sink, until_seq, SKIP_COUNT_MAX + 1, &above, error) < 0)
        return -1;
    bool is_all = *count <= SKIP_COUNT_MAX && above.count <= SKIP_COUNT_MAX;
    for (int i = 0; i < EVENT_TYPES; i++)
        *count += above.pending[i];
    return is_all ? 0 : 1;
}
