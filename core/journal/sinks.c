/*
 * The sinks and their figures. All rows are in memory from journal_open on; functions change `now`,
 * and a commit writes each changed row once, however many deliveries it settled.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/error.h"
#include "core/base/memory.h"
#include "core/journal/internal.h"

static struct sink *add(struct journal *journal)
{
    journal->sinks = memory_resize(journal->sinks, journal->sink_count + 1, sizeof *journal->sinks);
    struct sink *sink = &journal->sinks[journal->sink_count++];
    memset(sink, 0, sizeof *sink);
    return sink;
}

static void read_row(sqlite3_stmt *statement, struct sink *sink)
{
    struct sink_tally *now = &sink->now;
    sink->number = sqlite3_column_int64(statement, 0);
    statement_text(statement, 1, sink->name, sizeof sink->name);
    now->cursor = sqlite3_column_int64(statement, 2);
    now->mask = (uint32_t)sqlite3_column_int64(statement, 3);
    now->done[EVENT_CREATED - 1] = sqlite3_column_int64(statement, 4);
    now->done[EVENT_DEACTIVATED - 1] = sqlite3_column_int64(statement, 5);
    now->waiting_outside = sqlite3_column_int64(statement, 6);
    now->delivered = sqlite3_column_int64(statement, 7);
    now->dead = sqlite3_column_int64(statement, 8);
    statement_text(statement, 9, now->last_error, sizeof now->last_error);
    statement_text(statement, 10, now->last_remedy, sizeof now->last_remedy);
    now->last_error_unix_ms = sqlite3_column_int64(statement, 11);
    now->expired = sqlite3_column_int64(statement, 12);
    now->skipped = sqlite3_column_int64(statement, 13);
    now->skipped_after = sqlite3_column_int64(statement, 14);
    now->skipped_seq = sqlite3_column_int64(statement, 15);
    now->held = sqlite3_column_int(statement, 16) != 0;
    now->alerted_unix_ms = sqlite3_column_int64(statement, 17);
}

/* Runs a statement that gives one number. */
static int count(struct journal *journal, enum statement which, int64_t *number,
                 struct error *error, const struct value *values, size_t value_count)
{
    sqlite3_stmt *statement = statement_bind(journal, which, values, value_count);
    if (statement_step(journal, statement, error) < 0)
        return -1;
    *number = sqlite3_column_int64(statement, 0);
    statement_reset(statement);
    return 0;
}

static int count_waiting(struct journal *journal, struct sink *sink, struct error *error)
{
    struct sink_tally *now = &sink->now;
    if (count(journal, STATEMENT_COUNT_ALL_WAITING, &now->waiting, error,
              VALUES({.number = sink->number})) < 0)
        return -1;
    sink->committed = *now;
    return 0;
}

int sinks_load(struct journal *journal, struct error *error)
{
    sqlite3_stmt *statement = journal->statements[STATEMENT_SINKS];
    int got;
    while ((got = statement_step(journal, statement, error)) > 0)
        read_row(statement, add(journal));
    for (size_t i = 0; i < journal->sink_count && got == 0; i++)
        got = count_waiting(journal, &journal->sinks[i], error);
    return got;
}

static int write_row(struct journal *journal, const struct sink *sink, struct error *error)
{
    const struct sink_tally *now = &sink->now;
    return statement_run(journal, STATEMENT_SINK_WRITE, error,
                         VALUES({.number = sink->number}, {.number = now->cursor},
                                {.number = now->mask}, {.number = now->done[EVENT_CREATED - 1]},
                                {.number = now->done[EVENT_DEACTIVATED - 1]},
                                {.number = now->waiting_outside}, {.number = now->delivered},
                                {.number = now->dead}, {.text = now->last_error},
                                {.text = now->last_remedy}, {.number = now->last_error_unix_ms},
                                {.number = now->expired}, {.number = now->skipped},
                                {.number = now->skipped_after}, {.number = now->skipped_seq},
                                {.number = now->held}, {.number = now->alerted_unix_ms}));
}

int sinks_write(struct journal *journal, struct error *error)
{
    for (size_t i = 0; i < journal->sink_count; i++)
        if (journal->sinks[i].changed && write_row(journal, &journal->sinks[i], error) < 0)
            return -1;
    return 0;
}

void sinks_committed(struct journal *journal)
{
    for (size_t i = 0; i < journal->sink_count; i++) {
        struct sink *sink = &journal->sinks[i];
        if (sink->changed)
            sink->committed = sink->now;
        sink->changed = false;
    }
}

void sinks_rolled_back(struct journal *journal)
{
    for (size_t i = 0; i < journal->sink_count; i++) {
        struct sink *sink = &journal->sinks[i];
        if (sink->changed)
            sink->now = sink->committed;
        sink->changed = false;
    }
}

static struct sink *find(struct journal *journal, const char *name)
{
    for (size_t i = 0; i < journal->sink_count; i++)
        if (strcmp(journal->sinks[i].name, name) == 0)
            return &journal->sinks[i];
    return NULL;
}

struct sink *sink_by_number(struct journal *journal, int64_t number)
{
    for (size_t i = 0; i < journal->sink_count; i++)
        if (journal->sinks[i].number == number)
            return &journal->sinks[i];
    assert(!"a sink that the journal does not know");
    abort();
}

const struct sink *sink_from_name(const struct journal *journal, const char *name)
{
    const struct sink *first = NULL;
    for (size_t i = 0; i < journal->sink_count; i++) {
        const struct sink *sink = &journal->sinks[i];
        if (strcmp(sink->name, name) >= 0 && (!first || strcmp(sink->name, first->name) < 0))
            first = sink;
    }
    return first;
}

static bool takes(uint32_t mask, enum event_type type)
{
    return (mask >> type) & 1u;
}

bool sink_takes(const struct sink *sink, enum event_type type)
{
    return takes(sink->now.mask, type);
}

int64_t sink_pending(const struct journal *journal, const struct sink *sink)
{
    int64_t pending = sink->now.waiting_outside;
    for (enum event_type type = 1; type <= EVENT_TYPES; type++)
        if (sink_takes(sink, type))
            pending += journal->now.accepted[type - 1] - sink->now.done[type - 1];
    return pending;
}

static void show(const struct journal *journal, const struct sink *sink, struct journal_sink *shown)
{
    *shown = (struct journal_sink){
        .number = sink->number,
        .event_mask = sink->now.mask,
        .cursor = sink->now.cursor,
        .delivered = sink->now.delivered,
        .dead = sink->now.dead,
        .expired = sink->now.expired,
        .skipped = sink->now.skipped,
        .skipped_seq = sink->now.skipped_seq,
        .held = sink->now.held,
        .alerted_unix_ms = sink->now.alerted_unix_ms,
        .waiting = sink->now.waiting,
        .pending = sink_pending(journal, sink),
        .last_error_unix_ms = sink->now.last_error_unix_ms,
    };
    memcpy(shown->last_error, sink->now.last_error, sizeof shown->last_error);
    memcpy(shown->last_remedy, sink->now.last_remedy, sizeof shown->last_remedy);
}

/* ---- Opening ---- */

/*
 * Types that are new in the mask begin with what is above the cursor or waiting; of types that left
 * it only the waiting events stay, since what waits was taken for this sink when the cursor passed
 * it.
 */
static int change_mask(struct journal *journal, struct sink *sink, uint32_t mask,
                       struct error *error)
{
    struct sink_tally *now = &sink->now;
    now->waiting_outside = 0;
    for (enum event_type type = 1; type <= EVENT_TYPES; type++) {
        int64_t above, waiting;
        if (count(journal, STATEMENT_COUNT_WAITING, &waiting, error,
                  VALUES({.number = sink->number}, {.number = type})) < 0)
            return -1;
        if (!takes(mask, type)) {
            now->waiting_outside += waiting;
            continue;
        }
        if (sink_takes(sink, type))
            continue;
        if (count(journal, STATEMENT_COUNT_ABOVE, &above, error,
                  VALUES({.number = sink->number}, {.number = now->cursor}, {.number = type})) < 0)
            return -1;
        now->done[type - 1] = journal->now.accepted[type - 1] - above - waiting;
    }
    now->mask = mask;
    sink->changed = true;
    return 0;
}

/* Where a new sink's cursor begins, and of the events up to there how many it has not to send. */
static int begin_at(struct journal *journal, const struct sink_start_rule *start,
                    struct sink_tally *now, struct error *error)
{
    memcpy(now->done, journal->now.accepted, sizeof now->done);
    now->cursor = journal->now.last_seq;
    if (!start || start->kind == START_NOW)
        return 0;
    if (start->kind == START_BEGINNING)
        now->cursor = 0;
    else if (journal_seq_received_at(journal, start->unix_ms, &now->cursor, error) < 0)
        return -1;
    sqlite3_stmt *statement =
        statement_bind(journal, STATEMENT_COUNT_SINCE, VALUES({.number = now->cursor}));
    if (statement_step(journal, statement, error) < 0)
        return -1;
    for (int i = 0; i < EVENT_TYPES; i++)
        now->done[i] -= sqlite3_column_int64(statement, i);
    statement_reset(statement);
    return 0;
}

/* The new sink's figures; it is added to the others once it is committed. */
static int make(struct journal *journal, const char *name, uint32_t mask,
                const struct sink_start_rule *start, struct sink *made, struct error *error)
{
    *made = (struct sink){.now = {.mask = mask}};
    memcpy(made->name, name, strlen(name) + 1);
    if (begin_at(journal, start, &made->now, error) < 0)
        return -1;
    if (statement_run(journal, STATEMENT_SINK_INSERT, error,
                      VALUES({.text = name}, {.number = made->now.cursor}, {.number = mask},
                             {.number = made->now.done[EVENT_CREATED - 1]},
                             {.number = made->now.done[EVENT_DEACTIVATED - 1]})) < 0)
        return -1;
    made->number = sqlite3_last_insert_rowid(journal->database);
    made->committed = made->now;
    return 0;
}

int journal_open_sink(struct journal *journal, const char *name, uint32_t event_mask,
                      const struct sink_start_rule *start, struct journal_sink *sink,
                      struct error *error)
{
    assert(strlen(name) < NAME_BYTES_MAX);
    struct sink made;
    struct sink *known = find(journal, name);
    if (known && known->now.mask == event_mask) {
        show(journal, known, sink);
        return 0;
    }
    if (journal_begin(journal, error) < 0)
        return -1;
    int result = known ? change_mask(journal, known, event_mask, error)
                       : make(journal, name, event_mask, start, &made, error);
    if (known)
        known->changed = true; /* so that a rollback undoes half a recount */
    if (result < 0 || journal_commit(journal, error) < 0) {
        journal_rollback(journal);
        return -1;
    }
    if (!known) {
        known = add(journal);
        *known = made;
    }
    show(journal, known, sink);
    return 0;
}

/* ---- Names ---- */

/* Runs one statement in a transaction of its own. */
static int write_alone(struct journal *journal, enum statement which, struct error *error,
                       const struct value *values, size_t value_count)
{
    if (journal_begin(journal, error) < 0)
        return -1;
    if (statement_run(journal, which, error, values, value_count) >= 0 &&
        journal_commit(journal, error) == 0)
        return 0;
    journal_rollback(journal);
    return -1;
}

int journal_rename_sink(struct journal *journal, const char *old_name, const char *new_name,
                        struct error *error)
{
    assert(strlen(new_name) < NAME_BYTES_MAX);
    struct sink *sink = find(journal, old_name);
    if (!sink || find(journal, new_name))
        return 0;
    if (write_alone(journal, STATEMENT_SINK_RENAME, error,
                    VALUES({.number = sink->number}, {.text = new_name})) < 0)
        return -1;
    memcpy(sink->name, new_name, strlen(new_name) + 1);
    return 1;
}

int journal_remove_sink(struct journal *journal, int64_t sink_number, struct error *error)
{
    struct sink *sink = sink_by_number(journal, sink_number);
    if (sink_pending(journal, sink) > 0)
        return 0;
    if (write_alone(journal, STATEMENT_SINK_DELETE, error, VALUES({.number = sink_number})) < 0)
        return -1;
    size_t behind = journal->sink_count - (size_t)(sink - journal->sinks) - 1;
    memmove(sink, sink + 1, behind * sizeof *sink);
    journal->sink_count--;
    return 1;
}

int journal_sinks_all(const struct journal *journal, struct journal_sink_name *sinks, int max,
                      struct error *error)
{
    (void)error; /* answered from memory, like the next */
    int found = 0;
    for (size_t i = 0; i < journal->sink_count && found < max; i++) {
        const struct sink *sink = &journal->sinks[i];
        struct journal_sink_name *named = &sinks[found++];
        memcpy(named->name, sink->name, sizeof named->name);
        named->number = sink->number;
        named->pending = sink_pending(journal, sink);
    }
    return found;
}

/* ---- Figures ---- */

int journal_sink_status(struct journal *journal, const char *name, struct journal_sink *sink,
                        struct error *error)
{
    (void)error; /* answered from memory: nothing can fail today */
    const struct sink *known = find(journal, name);
    if (!known)
        return 0;
    show(journal, known, sink);
    return 1;
}

const char *journal_sink_name(const struct journal *journal, size_t at)
{
    return at < journal->sink_count ? journal->sinks[at].name : NULL;
}

int journal_hold_sink(struct journal *journal, int64_t sink_number, bool held, struct error *error)
{
    if (journal_may_write(journal, error) < 0)
        return -1;
    struct sink *sink = sink_by_number(journal, sink_number);
    sink->now.held = held;
    sink->changed = true;
    return 0;
}

int journal_set_alerted(struct journal *journal, int64_t sink_number, int64_t unix_ms,
                        struct error *error)
{
    if (journal_may_write(journal, error) < 0)
        return -1;
    struct sink *sink = sink_by_number(journal, sink_number);
    sink->now.alerted_unix_ms = unix_ms;
    sink->changed = true;
    return 0;
}

int journal_set_cursor(struct journal *journal, int64_t sink_number, int64_t cursor,
                       struct error *error)
{
    if (journal_may_write(journal, error) < 0)
        return -1;
    struct sink *sink = sink_by_number(journal, sink_number);
    assert(cursor >= sink->now.cursor && cursor <= journal->now.last_seq);
    sink->now.cursor = cursor;
    sink->changed = true;
    return 0;
}
