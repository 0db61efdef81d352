/* Where a new sink begins, other names, holding, removing, and skipping what is pending. */
#include "fixture.h"

#include <stdio.h>
#include <string.h>

#include "core/journal/internal.h"

static void run(struct scene *scene, const char *sql)
{
    assert_int_equal(sqlite3_exec(scene->journal->database, sql, NULL, NULL, NULL), SQLITE_OK);
}

static enum delivery_state state_at(struct scene *scene, const char *sink, int64_t seq)
{
    struct journal_event event = scene_event(scene, seq);
    struct delivery rows[8];
    int count = journal_trace(scene->journal, &event, rows, 8, &scene->error);
    for (int i = 0; i < count; i++)
        if (strcmp(rows[i].sink, sink) == 0)
            return rows[i].state;
    fail_msg("no sink %s", sink);
    return DELIVERY_NOT_SENT;
}

/* ---- Where a new sink begins ---- */

static void events_are_found_by_their_time(void **state)
{
    struct scene *scene = *state;
    int64_t seq = -1;
    assert_int_equal(journal_seq_received_at(scene->journal, 5000, &seq, &scene->error), 0);
    assert_int_equal(seq, 0);
    scene_append_more(scene, 100);
    for (int64_t at = 0; at <= 102; at++) {
        for (int64_t ms = 0; ms <= 1; ms++) {
            assert_int_equal(
                journal_seq_received_at(scene->journal, at * 1000 + ms, &seq, &scene->error), 0);
            int64_t before = ms ? at : at - 1;
            assert_int_equal(seq, before < 0 ? 0 : before > 100 ? 100 : before);
        }
    }
    /* Where events are gone, any place in the gap will do. */
    run(scene, "DELETE FROM events WHERE seq <= 40 OR seq BETWEEN 60 AND 70");
    static const struct {
        int64_t at, from, to;
    } cases[] = {{1, 0, 40},   {41, 0, 40},  {42, 41, 41},  {59, 58, 58},   {65, 59, 70},
                 {71, 59, 70}, {72, 71, 71}, {100, 99, 99}, {200, 100, 100}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(
            journal_seq_received_at(scene->journal, cases[i].at * 1000, &seq, &scene->error), 0);
        assert_in_range(seq, cases[i].from, cases[i].to);
    }
}

static void a_new_sink_begins_where_its_rule_says(void **state)
{
    struct scene *scene = *state;
    static const struct {
        const char *name;
        struct sink_start_rule rule;
        uint32_t mask;
        int64_t cursor, pending;
    } cases[] = {
        {"now", {START_NOW, 5000}, BOTH_TYPES, 9, 0},
        {"all", {START_BEGINNING, 5000}, BOTH_TYPES, 0, 9},
        {"created", {START_BEGINNING, 0}, 1u << EVENT_CREATED, 0, 5},
        {"deactivated", {START_BEGINNING, 0}, 1u << EVENT_DEACTIVATED, 0, 4},
        {"none", {START_BEGINNING, 0}, 0, 0, 0},
        {"date", {START_RECEIVED, 7000}, BOTH_TYPES, 6, 3},
        {"behind", {START_RECEIVED, 7001}, 1u << EVENT_CREATED, 7, 1},
        {"early", {START_RECEIVED, 1}, BOTH_TYPES, 0, 9},
        {"late", {START_RECEIVED, 900000}, BOTH_TYPES, 9, 0},
    };
    const size_t count = sizeof cases / sizeof *cases;
    scene_append_more(scene, 9);
    for (size_t i = 0; i < count; i++) {
        struct journal_sink sink;
        assert_int_equal(journal_open_sink(scene->journal, cases[i].name, cases[i].mask,
                                           &cases[i].rule, &sink, &scene->error),
                         0);
        assert_int_equal(sink.cursor, cases[i].cursor);
        assert_int_equal(sink.pending, cases[i].pending);
    }
    for (int opened = 0; opened < 2; opened++) {
        for (size_t i = 0; i < count; i++) {
            assert_int_equal(scene_sink(scene, cases[i].name).cursor, cases[i].cursor);
            assert_int_equal(scene_sink(scene, cases[i].name).pending, cases[i].pending);
        }
        scene_reopen(scene);
    }
    assert_int_equal(state_at(scene, "date", 6), DELIVERY_NOT_SENT);
    assert_int_equal(state_at(scene, "date", 7), DELIVERY_PENDING);
    /* Of a known one the rule changes nothing. */
    struct journal_sink sink;
    const struct sink_start_rule all = {START_BEGINNING, 0};
    assert_int_equal(
        journal_open_sink(scene->journal, "now", BOTH_TYPES, &all, &sink, &scene->error), 0);
    assert_int_equal(sink.cursor, 9);
    assert_int_equal(sink.pending, 0);
}

/* ---- Names ---- */

static void a_renamed_sink_keeps_all_that_it_has(void **state)
{
    struct scene *scene = *state;
    int64_t crm = scene_open_sink(scene, "crm", BOTH_TYPES);
    scene_open_sink(scene, "slack", BOTH_TYPES);
    scene_append_more(scene, 5);
    scene_begin(scene);
    scene_settle(scene, crm, 1, SETTLED_DEAD);
    scene_wait_until(scene, crm, 2, 900);
    assert_int_equal(journal_set_cursor(scene->journal, crm, 2, &scene->error), 0);
    scene_commit(scene);
    struct journal_sink before = scene_sink(scene, "crm");
    struct journal *journal = scene->journal;
    assert_int_equal(journal_rename_sink(journal, "none", "new", &scene->error), 0);
    assert_int_equal(journal_rename_sink(journal, "crm", "slack", &scene->error), 0);
    assert_int_equal(journal_rename_sink(journal, "crm", "crm", &scene->error), 0);
    assert_int_equal(journal_rename_sink(journal, "crm", "new", &scene->error), 1);
    assert_int_equal(journal_rename_sink(journal, "crm", "new", &scene->error), 0);
    for (int opened = 0; opened < 2; opened++) {
        struct journal_sink after = scene_sink(scene, "new");
        assert_memory_equal(&after, &before, sizeof after);
        assert_int_equal(journal_sink_status(scene->journal, "crm", &after, &scene->error), 0);
        scene_reopen(scene);
    }
    assert_int_equal(scene_open_sink(scene, "new", BOTH_TYPES), crm);
    assert_int_equal(state_at(scene, "new", 1), DELIVERY_DEAD);
}

static void all_sinks_are_told(void **state)
{
    struct scene *scene = *state;
    struct journal_sink_name sinks[4];
    assert_int_equal(journal_sinks_all(scene->journal, sinks, 4, &scene->error), 0);
    int64_t slack = scene_open_sink(scene, "slack", BOTH_TYPES);
    int64_t crm = scene_open_sink(scene, "crm", 1u << EVENT_CREATED);
    scene_append_more(scene, 5);
    scene_reopen(scene);
    assert_int_equal(journal_sinks_all(scene->journal, sinks, 4, &scene->error), 2);
    assert_string_equal(sinks[0].name, "slack");
    assert_int_equal(sinks[0].number, slack);
    assert_int_equal(sinks[0].pending, 5);
    assert_string_equal(sinks[1].name, "crm");
    assert_int_equal(sinks[1].number, crm);
    assert_int_equal(sinks[1].pending, 3);
    assert_int_equal(journal_sinks_all(scene->journal, sinks, 1, &scene->error), 1);
}

static void a_removed_sink_is_gone(void **state)
{
    struct scene *scene = *state;
    int64_t first = scene_open_sink(scene, "first", BOTH_TYPES);
    int64_t crm = scene_open_sink(scene, "crm", BOTH_TYPES);
    int64_t last = scene_open_sink(scene, "last", BOTH_TYPES);
    scene_append_more(scene, 2);
    assert_int_equal(journal_remove_sink(scene->journal, crm, &scene->error), 0);
    scene_begin(scene);
    scene_settle(scene, crm, 1, SETTLED_DELIVERED);
    scene_settle(scene, crm, 2, SETTLED_DEAD);
    scene_commit(scene);
    assert_int_equal(journal_remove_sink(scene->journal, crm, &scene->error), 1);
    for (int opened = 0; opened < 2; opened++) {
        struct journal_sink sink;
        assert_int_equal(journal_sink_status(scene->journal, "crm", &sink, &scene->error), 0);
        assert_int_equal(scene_sink(scene, "first").number, first);
        assert_int_equal(scene_sink(scene, "last").number, last);
        assert_int_equal(scene_sink(scene, "last").pending, 2);
        struct journal_event event = scene_event(scene, 1);
        struct delivery rows[4];
        assert_int_equal(journal_trace(scene->journal, &event, rows, 4, &scene->error), 2);
        scene_reopen(scene);
    }
    /* One of its name is another sink. */
    assert_int_equal(scene_open_sink(scene, "crm", BOTH_TYPES), last + 1);
    assert_int_equal(scene_sink(scene, "crm").delivered, 0);
    assert_int_equal(state_at(scene, "crm", 1), DELIVERY_NOT_SENT);
}

static void a_hold_is_kept(void **state)
{
    struct scene *scene = *state;
    int64_t crm = scene_open_sink(scene, "crm", BOTH_TYPES);
    scene_open_sink(scene, "slack", BOTH_TYPES);
    for (int held = 1; held >= 0; held--) {
        scene_begin(scene);
        assert_int_equal(journal_hold_sink(scene->journal, crm, held, &scene->error), 0);
        assert_int_equal(scene_sink(scene, "crm").held, held);
        journal_rollback(scene->journal);
        assert_int_equal(scene_sink(scene, "crm").held, !held);
        scene_begin(scene);
        assert_int_equal(journal_hold_sink(scene->journal, crm, held, &scene->error), 0);
        scene_commit(scene);
        scene_reopen(scene);
        assert_int_equal(scene_sink(scene, "crm").held, held);
        assert_false(scene_sink(scene, "slack").held);
    }
}

static void what_was_told_is_kept(void **state)
{
    struct scene *scene = *state;
    int64_t crm = scene_open_sink(scene, "crm", BOTH_TYPES);
    scene_open_sink(scene, "slack", BOTH_TYPES);
    for (int64_t told = 1773835200000; told >= 0; told -= 1773835200000) {
        int64_t before = scene_sink(scene, "crm").alerted_unix_ms;
        scene_begin(scene);
        assert_int_equal(journal_set_alerted(scene->journal, crm, told, &scene->error), 0);
        assert_true(scene_sink(scene, "crm").alerted_unix_ms == told);
        journal_rollback(scene->journal);
        assert_true(scene_sink(scene, "crm").alerted_unix_ms == before);
        scene_begin(scene);
        assert_int_equal(journal_set_alerted(scene->journal, crm, told, &scene->error), 0);
        scene_commit(scene);
        scene_reopen(scene);
        assert_true(scene_sink(scene, "crm").alerted_unix_ms == told);
        assert_true(scene_sink(scene, "slack").alerted_unix_ms == 0);
        if (told == 0)
            continue;
        assert_int_equal(journal_rename_sink(scene->journal, "crm", "crm2", &scene->error), 1);
        assert_true(scene_sink(scene, "crm2").alerted_unix_ms == told);
        assert_int_equal(journal_rename_sink(scene->journal, "crm2", "crm", &scene->error), 1);
    }
}

/* ---- Skipping ---- */

/* Steps to the end, each in a transaction of its own; gives their number. */
static int skip_until(struct scene *scene, int64_t sink, int64_t until, int max_rows)
{
    int steps = 0;
    int result = 1;
    while (result == 1) {
        scene_begin(scene);
        result = journal_skip(scene->journal, sink, until, 77, max_rows, &scene->error);
        scene_commit(scene);
        steps++;
    }
    assert_int_equal(result, 0);
    return steps;
}

static int64_t skippable(struct scene *scene, int64_t sink, int64_t until)
{
    int64_t count = -1;
    assert_int_equal(journal_skippable(scene->journal, sink, until, &count, &scene->error), 0);
    return count;
}

/*
 * Events 1 to 20, of which the sink, which takes `created`, began at 3. Then: 3 delivered, 5 and 9
 * waiting, 6 waiting from before its mask changed, 13 delivered; the cursor at 9.
 */
static int64_t half_delivered(struct scene *scene)
{
    scene_append_more(scene, 2);
    int64_t crm = scene_open_sink(scene, "crm", BOTH_TYPES);
    scene_append_more(scene, 18);
    scene_begin(scene);
    scene_settle(scene, crm, 3, SETTLED_DELIVERED);
    scene_settle(scene, crm, 4, SETTLED_DELIVERED);
    scene_wait(scene, crm, 6, false);
    assert_int_equal(journal_set_cursor(scene->journal, crm, 4, &scene->error), 0);
    scene_commit(scene);
    scene_open_sink(scene, "crm", 1u << EVENT_CREATED);
    scene_begin(scene);
    scene_wait_until(scene, crm, 5, 900);
    scene_settle(scene, crm, 7, SETTLED_DELIVERED);
    scene_wait(scene, crm, 9, true);
    scene_settle(scene, crm, 13, SETTLED_DELIVERED);
    assert_int_equal(journal_set_cursor(scene->journal, crm, 9, &scene->error), 0);
    scene_commit(scene);
    assert_int_equal(scene_sink(scene, "crm").pending, 7); /* 5 6 9 11 15 17 19 */
    return crm;
}

static void what_is_pending_is_skipped(void **state)
{
    struct scene *scene = *state;
    int64_t crm = half_delivered(scene);
    assert_int_equal(skippable(scene, crm, 4), 0);
    assert_int_equal(skippable(scene, crm, 5), 1);
    assert_int_equal(skippable(scene, crm, 15), 5);
    assert_int_equal(skippable(scene, crm, 20), 7);
    assert_int_equal(skippable(scene, crm, INT64_MAX), 7);

    assert_int_equal(skip_until(scene, crm, 15, 1000), 1);
    for (int opened = 0; opened < 2; opened++) {
        struct journal_sink sink = scene_sink(scene, "crm");
        assert_int_equal(sink.skipped, 5);
        assert_int_equal(sink.skipped_seq, 15);
        assert_int_equal(sink.cursor, 15);
        assert_int_equal(sink.pending, 2);
        assert_int_equal(sink.waiting, 0);
        assert_int_equal(sink.delivered, 4);
        assert_string_equal(sink.last_error, "");
        scene_reopen(scene);
    }
    static const enum delivery_state states[20] = {
        [0] = DELIVERY_NOT_SENT, /* older than the sink */
        [1] = DELIVERY_NOT_SENT,  [2] = DELIVERY_DELIVERED, [3] = DELIVERY_DELIVERED,
        [4] = DELIVERY_SKIPPED,   [5] = DELIVERY_SKIPPED,   [6] = DELIVERY_DELIVERED,
        [7] = DELIVERY_NOT_SENT,  [8] = DELIVERY_SKIPPED,   [9] = DELIVERY_NOT_SENT,
        [10] = DELIVERY_SKIPPED,  [11] = DELIVERY_NOT_SENT, [12] = DELIVERY_DELIVERED,
        [13] = DELIVERY_NOT_SENT, [14] = DELIVERY_SKIPPED,  [15] = DELIVERY_NOT_SENT,
        [16] = DELIVERY_PENDING,  [17] = DELIVERY_NOT_SENT, [18] = DELIVERY_PENDING,
        [19] = DELIVERY_NOT_SENT,
    };
    for (int64_t seq = 1; seq <= 20; seq++)
        assert_int_equal(state_at(scene, "crm", seq), states[seq - 1]);
    /* Only what waited got rows. */
    assert_int_equal(scene_number(scene, "SELECT count(*) FROM settled WHERE settled_as = 4 AND"
                                         " seq IN (5, 6, 9) AND at_unix_ms = 77"),
                     3);
    assert_int_equal(scene_number(scene, "SELECT count(*) FROM settled"), 7);
    assert_int_equal(scene_number(scene, "SELECT attempts FROM settled WHERE seq = 5"), 1);

    /* And the rest, later. */
    assert_int_equal(skip_until(scene, crm, INT64_MAX, 1000), 1);
    assert_int_equal(scene_sink(scene, "crm").pending, 0);
    assert_int_equal(scene_sink(scene, "crm").skipped, 7);
    assert_int_equal(scene_sink(scene, "crm").skipped_seq, 20);
    assert_int_equal(scene_sink(scene, "crm").cursor, 20);
    assert_int_equal(state_at(scene, "crm", 1), DELIVERY_NOT_SENT);
    assert_int_equal(state_at(scene, "crm", 19), DELIVERY_SKIPPED);
    scene_append_more(scene, 1);
    assert_int_equal(state_at(scene, "crm", 21), DELIVERY_PENDING);
    assert_int_equal(scene_sink(scene, "crm").pending, 1);
}

static void small_steps_come_to_the_same(void **state)
{
    struct scene *scene = *state;
    int64_t crm = half_delivered(scene);
    assert_int_equal(skip_until(scene, crm, 15, 2), 5); /* 6 above the cursor and 3 that wait */
    assert_int_equal(scene_sink(scene, "crm").skipped, 5);
    assert_int_equal(scene_sink(scene, "crm").skipped_seq, 15);
    assert_int_equal(scene_sink(scene, "crm").pending, 2);
    assert_int_equal(state_at(scene, "crm", 1), DELIVERY_NOT_SENT);
    assert_int_equal(state_at(scene, "crm", 11), DELIVERY_SKIPPED);
    assert_int_equal(skip_until(scene, crm, 15, 2), 1); /* nothing left */
    assert_int_equal(skip_until(scene, crm, 3, 2), 1);
    assert_int_equal(scene_sink(scene, "crm").skipped, 5);
    assert_int_equal(scene_sink(scene, "crm").cursor, 15);
}

static void a_skip_that_is_rolled_back_did_nothing(void **state)
{
    struct scene *scene = *state;
    int64_t crm = half_delivered(scene);
    struct journal_sink before = scene_sink(scene, "crm");
    scene_begin(scene);
    assert_int_equal(journal_skip(scene->journal, crm, 20, 77, 1000, &scene->error), 0);
    assert_int_equal(scene_sink(scene, "crm").pending, 0);
    journal_rollback(scene->journal);
    for (int opened = 0; opened < 2; opened++) {
        struct journal_sink after = scene_sink(scene, "crm");
        assert_memory_equal(&after, &before, sizeof after);
        assert_int_equal(state_at(scene, "crm", 5), DELIVERY_WAITING);
        scene_reopen(scene);
    }
}

/* Before one asks whether to skip, one call looks at a bounded number. */
static void what_would_be_skipped_is_counted_up_to_a_bound(void **state)
{
    struct scene *scene = *state;
    int64_t crm = scene_open_sink(scene, "crm", BOTH_TYPES);
    scene_append_more(scene, SKIP_COUNT_MAX + 3);
    int64_t count;
    assert_int_equal(skippable(scene, crm, SKIP_COUNT_MAX), SKIP_COUNT_MAX);
    assert_int_equal(
        journal_skippable(scene->journal, crm, SKIP_COUNT_MAX + 2, &count, &scene->error), 1);
    assert_in_range(count, SKIP_COUNT_MAX, SKIP_COUNT_MAX + 1);
    assert_int_equal(skippable(scene, crm, SKIP_COUNT_MAX + 3), SKIP_COUNT_MAX + 3);
    run(scene, "INSERT INTO waiting SELECT 1, affiliate, seq, 0, 0, 0, 0, 0 FROM events");
    scene_reopen(scene);
    assert_int_equal(skippable(scene, crm, SKIP_COUNT_MAX), SKIP_COUNT_MAX);
    assert_int_equal(
        journal_skippable(scene->journal, crm, SKIP_COUNT_MAX + 2, &count, &scene->error), 1);
    assert_in_range(count, SKIP_COUNT_MAX, SKIP_COUNT_MAX + 1);
}

#define SCENE(test) cmocka_unit_test_setup_teardown(test, scene_setup, scene_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(events_are_found_by_their_time),
        SCENE(a_new_sink_begins_where_its_rule_says),
        SCENE(a_renamed_sink_keeps_all_that_it_has),
        SCENE(all_sinks_are_told),
        SCENE(a_removed_sink_is_gone),
        SCENE(a_hold_is_kept),
        SCENE(what_was_told_is_kept),
        SCENE(what_is_pending_is_skipped),
        SCENE(small_steps_come_to_the_same),
        SCENE(a_skip_that_is_rolled_back_did_nothing),
        SCENE(what_would_be_skipped_is_counted_up_to_a_bound),
    };
    return cmocka_run_group_tests_name("journal_sinks", tests, NULL, NULL);
}
