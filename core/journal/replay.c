/*
 * See replay.h. A step reads its rows first and acts on them then, so that nothing changes under a
 * statement that is being read. Whether an event is superseded is asked along the list of its
 * affiliate's events (events.earlier), from the newest on: mostly that one was delivered.
 */
#include "core/journal/replay.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/journal/internal.h"

/* What a statement says of one event. */
struct candidate {
    int64_t seq;
    int64_t affiliate;
    enum event_type type;
    int settled_at_source; /* enum settled_as; 0: no such row */
    int settled_at_target;
    bool waits_at_target;
    bool waits_at_source;
};

static int read_candidates(struct journal *journal, const struct replay *replay,
                           enum statement which, struct candidate *candidates, int max,
                           struct error *error)
{
    const struct replay_filter *filter = &replay->filter;
    sqlite3_stmt *statement = statement_bind(
        journal, which,
        VALUES({.number = filter->source}, {.number = filter->target},
               {.number = replay->looked_at}, {.number = filter->until_seq}, {.number = max}));
    int found = 0;
    int got;
    while ((got = statement_step(journal, statement, error)) > 0) {
        candidates[found++] = (struct candidate){
            .seq = sqlite3_column_int64(statement, 0),
            .affiliate = sqlite3_column_int64(statement, 1),
            .type = (enum event_type)sqlite3_column_int(statement, 2),
            .settled_at_source = sqlite3_column_int(statement, 3),
            .settled_at_target = sqlite3_column_int(statement, 4),
            .waits_at_target = sqlite3_column_int(statement, 5) != 0,
            .waits_at_source = sqlite3_column_int(statement, 6) != 0,
        };
    }
    return got < 0 ? -1 : found;
}

/* ---- Which of them ---- */

static bool is_chosen(struct journal *journal, const struct replay_filter *filter,
                      const struct candidate *candidate)
{
    if (filter->affiliate && candidate->affiliate != filter->affiliate)
        return false;
    if (filter->only_dead)
        return candidate->settled_at_source == SETTLED_DEAD;
    if (filter->whatever || candidate->settled_at_source)
        return true;
    if (candidate->waits_at_source)
        return false;
    const struct sink *source = sink_by_number(journal, filter->source);
    return journal_state_without_row(source, candidate->seq, candidate->type) == DELIVERY_SKIPPED;
}

static bool is_pending(const struct sink *target, const struct candidate *candidate)
{
    return candidate->waits_at_target ||
           (!candidate->settled_at_target &&
            journal_state_without_row(target, candidate->seq, candidate->type) == DELIVERY_PENDING);
}

/* ---- Superseded ---- */

static int newest_of(struct journal *journal, int64_t affiliate, int64_t *seq, struct error *error)
{
    sqlite3_stmt *statement =
        statement_bind(journal, STATEMENT_AFFILIATE_NEWEST, VALUES({.number = affiliate}));
    *seq = 0;
    int got = statement_step(journal, statement, error);
    if (got > 0) {
        *seq = sqlite3_column_int64(statement, 0);
        statement_reset(statement);
    }
    return got;
}

/* Of one event of an affiliate's list: the one before it, and whether it was delivered. */
static int look_at(struct journal *journal, int64_t target, int64_t seq, int64_t *earlier,
                   bool *delivered, struct error *error)
{
    sqlite3_stmt *statement =
        statement_bind(journal, STATEMENT_LATER_EVENT, VALUES({.number = target}, {.number = seq}));
    *earlier = 0;
    *delivered = false;
    int got = statement_step(journal, statement, error);
    if (got > 0) {
        *earlier = sqlite3_column_int64(statement, 0);
        *delivered = sqlite3_column_int(statement, 1) == SETTLED_DELIVERED;
        statement_reset(statement);
    }
    return got;
}

/*
 * Finds the newest event of the candidate's affiliate that was delivered to the target and came
 * after it. What an earlier event of the affiliate made known is not asked again. Adds to *rows
 * what it looked at.
 */
static int find_later(struct journal *journal, struct replay *replay,
                      const struct candidate *candidate, int *rows, struct error *error)
{
    if (replay->affiliate == candidate->affiliate && candidate->seq >= replay->searched_seq)
        return 0;
    int64_t seq;
    bool delivered = false;
    if (newest_of(journal, candidate->affiliate, &seq, error) < 0)
        return -1;
    replay->affiliate = candidate->affiliate;
    replay->searched_seq = candidate->seq;
    replay->delivered_seq = 0;
    while (seq > candidate->seq) {
        int64_t earlier;
        if (look_at(journal, replay->filter.target, seq, &earlier, &delivered, error) < 0)
            return -1;
        ++*rows;
        if (delivered) {
            replay->delivered_seq = seq;
            return 0;
        }
        assert(earlier < seq);
        seq = earlier;
    }
    return 0;
}

static int list_superseded(struct journal *journal, struct replay *replay, int64_t seq,
                           struct error *error)
{
    struct journal_event event, later;
    struct event decoded;
    if (replay->listed_count == REPLAY_LISTED_MAX)
        return 0;
    if (journal_event_at(journal, seq, &event, NULL, error) <= 0)
        return -1;
    struct superseded_event *listed = &replay->listed[replay->listed_count];
    *listed = (struct superseded_event){.email = ""};
    memcpy(listed->id, event.id, sizeof listed->id);
    if (event_decode(event.canonical, event.canonical_bytes, &decoded) == 0)
        memcpy(listed->email, decoded.email, sizeof listed->email);
    journal_event_finish(&event);
    if (journal_event_at(journal, replay->delivered_seq, &later, NULL, error) <= 0)
        return -1;
    memcpy(listed->by, later.id, sizeof listed->by);
    journal_event_finish(&later);
    replay->listed_count++;
    return 0;
}

/* ---- Putting back ---- */

/* What the target's counts say of the event does not hold any more. */
static void uncount(struct sink *target, const struct candidate *candidate)
{
    struct sink_tally *now = &target->now;
    target->changed = true;
    now->done[candidate->type - 1]--;
    switch (candidate->settled_at_target) {
    case SETTLED_DELIVERED:
        now->delivered--;
        break;
    case SETTLED_DEAD:
        now->dead--;
        break;
    case SETTLED_EXPIRED:
        now->expired--;
        break;
    case SETTLED_SKIPPED:
        now->skipped -= now->skipped > 0;
        break;
    case SETTLED_DROPPED:
        break;
    default: /* without a row; a skip did not count what was of a type that came to it later */
        if (journal_state_without_row(target, candidate->seq, candidate->type) == DELIVERY_SKIPPED)
            now->skipped -= now->skipped > 0;
    }
}

static int send_again(struct journal *journal, struct sink *target,
                      const struct candidate *candidate, struct error *error)
{
    const struct value key[] = {{.number = target->number}, {.number = candidate->seq}};
    const struct value row[] = {
        {.number = target->number},
        {.number = candidate->affiliate},
        {.number = candidate->seq},
        {.number = 0}, /* deaths */
        {.number = 0}, /* attempts */
        {.number = 0}, /* alone */
        {.number = 0}, /* due */
        {.number = 1}, /* replay */
    };
    if (statement_run(journal, STATEMENT_SETTLED_DELETE, error, key, 2) < 0 ||
        statement_run(journal, STATEMENT_ATTEMPTS_DELETE, error, key, 2) < 0 ||
        statement_run(journal, STATEMENT_WAITING_INSERT, error, row, 8) < 0)
        return -1;
    uncount(target, candidate);
    target->now.waiting++;
    return 0;
}

/* ---- Steps ---- */

static int replay_one(struct journal *journal, struct replay *replay, bool put_back,
                      const struct candidate *candidate, int *rows, struct error *error)
{
    const struct replay_filter *filter = &replay->filter;
    struct sink *target = sink_by_number(journal, filter->target);
    if (!is_chosen(journal, filter, candidate))
        return 0;
    if (is_pending(target, candidate)) {
        replay->pending++;
        return 0;
    }
    if (!sink_takes(target, candidate->type)) {
        replay->not_taken++;
        return 0;
    }
    if (find_later(journal, replay, candidate, rows, error) < 0)
        return -1;
    if (candidate->seq < replay->delivered_seq) {
        replay->superseded++;
        if (list_superseded(journal, replay, candidate->seq, error) < 0)
            return -1;
        if (!filter->with_superseded)
            return 0;
    }
    replay->events++;
    return put_back ? send_again(journal, target, candidate, error) : 0;
}

int journal_replay(struct journal *journal, struct replay *replay, bool put_back, int max_rows,
                   struct error *error)
{
    assert(max_rows > 0);
    if (put_back && journal_may_write(journal, error) < 0)
        return -1;
    enum statement which =
        replay->filter.only_dead ? STATEMENT_REPLAY_DEAD : STATEMENT_REPLAY_EVENTS;
    struct candidate *candidates = memory_new((size_t)max_rows, sizeof *candidates);
    int found = read_candidates(journal, replay, which, candidates, max_rows, error);
    int result = found;
    int rows = 0; /* looked at beside these */
    int i = 0;
    for (; i < found && i + rows < max_rows && result >= 0; i++) {
        result = replay_one(journal, replay, put_back, &candidates[i], &rows, error);
        replay->looked_at = candidates[i].seq;
    }
    free(candidates);
    return result < 0 ? -1 : i == max_rows || i < found;
}

int journal_drop(struct journal *journal, struct replay *replay, bool drop, int max_rows,
                 struct error *error)
{
    assert(max_rows > 0);
    if (drop && journal_may_write(journal, error) < 0)
        return -1;
    struct sink *sink = sink_by_number(journal, replay->filter.source);
    struct candidate *candidates = memory_new((size_t)max_rows, sizeof *candidates);
    int found =
        read_candidates(journal, replay, STATEMENT_REPLAY_DEAD, candidates, max_rows, error);
    int result = found;
    for (int i = 0; i < found && result >= 0; i++) {
        const struct candidate *candidate = &candidates[i];
        replay->looked_at = candidate->seq;
        if (replay->filter.affiliate && candidate->affiliate != replay->filter.affiliate)
            continue;
        replay->events++;
        if (!drop)
            continue;
        result = statement_run(journal, STATEMENT_SETTLED_DROP, error,
                               VALUES({.number = sink->number}, {.number = candidate->seq}));
        sink->now.dead--;
        sink->changed = true;
    }
    free(candidates);
    return result < 0 ? -1 : found == max_rows;
}
