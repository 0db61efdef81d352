/*
 * The journal beside a model of it: 2,000 steps drawn from a seed, with attempts that fail and are
 * due later, skips, pruning, expiry, people who are forgotten, rollbacks, reopening and changed masks; after each step both must give the same
 * figures. The seed is the first argument, or fixed.
 */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/journal/forget.h"
#include "core/journal/replay.h"
#include "core/journal/retention.h"

#define STEPS      2000
#define EVENTS     4096
#define SINKS      3
#define AFFILIATES 7
#define SCAN_MAX   8

/* SKIPPED has a row, since it waited; PASSED was skipped without one. */
enum place { NOT_OURS, FREE, WAITING, DELIVERED, DEAD, EXPIRED, SKIPPED, PASSED, DROPPED, PLACES };

struct model_sink {
    int64_t cursor;
    uint32_t mask;
    bool held;
    bool waits_alone[EVENTS];
    bool replays[EVENTS];               /* of waiting ones */
    int64_t skipped_after, skipped_seq; /* what a skip went through */
    int64_t due[EVENTS];
    unsigned char attempts[EVENTS]; /* recorded, up to 3: the last with all the times */
    int times[EVENTS];              /* of the last */
    unsigned char
        places[EVENTS]; /* enum place; of events above the cursor FREE whatever their type */
};

struct model {
    int64_t last_seq;
    int64_t now; /* the clock of due times */
    enum event_type types[EVENTS];
    int affiliates[EVENTS];
    bool gone[EVENTS]; /* pruned, or its person forgotten */
    struct model_sink sinks[SINKS];
};

static uint32_t random_state = 20260318;
static int64_t numbers[SINKS];
static const char *const names[SINKS] = {"crm", "backend", "slack"};

/* xorshift: the same on every machine. */
static int draw(int below)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    return (int)(random_state % (uint32_t)below);
}

static bool is_pending(const struct model *model, const struct model_sink *sink, int64_t seq)
{
    enum place place = sink->places[seq];
    if (model->gone[seq])
        return false;
    if (place == WAITING)
        return true;
    return place == FREE && seq > sink->cursor && (sink->mask >> model->types[seq] & 1);
}

/* The earlier events of its affiliate that wait. */
static bool is_behind(const struct model *model, const struct model_sink *sink, int64_t seq)
{
    for (int64_t before = 1; before < seq; before++)
        if (sink->places[before] == WAITING && model->affiliates[before] == model->affiliates[seq])
            return true;
    return false;
}

/* ---- Steps ---- */

/* Goes aside: for some time after an attempt, which is recorded, or to go as soon as it may. */
static void put_aside(struct scene *scene, struct model *model, int i, int64_t seq)
{
    struct model_sink *sink = &model->sinks[i];
    struct journal_event event = scene_event(scene, seq);
    bool attempted = draw(2);
    if (attempted) {
        bool is_charged = sink->attempts[seq] == 0 || (draw(2) && sink->attempts[seq] < 3);
        sink->attempts[seq] = (unsigned char)(sink->attempts[seq] + is_charged);
        sink->times[seq] = is_charged ? 1 : sink->times[seq] + 1;
        const struct settlement attempt = {
            .attempts = sink->attempts[seq], .code = sink->times[seq], .what = "", .remedy = ""};
        assert_int_equal(
            journal_attempt(scene->journal, numbers[i], &event, &attempt, &scene->error), 0);
    }
    sink->waits_alone[seq] = draw(5) == 0;
    sink->due[seq] = attempted ? model->now + 1 + draw(30) : 0;
    sink->replays[seq] = sink->replays[seq] && sink->places[seq] == WAITING;
    sink->places[seq] = WAITING;
    event.replay = sink->replays[seq];
    event.alone = sink->waits_alone[seq];
    event.due_unix_ms = sink->due[seq];
    event.attempts = sink->attempts[seq];
    assert_int_equal(journal_wait(scene->journal, numbers[i], &event, &scene->error), 0);
}

static void settle(struct scene *scene, struct model_sink *sink, int i, int64_t seq)
{
    static const enum settled_as as[] = {SETTLED_DELIVERED, SETTLED_DELIVERED, SETTLED_DEAD,
                                         SETTLED_EXPIRED};
    static const enum place places[] = {DELIVERED, DELIVERED, DEAD, EXPIRED};
    int fate = draw(4);
    sink->places[seq] = (unsigned char)places[fate];
    scene_settle(scene, numbers[i], seq, as[fate]);
}

static void expect_waiting(const struct model_sink *sink, const struct journal_event *event)
{
    assert_int_equal(sink->places[event->seq], WAITING);
    assert_int_equal(event->due_unix_ms, sink->due[event->seq]);
    assert_int_equal(event->attempts, sink->attempts[event->seq]);
    assert_int_equal(event->alone, sink->waits_alone[event->seq]);
    assert_int_equal(event->replay, sink->replays[event->seq]);
}

static void append(struct scene *scene, struct model *model)
{
    for (int left = draw(6); left >= 0 && model->last_seq + 1 < EVENTS; left--) {
        int affiliate = draw(AFFILIATES);
        enum event_type type = draw(2) ? EVENT_CREATED : EVENT_DEACTIVATED;
        int64_t known = model->last_seq > 0 && draw(8) == 0 ? 1 + draw((int)model->last_seq) : 0;
        bool again = known && !model->gone[known];
        if (again)
            affiliate = model->affiliates[known];
        char email[16];
        snprintf(email, sizeof email, "a%d@x.org", affiliate);
        int64_t expected = again ? known : model->last_seq + 1;
        assert_int_equal(scene_append(scene, (int)expected, type, email), expected);
        if (again)
            continue;
        model->last_seq = expected;
        model->types[expected] = type;
        model->affiliates[expected] = affiliate;
        for (int i = 0; i < SINKS; i++)
            model->sinks[i].places[expected] = FREE;
    }
}

/* Some events of the scan are settled, some put aside, the rest stay; then the cursor follows. */
static void deliver(struct scene *scene, struct model *model, int i)
{
    struct model_sink *sink = &model->sinks[i];
    struct journal_event events[SCAN_MAX];
    int64_t scanned;
    int64_t after = sink->cursor + draw(3);
    int count = journal_scan(scene->journal, numbers[i], after, events, 1 + draw(SCAN_MAX),
                             &scanned, &scene->error);
    assert_true(count >= 0);
    int next = 0;
    for (int64_t seq = after + 1; seq <= scanned; seq++) {
        if (sink->places[seq] != FREE || model->gone[seq])
            continue;
        assert_true(next < count);
        assert_int_equal(events[next].seq, seq);
        assert_int_equal(events[next].blocked, is_behind(model, sink, seq));
        next++;
    }
    assert_int_equal(next, count);
    for (int n = 0; n < count; n++) {
        int64_t seq = events[n].seq;
        int fate = draw(10);
        if (!(sink->mask >> model->types[seq] & 1) || fate == 0) {
            /* not its own, or still in flight */
        } else if (events[n].blocked || fate < 4) {
            put_aside(scene, model, i, seq);
        } else {
            settle(scene, sink, i, seq);
        }
        journal_event_finish(&events[n]);
    }
    int64_t cursor = sink->cursor;
    while (cursor < model->last_seq &&
           (sink->places[cursor + 1] != FREE || !is_pending(model, sink, cursor + 1)))
        cursor++;
    for (int64_t seq = sink->cursor + 1; seq <= cursor; seq++)
        if (sink->places[seq] == FREE)
            sink->places[seq] = NOT_OURS;
    sink->cursor = cursor;
    assert_int_equal(journal_set_cursor(scene->journal, numbers[i], cursor, &scene->error), 0);
}

/* Waiting events of some affiliates go out, or wait on. */
static void try_heads(struct scene *scene, struct model *model, int i)
{
    struct model_sink *sink = &model->sinks[i];
    struct journal_event heads[AFFILIATES];
    int64_t looked_at;
    int count = journal_waiting_heads(scene->journal, numbers[i], 0, model->now, heads, AFFILIATES,
                                      &looked_at, &scene->error);
    int expected = 0;
    for (int64_t seq = 1; seq <= model->last_seq; seq++)
        expected += sink->places[seq] == WAITING && sink->due[seq] <= model->now &&
                    !is_behind(model, sink, seq);
    assert_int_equal(count, expected);
    for (int n = 0; n < count; n++) {
        int64_t seq = heads[n].seq;
        expect_waiting(sink, &heads[n]);
        assert_false(is_behind(model, sink, seq));
        if (draw(3) > 0)
            settle(scene, sink, i, seq);
        else
            put_aside(scene, model, i, seq);
        journal_event_finish(&heads[n]);
    }
}

/* The next of the model's waiting events by due time and seq; 0 for none. */
static int64_t next_due_event(const struct model *model, const struct model_sink *sink,
                              int64_t after_due, int64_t after_seq)
{
    int64_t next = 0;
    for (int64_t seq = 1; seq <= model->last_seq; seq++) {
        int64_t due = sink->due[seq];
        bool is_later = due > after_due || (due == after_due && seq > after_seq);
        if (sink->places[seq] == WAITING && due > 0 && is_later && (!next || due < sink->due[next]))
            next = seq;
    }
    return next;
}

/* Time goes by; what is due comes page by page. */
static void try_due(struct scene *scene, struct model *model, int i)
{
    struct model_sink *sink = &model->sinks[i];
    struct journal_event events[SCAN_MAX];
    int64_t due = 0;
    int64_t seq = 0;
    int count;
    int max = 1 + draw(SCAN_MAX);
    model->now += draw(10);
    do {
        count = journal_waiting_due(scene->journal, numbers[i], due, seq, model->now, events, max,
                                    &scene->error);
        assert_true(count >= 0);
        for (int n = 0; n < count; n++) {
            assert_int_equal(events[n].seq, next_due_event(model, sink, due, seq));
            seq = events[n].seq;
            due = events[n].due_unix_ms;
            expect_waiting(sink, &events[n]);
            assert_true(due <= model->now);
            journal_event_finish(&events[n]);
        }
        for (int n = 0; n < count; n++)
            assert_int_equal(events[n].blocked, is_behind(model, sink, events[n].seq));
        for (int n = 0; n < count; n++) {
            if (draw(2))
                settle(scene, sink, i, events[n].seq);
            else
                put_aside(scene, model, i, events[n].seq);
        }
    } while (count == max);
    int64_t next = next_due_event(model, sink, model->now, EVENTS);
    assert_int_equal(journal_next_due(scene->journal, numbers[i], model->now, &due, &scene->error),
                     0);
    assert_int_equal(due, next ? sink->due[next] : 0);
}

/* One step of a skip, which may not be all of it. */
static void skip_some(struct scene *scene, struct model *model, int i)
{
    struct model_sink *sink = &model->sinks[i];
    int64_t until = sink->cursor + draw(6) - 2;
    int max = 1 + draw(8);
    if (until > model->last_seq)
        until = model->last_seq;
    int64_t count = 0;
    for (int64_t seq = 1; seq <= until; seq++)
        count += is_pending(model, sink, seq);
    int64_t told;
    assert_int_equal(journal_skippable(scene->journal, numbers[i], until, &told, &scene->error), 0);
    assert_int_equal(told, count);

    int rows = 0;
    if (sink->cursor < until && sink->skipped_seq == 0)
        sink->skipped_after = sink->cursor;
    while (sink->cursor < until && rows < max) {
        sink->skipped_seq = sink->cursor + 1;
        int64_t seq = ++sink->cursor;
        rows += !model->gone[seq];
        if (model->gone[seq])
            continue;
        if (sink->places[seq] == FREE)
            sink->places[seq] = sink->mask >> model->types[seq] & 1 ? PASSED : NOT_OURS;
    }
    for (int64_t seq = 1; seq <= until && rows < max; seq++) {
        if (sink->places[seq] == WAITING) {
            sink->places[seq] = SKIPPED;
            rows++;
        }
    }
    assert_int_equal(journal_skip(scene->journal, numbers[i], until, 1, max, &scene->error),
                     rows == max);
}

/* A later event of its affiliate was delivered there. */
static bool is_superseded(const struct model *model, const struct model_sink *sink, int64_t seq)
{
    for (int64_t later = seq + 1; later <= model->last_seq; later++)
        if (sink->places[later] == DELIVERED && model->affiliates[later] == model->affiliates[seq])
            return true;
    return false;
}

/* By the record of one sink, to the same or another, in steps; what is dead is dropped at times. */
static void replay_some(struct scene *scene, struct model *model, int from, int to)
{
    const struct model_sink *source = &model->sinks[from];
    struct model_sink *target = &model->sinks[to];
    struct replay replay = {.filter = {.source = numbers[from], .target = numbers[to]}};
    struct replay_filter *filter = &replay.filter;
    filter->after_seq = replay.looked_at = draw((int)model->last_seq + 1);
    filter->until_seq = filter->after_seq + draw(12);
    filter->only_dead = draw(3) == 0;
    filter->with_superseded = draw(2);
    bool drops = filter->only_dead && from == to && draw(2);
    int64_t events = 0, superseded = 0, pending = 0, not_taken = 0;
    bool overtaken[16] = {false};
    for (int64_t seq = filter->after_seq + 1; seq <= filter->until_seq; seq++)
        overtaken[seq - filter->after_seq] = is_superseded(model, target, seq);
    for (int64_t seq = filter->after_seq + 1; seq <= filter->until_seq; seq++) {
        enum place place = source->places[seq];
        bool went_through = seq > source->skipped_after && seq <= source->skipped_seq &&
                            seq <= source->cursor && (source->mask >> model->types[seq] & 1);
        bool settled = place >= DELIVERED && place != PASSED;
        bool skipped = (place == PASSED || place == NOT_OURS) && went_through;
        if (seq > model->last_seq || (filter->only_dead ? place != DEAD : !settled && !skipped))
            continue;
        if (model->gone[seq])
            continue;
        bool is_listed = overtaken[seq - filter->after_seq];
        if (drops) {
            target->places[seq] = DROPPED;
            events++;
        } else if (is_pending(model, target, seq)) {
            pending++;
        } else if (!(target->mask >> model->types[seq] & 1)) {
            not_taken++;
        } else {
            superseded += is_listed;
            if (is_listed && !filter->with_superseded)
                continue;
            events++;
            target->places[seq] = WAITING;
            target->replays[seq] = true;
            target->waits_alone[seq] = false;
            target->due[seq] = 0;
            target->attempts[seq] = 0;
        }
    }
    int more;
    int max = 1 + draw(5);
    do
        more = drops ? journal_drop(scene->journal, &replay, true, max, &scene->error)
                     : journal_replay(scene->journal, &replay, true, max, &scene->error);
    while (more > 0);
    assert_int_equal(more, 0);
    assert_int_equal(replay.events, events);
    assert_int_equal(replay.superseded, superseded);
    assert_int_equal(replay.pending, pending);
    assert_int_equal(replay.not_taken, not_taken);
}

/* ---- What goes for good ---- */

static bool has_earlier(const struct model *model, int64_t seq)
{
    for (int64_t before = seq - 1; before > 0; before--)
        if (!model->gone[before] && model->affiliates[before] == model->affiliates[seq])
            return true;
    return false;
}

static bool is_kept(const struct model *model, int64_t seq, bool keeps_dead)
{
    for (int i = 0; i < SINKS; i++) {
        const struct model_sink *sink = &model->sinks[i];
        bool is_own = sink->mask >> model->types[seq] & 1;
        if (sink->places[seq] == WAITING || (is_own && seq > sink->cursor) ||
            (keeps_dead && sink->places[seq] == DEAD))
            return true;
    }
    return has_earlier(model, seq);
}

/* All that is old enough and may go, in steps. */
static void prune_some(struct scene *scene, struct model *model)
{
    int64_t until = draw((int)model->last_seq + 1);
    bool keeps_dead = draw(3) > 0;
    struct prune pass = {.now_unix_ms = EVENTS * 1000, .retain_ms = (EVENTS - until) * 1000};
    pass.retain_dead_ms = keeps_dead ? RETAIN_FOR_EVER : 0;
    int64_t goes = 0;
    for (int64_t seq = 1; seq <= until; seq++) {
        if (model->gone[seq] || is_kept(model, seq, keeps_dead))
            continue;
        model->gone[seq] = true;
        goes++;
    }
    int max = 1 + draw(9);
    int more;
    do
        more = journal_prune(scene->journal, &pass, max, &scene->error);
    while (more > 0);
    assert_int_equal(more, 0);
    assert_int_equal(pass.events, goes);
}

static void forget_one(struct scene *scene, struct model *model)
{
    int affiliate = draw(AFFILIATES);
    struct forgetting forgetting = {.erases = true};
    int64_t events = 0, pending = 0;
    snprintf(forgetting.email_key, sizeof forgetting.email_key, "a%d@x.org", affiliate);
    for (int64_t seq = 1; seq <= model->last_seq; seq++) {
        if (model->gone[seq] || model->affiliates[seq] != affiliate)
            continue;
        for (int i = 0; i < SINKS; i++) {
            if (!is_pending(model, &model->sinks[i], seq))
                continue;
            model->sinks[i].places[seq] = SKIPPED;
            pending++;
        }
        model->gone[seq] = true;
        events++;
    }
    int max = 1 + draw(9);
    int more;
    do
        more = journal_forget_events(scene->journal, &forgetting, max, 1, &scene->error);
    while (more > 0);
    assert_int_equal(more, 0);
    assert_int_equal(forgetting.events, events);
    assert_int_equal(forgetting.pending, pending);
}

/* One step: so many of the oldest, and the cursor goes no further than that. */
static void expire_some(struct scene *scene, struct model *model, int i)
{
    struct model_sink *sink = &model->sinks[i];
    struct expiry expiry = {.events = 0};
    int max = 1 + draw(6);
    int more = journal_expire(scene->journal, numbers[i], 1, "", "", &expiry, max, &scene->error);
    int64_t cursor = scene_sink(scene, names[i]).cursor;
    assert_in_range(expiry.events, 0, max);
    assert_true(!more || expiry.events > 0 || cursor > sink->cursor);
    int64_t left = expiry.events;
    bool pending = false;
    for (int64_t seq = 1; seq <= model->last_seq; seq++) {
        if (is_pending(model, sink, seq) && left > 0) {
            assert_true(left < expiry.events || expiry.first_seq == seq);
            sink->places[seq] = EXPIRED;
            left--;
        }
        bool is_left = is_pending(model, sink, seq);
        pending = pending || is_left;
        if (seq <= cursor && sink->places[seq] == FREE) {
            assert_false(is_left);
            sink->places[seq] = NOT_OURS;
        }
    }
    assert_int_equal(left, 0);
    assert_int_equal(more, pending);
    assert_true(cursor >= sink->cursor);
    sink->cursor = cursor;
}

static void change_mask(struct scene *scene, struct model *model, int i)
{
    model->sinks[i].mask = (uint32_t)draw(4) << 1;
    assert_int_equal(scene_open_sink(scene, names[i], model->sinks[i].mask), numbers[i]);
}

/* ---- Comparing ---- */

static void compare(struct scene *scene, const struct model *model)
{
    assert_int_equal(journal_last_seq(scene->journal), model->last_seq);
    for (int i = 0; i < SINKS; i++) {
        const struct model_sink *expected = &model->sinks[i];
        int64_t counts[PLACES] = {0};
        int64_t gone[PLACES] = {0}; /* of them */
        int64_t pending = 0;
        int64_t oldest = 0;
        int64_t alone = 0;
        for (int64_t seq = model->last_seq; seq > 0; seq--) {
            counts[expected->places[seq]]++;
            gone[expected->places[seq]] += model->gone[seq];
            alone += expected->places[seq] == WAITING && expected->waits_alone[seq];
            if (is_pending(model, expected, seq)) {
                pending++;
                oldest = seq * 1000;
            }
        }
        struct journal_sink sink = scene_sink(scene, names[i]);
        assert_int_equal(sink.cursor, expected->cursor);
        assert_int_equal(sink.pending, pending);
        assert_int_equal(sink.delivered, counts[DELIVERED]);
        assert_int_equal(sink.dead, counts[DEAD] - gone[DEAD]);
        assert_int_equal(sink.expired, counts[EXPIRED]);
        /* What came to the mask after a skip, and is sent again, takes from its count. */
        assert_in_range(sink.skipped, 0, counts[SKIPPED] + counts[PASSED]);
        assert_int_equal(sink.waiting, counts[WAITING]);
        assert_int_equal(sink.held, expected->held);
        int64_t received;
        assert_int_equal(journal_oldest_pending(scene->journal, numbers[i], expected->mask,
                                                &received, &scene->error),
                         0);
        assert_int_equal(received, oldest);
        char sql[160];
        snprintf(sql, sizeof sql, "SELECT count(*) FROM waiting WHERE sink = %d", (int)numbers[i]);
        assert_int_equal(scene_number(scene, sql), counts[WAITING]);
        snprintf(sql, sizeof sql, "SELECT count(*) FROM waiting WHERE sink = %d AND alone = 1",
                 (int)numbers[i]);
        assert_int_equal(scene_number(scene, sql), alone);
        snprintf(sql, sizeof sql, "SELECT count(*) FROM settled WHERE sink = %d", (int)numbers[i]);
        int64_t rows = 0;
        for (enum place place = DELIVERED; place < PLACES; place++)
            rows += place == PASSED ? 0 : counts[place] - gone[place];
        assert_int_equal(scene_number(scene, sql), rows);
    }
}

/* Of one event drawn: where it is at each sink, and its attempts. */
static void compare_trace(struct scene *scene, const struct model *model)
{
    static const enum delivery_state states[PLACES] = {
        [WAITING] = DELIVERY_WAITING, [DELIVERED] = DELIVERY_DELIVERED,
        [DEAD] = DELIVERY_DEAD,       [EXPIRED] = DELIVERY_EXPIRED,
        [SKIPPED] = DELIVERY_SKIPPED, [DROPPED] = DELIVERY_DROPPED,
    };
    if (model->last_seq == 0)
        return;
    int64_t seq = 1 + draw((int)model->last_seq);
    if (model->gone[seq])
        return;
    struct journal_event event = scene_event(scene, seq);
    struct delivery rows[SINKS];
    assert_int_equal(journal_trace(scene->journal, &event, rows, SINKS, &scene->error), SINKS);
    for (int i = 0; i < SINKS; i++) {
        const struct delivery *row = &rows[i];
        int at = row->sink_number == numbers[0] ? 0 : row->sink_number == numbers[1] ? 1 : 2;
        const struct model_sink *sink = &model->sinks[at];
        enum place place = sink->places[seq];
        bool pending = is_pending(model, sink, seq);
        if (states[place])
            assert_int_equal(row->state, states[place]);
        else
            assert_int_equal(row->state == DELIVERY_PENDING, pending);
        assert_int_equal(row->due_unix_ms, place == WAITING ? sink->due[seq] : 0);
        assert_int_equal(row->behind[0] != '\0', pending && is_behind(model, sink, seq));
        struct attempt attempts[4];
        int count = journal_attempts(scene->journal, numbers[at], seq, attempts, 4, &scene->error);
        assert_int_equal(count, sink->attempts[seq]);
        if (count > 0)
            assert_int_equal(attempts[count - 1].times, sink->times[seq]);
    }
}

static void hold(struct scene *scene, struct model_sink *sink, int i)
{
    sink->held = !sink->held;
    assert_int_equal(journal_hold_sink(scene->journal, numbers[i], sink->held, &scene->error), 0);
}

static void the_journal_does_as_its_model(void **state)
{
    struct scene *scene = *state;
    struct model *model = memory_new(1, sizeof *model);
    struct model *committed = memory_new(1, sizeof *committed);
    for (int i = 0; i < SINKS; i++) {
        model->sinks[i].mask = BOTH_TYPES;
        numbers[i] = scene_open_sink(scene, names[i], BOTH_TYPES);
    }
    *committed = *model;
    print_message("seed %u\n", random_state);
    scene_begin(scene);
    for (int step = 0; step < STEPS; step++) {
        int sink = draw(SINKS);
        int kind = draw(30);
        if (kind < 5) {
            append(scene, model);
        } else if (kind < 12) {
            deliver(scene, model, sink);
        } else if (kind < 14) {
            try_heads(scene, model, sink);
        } else if (kind < 17) {
            try_due(scene, model, sink);
        } else if (kind == 17) {
            skip_some(scene, model, sink);
        } else if (kind > 27) {
            prune_some(scene, model);
        } else if (kind == 27) {
            expire_some(scene, model, sink);
        } else if (kind == 26) {
            if (draw(4) == 0)
                forget_one(scene, model);
        } else if (kind > 23) {
            replay_some(scene, model, sink, draw(2) ? sink : draw(SINKS));
        } else if (kind == 18) {
            hold(scene, &model->sinks[sink], sink);
        } else if (kind < 22) {
            scene_commit(scene);
            *committed = *model;
            if (draw(4) == 0) {
                change_mask(scene, model, sink);
                *committed = *model;
            }
            scene_begin(scene);
        } else {
            if (kind == 22)
                journal_rollback(scene->journal);
            else
                scene_reopen(scene);
            *model = *committed;
            scene_begin(scene);
        }
        compare(scene, model);
        compare_trace(scene, model);
    }
    scene_commit(scene);
    assert_true(model->last_seq > 500);
    free(model);
    free(committed);
}

int main(int count, char **arguments)
{
    if (count > 1)
        random_state = (uint32_t)strtoul(arguments[1], NULL, 10) | 1u;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_journal_does_as_its_model, scene_setup, scene_teardown),
    };
    return cmocka_run_group_tests_name("journal_model", tests, NULL, NULL);
}
