/* Sinks and deliveries: the scan, what waits, what is settled, the kept counts, the trace. */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/journal/internal.h"

#define EVENTS_MAX 16

static const char *scan(struct scene *scene, int64_t sink, int64_t after, int max,
                        int64_t expected_scanned)
{
    struct journal_event events[EVENTS_MAX];
    int64_t scanned = -1;
    int count = journal_scan(scene->journal, sink, after, events, max, &scanned, &scene->error);
    assert_true(count >= 0);
    assert_int_equal(scanned, expected_scanned);
    return scene_describe(events, count);
}

static const char *waiting_of(struct scene *scene, int64_t sink, int64_t affiliate, int max)
{
    struct journal_event events[EVENTS_MAX];
    int count = journal_waiting_of(scene->journal, sink, affiliate, 0, events, max, &scene->error);
    assert_true(count >= 0);
    return scene_describe(events, count);
}

static const char *heads(struct scene *scene, int64_t sink, int64_t after, int max)
{
    struct journal_event events[EVENTS_MAX];
    int64_t looked_at;
    int count = journal_waiting_heads(scene->journal, sink, after, 0, events, max, &looked_at,
                                      &scene->error);
    assert_true(looked_at == INT64_MAX || count == max);
    assert_true(count >= 0);
    return scene_describe(events, count);
}

static const char *alone(struct scene *scene, int64_t sink, int max)
{
    struct journal_event events[EVENTS_MAX];
    int count = journal_waiting_alone(scene->journal, sink, events, max, &scene->error);
    assert_true(count >= 0);
    return scene_describe(events, count);
}

/* ---- Sinks ---- */

static void a_new_sink_begins_behind_the_newest_event(void **state)
{
    struct scene *scene = *state;
    struct journal_sink sink;
    assert_int_equal(journal_sink_status(scene->journal, "crm", &sink, &scene->error), 0);
    scene_append_more(scene, 5);
    assert_int_equal(
        journal_open_sink(scene->journal, "crm", BOTH_TYPES, NULL, &sink, &scene->error), 0);
    assert_int_equal(sink.cursor, 5);
    assert_int_equal(sink.pending, 0);
    assert_int_equal(sink.delivered, 0);
    assert_int_equal(sink.dead, 0);
    assert_int_equal(sink.last_error_unix_ms, 0);
    assert_string_equal(sink.last_error, "");
    assert_string_equal(sink.last_remedy, "");
    scene_append_more(scene, 3);
    assert_int_equal(scene_open_sink(scene, "slack", BOTH_TYPES), sink.number + 1);
    for (int opened = 0; opened < 2; opened++) {
        assert_int_equal(scene_sink(scene, "crm").pending, 3);
        assert_int_equal(scene_sink(scene, "crm").cursor, 5);
        assert_int_equal(scene_sink(scene, "slack").pending, 0);
        assert_int_equal(scene_sink(scene, "slack").cursor, 8);
        scene_reopen(scene);
        assert_int_equal(scene_open_sink(scene, "crm", BOTH_TYPES), sink.number);
    }
}

static void a_sink_counts_the_types_of_its_mask(void **state)
{
    struct scene *scene = *state;
    scene_open_sink(scene, "all", BOTH_TYPES);
    scene_open_sink(scene, "created", 1u << EVENT_CREATED);
    scene_open_sink(scene, "deactivated", 1u << EVENT_DEACTIVATED);
    scene_open_sink(scene, "none", 0);
    scene_append_more(scene, 5);
    assert_int_equal(scene_sink(scene, "all").pending, 5);
    assert_int_equal(scene_sink(scene, "created").pending, 3);
    assert_int_equal(scene_sink(scene, "deactivated").pending, 2);
    assert_int_equal(scene_sink(scene, "none").pending, 0);
}

static void the_cursor_is_kept(void **state)
{
    struct scene *scene = *state;
    int64_t crm = scene_open_sink(scene, "crm", BOTH_TYPES);
    scene_append_more(scene, 5);
    scene_begin(scene);
    assert_int_equal(journal_set_cursor(scene->journal, crm, 3, &scene->error), 0);
    assert_int_equal(scene_sink(scene, "crm").cursor, 3);
    scene_commit(scene);
    scene_begin(scene);
    assert_int_equal(journal_set_cursor(scene->journal, crm, 5, &scene->error), 0);
    journal_rollback(scene->journal);
    assert_int_equal(scene_sink(scene, "crm").cursor, 3);
    scene_reopen(scene);
    assert_int_equal(scene_sink(scene, "crm").cursor, 3);
}

/* ---- The scan ---- */

static void the_scan_gives_what_has_no_row(void **state)
{
    struct scene *scene = *state;
    int64_t crm = scene_open_sink(scene, "crm", BOTH_TYPES);
    int64_t slack = scene_open_sink(scene, "slack", BOTH_TYPES);
    scene_append_more(scene, 9); /* affiliates a: 1 4 7, b: 2 5 8, c: 3 6 9 */
    assert_string_equal(scan(scene, crm, 0, 4, 4), "1 2 3 4");
    assert_string_equal(scan(scene, crm, 4, 16, 9), "5 6 7 8 9");
    assert_string_equal(scan(scene, crm, 9, 16, 9), "");
    scene_begin(scene);
    scene_settle(scene, crm, 1, SETTLED_DELIVERED);
    scene_settle(scene, crm, 2, SETTLED_DEAD);
    scene_wait(scene, crm, 6, false);
    scene_wait(scene, crm, 4, false);
    scene_settle(scene, slack, 3, SETTLED_DELIVERED);
    scene_commit(scene);
    /* A settled event blocks nobody; a waiting one those behind it; other sinks do not matter. */
    assert_string_equal(scan(scene, crm, 0, 16, 9), "3 5 7b 8 9b");
    /* `max` bounds what is looked at, so that a scan always gets on. */
    assert_string_equal(scan(scene, crm, 0, 2, 2), "");
    assert_string_equal(scan(scene, crm, 2, 2, 4), "3");
    assert_string_equal(scan(scene, slack, 0, 16, 9), "1 2 4 5 6 7 8 9");
}

static void the_scan_gets_past_what_was_erased(void **state)
{
    struct scene *scene = *state;
    int64_t crm = scene_open_sink(scene, "crm", BOTH_TYPES);
    scene_append_more(scene, 9);
    scene_begin(scene);
    assert_int_equal(sqlite3_exec(scene->journal->database,
                                  "DELETE FROM events WHERE seq IN (1, 5, 8, 9)", NULL, NULL, NULL),
                     SQLITE_OK);
    scene_commit(scene);
    assert_string_equal(scan(scene, crm, 0, 3, 4), "2 3 4");
    assert_string_equal(scan(scene, crm, 4, 16, 9), "6 7");
    assert_string_equal(scan(scene, crm, 7, 16, 9), "");
}

/* ---- Waiting ---- */

static void waiting_events_are_found_again(void **state)
{
    struct scene *scene = *state;
    int64_t crm = scene_open_sink(scene, "crm", BOTH_TYPES);
    int64_t slack = scene_open_sink(scene, "slack", BOTH_TYPES);
    scene_append_more(scene, 9);
    scene_begin(scene);
    static const int order[] = {9, 1, 4, 7, 8, 5};
    for (size_t i = 0; i < 6; i++)
        scene_wait(scene, crm, order[i], order[i] == 8 || order[i] == 4);
    scene_wait(scene, slack, 2, true);
    for (int committed = 0; committed < 2; committed++) {
        assert_string_equal(waiting_of(scene, crm, 1, 16), "1w 4wA 7w");
        assert_string_equal(waiting_of(scene, crm, 1, 2), "1w 4wA");
        assert_string_equal(waiting_of(scene, crm, 3, 16), "9w");
        assert_string_equal(waiting_of(scene, slack, 1, 16), "");
        assert_string_equal(heads(scene, crm, 0, 16), "1w 5w 9w");
        assert_string_equal(heads(scene, crm, 0, 2), "1w 5w");
        assert_string_equal(heads(scene, crm, 2, 2), "9w");
        assert_string_equal(heads(scene, crm, 3, 2), "");
        assert_string_equal(heads(scene, slack, 0, 16), "2wA");
        assert_string_equal(alone(scene, crm, 16), "4bwA 8bwA");
        assert_string_equal(alone(scene, crm, 1), "4bwA");
        assert_string_equal(alone(scene, slack, 16), "2wA");
        if (!committed)
            scene_commit(scene);
        scene_reopen(scene);
    }
    assert_int_equal(scene_sink(scene, "crm").pending, 9);
    struct journal_sink sink;
    assert_int_equal(
        journal_open_sink(scene->journal, "crm", BOTH_TYPES, NULL, &sink, &scene->error), 0);
    assert_int_equal(sink.waiting, 6);
}

static void a_waiting_event_is_brought_up_to_date(void **state)
{
    struct scene *scene = *state;
    int64_t crm = scene_open_sink(scene, "crm", BOTH_TYPES);
    scene_append_more(scene, 1);
    struct journal_event event = scene_event(scene, 1);
    static const struct {
        uint32_t deaths, attempts;
        bool alone;
    } steps[] = {{0, 1, false}, {1, 1, true}, {UINT32_MAX, UINT32_MAX, false}};
    for (size_t i = 0; i < 3; i++) {
        event.deaths = steps[i].deaths;
        event.attempts = steps[i].attempts;
        event.alone = steps[i].alone;
        scene_begin(scene);
        assert_int_equal(journal_wait(scene->journal, crm, &event, &scene->error), 0);
        scene_commit(scene);
        struct journal_event found[2];
        assert_int_equal(
            journal_waiting_of(scene->journal, crm, event.affiliate, 0, found, 2, &scene->error),
            1);
        assert_int_equal(found[0].deaths, steps[i].deaths);
        assert_int_equal(found[0].attempts, steps[i].attempts);
        assert_int_equal(found[0].alone, steps[i].alone);
        journal_event_finish(&found[0]);
    }
}

/* ---- Settled ---- */

static void what_is_settled_no_longer_waits(void **state)
{
    struct scene *scene = *state;
    int64_t crm = scene_open_sink(scene, "crm", BOTH_TYPES);
    int64_t slack = scene_open_sink(scene, "slack", BOTH_TYPES);
    scene_append_more(scene, 4);
    scene_begin(scene);
    scene_wait(scene, crm, 1, true);
    scene_wait(scene, slack, 1, true);
    scene_settle(scene, crm, 1, SETTLED_DELIVERED);
    scene_settle(scene, crm, 2, SETTLED_DELIVERED);
    scene_settle(scene, crm, 3, SETTLED_DEAD);
    for (int committed = 0; committed < 2; committed++) {
        struct journal_sink sink = scene_sink(scene, "crm");
        assert_int_equal(sink.pending, 1);
        assert_int_equal(sink.delivered, 2);
        assert_int_equal(sink.dead, 1);
        assert_string_equal(sink.last_error, "it broke");
        assert_string_equal(sink.last_remedy, "mend it");
        assert_int_equal(sink.last_error_unix_ms, 3);
        assert_string_equal(alone(scene, crm, 16), "");
        assert_string_equal(alone(scene, slack, 16), "1wA");
        assert_int_equal(scene_sink(scene, "slack").pending, 4);
        assert_string_equal(scene_sink(scene, "slack").last_error, "");
        if (!committed)
            scene_commit(scene);
        scene_reopen(scene);
    }
}

static void a_rollback_brings_the_counts_back(void **state)
{
    struct scene *scene = *state;
    int64_t crm = scene_open_sink(scene, "crm", BOTH_TYPES);
    scene_append_more(scene, 4);
    scene_begin(scene);
    scene_settle(scene, crm, 1, SETTLED_DELIVERED);
    scene_commit(scene);
    struct journal_sink before = scene_sink(scene, "crm");
    scene_begin(scene);
    scene_settle(scene, crm, 2, SETTLED_DEAD);
    scene_append(scene, 5, EVENT_CREATED, "a@x.org");
    assert_int_equal(scene_sink(scene, "crm").pending, 3);
    journal_rollback(scene->journal);
    for (int opened = 0; opened < 2; opened++) {
        struct journal_sink after = scene_sink(scene, "crm");
        assert_int_equal(after.pending, 3);
        assert_memory_equal(&after, &before, sizeof after);
        assert_string_equal(scan(scene, crm, 0, 16, 4), "2 3 4");
        scene_reopen(scene);
    }
}

static void settling_twice_is_an_error(void **state)
{
    struct scene *scene = *state;
    int64_t crm = scene_open_sink(scene, "crm", BOTH_TYPES);
    scene_append_more(scene, 2);
    scene_begin(scene);
    scene_settle(scene, crm, 1, SETTLED_DELIVERED);
    scene_commit(scene);
    struct journal_event event = scene_event(scene, 1);
    struct settlement dead = {.as = SETTLED_DEAD, .what = "late", .remedy = ""};
    for (int waits = 0; waits < 2; waits++) {
        scene_begin(scene);
        assert_int_equal(waits ? journal_wait(scene->journal, crm, &event, &scene->error)
                               : journal_settle(scene->journal, crm, &event, &dead, &scene->error),
                         -1);
        scene_expect_error(scene,
                           "event evt_c0ffee00000000000000000000000001 is settled at sink crm "
                           "already; this is a mistake in affnotify: please report it with "
                           "the log");
        /* A transaction in which something failed takes nothing more. */
        assert_int_equal(journal_set_cursor(scene->journal, crm, 1, &scene->error), -1);
        assert_int_equal(journal_commit(scene->journal, &scene->error), -1);
        scene_expect_error(scene, "something failed in this transaction before, so it can only be "
                                  "rolled back");
        journal_rollback(scene->journal);
    }
    assert_int_equal(scene_number(scene, "SELECT count(*) FROM settled WHERE settled_as = 1"), 1);
    assert_int_equal(scene_number(scene, "SELECT count(*) FROM settled, waiting"), 0);
    assert_int_equal(scene_sink(scene, "crm").dead, 0);
    scene_begin(scene);
    scene_settle(scene, crm, 2, SETTLED_DELIVERED);
    scene_commit(scene);
    assert_int_equal(scene_sink(scene, "crm").pending, 0);
}

static void long_texts_are_cut_between_characters(void **state)
{
    struct scene *scene = *state;
    int64_t crm = scene_open_sink(scene, "crm", BOTH_TYPES);
    scene_append_more(scene, 1);
    char what[TEXT_BYTES_MAX + 8];
    memset(what, 'x', sizeof what);
    memcpy(what + TEXT_BYTES_MAX - 2, "\xc3\xa9", 2); /* é over the limit */
    what[sizeof what - 1] = '\0';
    struct journal_event event = scene_event(scene, 1);
    struct settlement dead = {.as = SETTLED_DEAD, .what = what, .remedy = what};
    scene_begin(scene);
    assert_int_equal(journal_settle(scene->journal, crm, &event, &dead, &scene->error), 0);
    scene_commit(scene);
    scene_reopen(scene);
    assert_int_equal(strlen(scene_sink(scene, "crm").last_error), TEXT_BYTES_MAX - 2);
    assert_int_equal(strlen(scene_sink(scene, "crm").last_remedy), TEXT_BYTES_MAX - 2);
    assert_int_equal(scene_number(scene, "SELECT length(what) FROM settled"), TEXT_BYTES_MAX - 2);
}

/* ---- Masks ---- */

static void a_changed_mask_recounts_what_is_pending(void **state)
{
    struct scene *scene = *state;
    int64_t crm = scene_open_sink(scene, "crm", BOTH_TYPES);
    scene_append_more(scene, 9); /* created: 1 3 5 7 9, deactivated: 2 4 6 8 */
    scene_begin(scene);
    scene_settle(scene, crm, 1, SETTLED_DELIVERED);
    scene_wait(scene, crm, 2, false);
    scene_settle(scene, crm, 3, SETTLED_DELIVERED);
    scene_wait(scene, crm, 6, false); /* above the cursor and waiting */
    scene_settle(scene, crm, 8, SETTLED_DEAD);
    assert_int_equal(journal_set_cursor(scene->journal, crm, 3, &scene->error), 0);
    scene_commit(scene);
    assert_int_equal(scene_sink(scene, "crm").pending, 6);

    /* Without deactivated, what waits already still goes out: 2 and 6, with 5, 7 and 9. */
    scene_open_sink(scene, "crm", 1u << EVENT_CREATED);
    assert_int_equal(scene_sink(scene, "crm").pending, 5);
    scene_begin(scene);
    scene_settle(scene, crm, 2, SETTLED_DELIVERED);
    scene_wait(scene, crm, 4, false);
    scene_wait(scene, crm, 4, true);
    assert_int_equal(scene_sink(scene, "crm").pending, 5);
    assert_int_equal(journal_set_cursor(scene->journal, crm, 7, &scene->error), 0);
    scene_settle(scene, crm, 5, SETTLED_DELIVERED);
    scene_settle(scene, crm, 7, SETTLED_DELIVERED);
    scene_commit(scene);
    scene_reopen(scene);
    scene_open_sink(scene, "crm", 1u << EVENT_CREATED);
    assert_int_equal(scene_sink(scene, "crm").pending, 3); /* 4 6 9 */

    /* What the cursor passed meanwhile is not this sink's; what is above it is. */
    scene_append_more(scene, 3); /* created 11, deactivated 10 12 */
    scene_open_sink(scene, "crm", BOTH_TYPES);
    assert_int_equal(scene_sink(scene, "crm").pending, 6); /* 4 6 9 10 11 12 */
    scene_reopen(scene);
    assert_int_equal(scene_sink(scene, "crm").pending, 6);

    scene_open_sink(scene, "crm", 0);
    assert_int_equal(scene_sink(scene, "crm").pending, 2);
}

/* ---- Looking ---- */

static int64_t oldest(struct scene *scene, int64_t sink, uint32_t mask)
{
    int64_t received_unix_ms = -1;
    assert_int_equal(
        journal_oldest_pending(scene->journal, sink, mask, &received_unix_ms, &scene->error), 0);
    return received_unix_ms;
}

static void the_oldest_pending_event_is_found(void **state)
{
    struct scene *scene = *state;
    int64_t crm = scene_open_sink(scene, "crm", BOTH_TYPES);
    int64_t created = scene_open_sink(scene, "created", 1u << EVENT_CREATED);
    assert_int_equal(oldest(scene, crm, BOTH_TYPES), 0);
    scene_append_more(scene, 6);
    assert_int_equal(oldest(scene, crm, BOTH_TYPES), 1000);
    scene_begin(scene);
    scene_settle(scene, crm, 1, SETTLED_DELIVERED);
    scene_settle(scene, crm, 2, SETTLED_DELIVERED);
    assert_int_equal(oldest(scene, crm, BOTH_TYPES), 3000);
    scene_wait(scene, crm, 4, false);
    assert_int_equal(oldest(scene, crm, BOTH_TYPES), 3000);
    scene_settle(scene, crm, 3, SETTLED_DELIVERED);
    assert_int_equal(journal_set_cursor(scene->journal, crm, 4, &scene->error), 0);
    assert_int_equal(oldest(scene, crm, BOTH_TYPES), 4000);
    scene_settle(scene, crm, 5, SETTLED_DELIVERED);
    scene_settle(scene, crm, 6, SETTLED_DELIVERED);
    assert_int_equal(oldest(scene, crm, BOTH_TYPES), 4000);
    scene_settle(scene, crm, 4, SETTLED_DEAD);
    assert_int_equal(oldest(scene, crm, BOTH_TYPES), 0);
    scene_settle(scene, created, 1, SETTLED_DELIVERED);
    assert_int_equal(oldest(scene, created, 1u << EVENT_CREATED), 3000);
    assert_int_equal(oldest(scene, created, BOTH_TYPES), 2000); /* asked with another mask */
    scene_commit(scene);
}

static void a_trace_tells_each_sink(void **state)
{
    struct scene *scene = *state;
    scene_append_more(scene, 1);
    struct {
        const char *name;
        uint32_t mask;
        enum delivery_state state; /* of event 2, a deactivated */
        int64_t number;
    } sinks[] = {
        {"a-pending", BOTH_TYPES, DELIVERY_PENDING, 0},
        {"f-delivered", BOTH_TYPES, DELIVERY_DELIVERED, 0},
        {"c-dead", BOTH_TYPES, DELIVERY_DEAD, 0},
        {"d-waiting", BOTH_TYPES, DELIVERY_WAITING, 0},
        {"b-other", 1u << EVENT_CREATED, DELIVERY_NOT_SENT, 0},
        {"e-younger", BOTH_TYPES, DELIVERY_NOT_SENT, 0},
    };
    for (size_t i = 0; i < 6; i++) {
        if (i == 5)
            scene_append_more(scene, 1);
        sinks[i].number = scene_open_sink(scene, sinks[i].name, sinks[i].mask);
    }
    struct journal_event event = scene_event(scene, 2);
    event.deaths = 2;
    event.attempts = 3;
    struct settlement settlement = {.as = SETTLED_DELIVERED,
                                    .verdict = 1,
                                    .code = 204,
                                    .attempts = 4,
                                    .duration_ms = 17,
                                    .at_unix_ms = 99,
                                    .what = "",
                                    .remedy = ""};
    scene_begin(scene);
    assert_int_equal(
        journal_settle(scene->journal, sinks[1].number, &event, &settlement, &scene->error), 0);
    settlement.as = SETTLED_DEAD;
    settlement.verdict = -3;
    settlement.code = -4;
    settlement.what = "why";
    settlement.remedy = "how";
    assert_int_equal(
        journal_settle(scene->journal, sinks[2].number, &event, &settlement, &scene->error), 0);
    assert_int_equal(journal_wait(scene->journal, sinks[3].number, &event, &scene->error), 0);
    scene_commit(scene);

    struct delivery rows[8];
    assert_int_equal(journal_trace(scene->journal, &event, rows, 8, &scene->error), 6);
    static const size_t by_name[] = {0, 4, 2, 3, 5, 1};
    for (size_t i = 0; i < 6; i++) {
        assert_string_equal(rows[i].sink, sinks[by_name[i]].name);
        assert_int_equal(rows[i].state, sinks[by_name[i]].state);
    }
    assert_int_equal(rows[2].verdict, -3);
    assert_int_equal(rows[2].code, -4);
    assert_int_equal(rows[2].attempts, 4);
    assert_int_equal(rows[2].deaths, 2);
    assert_int_equal(rows[2].duration_ms, 17);
    assert_int_equal(rows[2].at_unix_ms, 99);
    assert_string_equal(rows[2].what, "why");
    assert_string_equal(rows[2].remedy, "how");
    assert_int_equal(rows[3].attempts, 3);
    assert_int_equal(rows[3].deaths, 2);
    assert_int_equal(rows[5].code, 204);
    assert_string_equal(rows[5].what, "");
    assert_int_equal(journal_trace(scene->journal, &event, rows, 2, &scene->error), 2);
    event = scene_event(scene, 1);
    assert_int_equal(journal_trace(scene->journal, &event, rows, 8, &scene->error), 6);
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(rows[i].state, DELIVERY_NOT_SENT);
}

static void states_have_names(void **state)
{
    (void)state;
    static const char *const names[] = {"pending", "waiting", "delivered", "dead",
                                        "expired", "skipped", "dropped",   "not sent"};
    for (enum delivery_state i = DELIVERY_PENDING; i <= DELIVERY_NOT_SENT; i++)
        assert_string_equal(delivery_state_name(i), names[i]);
}

#define SCENE(test) cmocka_unit_test_setup_teardown(test, scene_setup, scene_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(a_new_sink_begins_behind_the_newest_event),
        SCENE(a_sink_counts_the_types_of_its_mask),
        SCENE(the_cursor_is_kept),
        SCENE(the_scan_gives_what_has_no_row),
        SCENE(the_scan_gets_past_what_was_erased),
        SCENE(waiting_events_are_found_again),
        SCENE(a_waiting_event_is_brought_up_to_date),
        SCENE(what_is_settled_no_longer_waits),
        SCENE(a_rollback_brings_the_counts_back),
        SCENE(settling_twice_is_an_error),
        SCENE(long_texts_are_cut_between_characters),
        SCENE(a_changed_mask_recounts_what_is_pending),
        SCENE(the_oldest_pending_event_is_found),
        SCENE(a_trace_tells_each_sink),
        cmocka_unit_test(states_have_names),
    };
    return cmocka_run_group_tests_name("journal_deliveries", tests, NULL, NULL);
}
