/* What waits for a time: when it is due, in which order, what it holds up; and the attempts. */
#include "fixture.h"

#include <stdio.h>
#include <string.h>

#include "core/journal/internal.h"

#define EVENTS_MAX 16

static const char *waiting_of(struct scene *scene, int64_t sink, int64_t affiliate, int64_t now,
                              int max)
{
    struct journal_event events[EVENTS_MAX];
    int count =
        journal_waiting_of(scene->journal, sink, affiliate, now, events, max, &scene->error);
    assert_true(count >= 0);
    return scene_describe(events, count);
}

static const char *heads(struct scene *scene, int64_t sink, int64_t after, int64_t now, int max,
                         int64_t expected_looked_at)
{
    struct journal_event events[EVENTS_MAX];
    int64_t looked_at = -1;
    int count = journal_waiting_heads(scene->journal, sink, after, now, events, max, &looked_at,
                                      &scene->error);
    assert_true(count >= 0);
    assert_int_equal(looked_at, expected_looked_at);
    return scene_describe(events, count);
}

static const char *due(struct scene *scene, int64_t sink, int64_t after_due, int64_t after_seq,
                       int64_t now, int max)
{
    struct journal_event events[EVENTS_MAX];
    int count = journal_waiting_due(scene->journal, sink, after_due, after_seq, now, events, max,
                                    &scene->error);
    assert_true(count >= 0);
    return scene_describe(events, count);
}

static int64_t next_due(struct scene *scene, int64_t sink, int64_t now)
{
    int64_t due_unix_ms = -1;
    assert_int_equal(journal_next_due(scene->journal, sink, now, &due_unix_ms, &scene->error), 0);
    return due_unix_ms;
}

/* At crm: 1 and 4 of a, 2 of b at once, 3 and 9 of c; at slack: 5. */
static void put_aside(struct scene *scene, int64_t *crm, int64_t *slack)
{
    *crm = scene_open_sink(scene, "crm", BOTH_TYPES);
    *slack = scene_open_sink(scene, "slack", BOTH_TYPES);
    scene_append_more(scene, 9);
    scene_begin(scene);
    scene_wait_until(scene, *crm, 1, 500);
    scene_wait_until(scene, *crm, 4, 300);
    scene_wait_until(scene, *crm, 2, 0);
    scene_wait_until(scene, *crm, 9, 300);
    scene_wait_until(scene, *crm, 3, 700);
    scene_wait_until(scene, *slack, 5, 100);
    scene_commit(scene);
    scene_reopen(scene);
}

/* ---- Due ---- */

static void what_is_due_comes_in_the_order_of_time(void **state)
{
    struct scene *scene = *state;
    int64_t crm, slack;
    put_aside(scene, &crm, &slack);
    assert_string_equal(due(scene, crm, 0, 0, 299, 16), "");
    assert_string_equal(due(scene, crm, 0, 0, 300, 16), "4@300bw 9@300bw");
    assert_string_equal(due(scene, crm, 0, 0, 699, 16), "4@300bw 9@300bw 1@500w");
    assert_string_equal(due(scene, crm, 0, 0, INT64_MAX, 16), "4@300bw 9@300bw 1@500w 3@700w");
    assert_string_equal(due(scene, slack, 0, 0, 1000, 16), "5@100w");
    /* Page by page. */
    assert_string_equal(due(scene, crm, 0, 0, 1000, 1), "4@300bw");
    assert_string_equal(due(scene, crm, 300, 4, 1000, 2), "9@300bw 1@500w");
    assert_string_equal(due(scene, crm, 300, 9, 1000, 16), "1@500w 3@700w");
    assert_string_equal(due(scene, crm, 700, 3, 1000, 16), "");
}

static void the_next_time_is_found(void **state)
{
    struct scene *scene = *state;
    int64_t crm, slack;
    put_aside(scene, &crm, &slack);
    static const struct {
        int64_t now, due;
    } cases[] = {{0, 300}, {299, 300}, {300, 500}, {500, 700}, {700, 0}, {INT64_MAX, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(next_due(scene, crm, cases[i].now), cases[i].due);
    assert_int_equal(next_due(scene, slack, 0), 100);
    assert_int_equal(next_due(scene, slack, 100), 0);
    scene_begin(scene);
    scene_wait_until(scene, crm, 4, 900); /* once more, later */
    scene_settle(scene, crm, 9, SETTLED_DELIVERED);
    scene_wait_until(scene, crm, 1, 0); /* after a host's death, at once */
    scene_commit(scene);
    assert_int_equal(next_due(scene, crm, 0), 700);
    assert_int_equal(next_due(scene, crm, 700), 900);
    assert_string_equal(due(scene, crm, 0, 0, 1000, 16), "3@700w 4@900bw");
    assert_int_equal(scene_number(scene, "SELECT count(*) FROM waiting INDEXED BY waiting_due"
                                         " WHERE due_unix_ms <> 0"),
                     3);
}

static void nothing_passes_one_of_its_affiliate_that_is_not_due(void **state)
{
    struct scene *scene = *state;
    int64_t crm, slack;
    put_aside(scene, &crm, &slack);
    assert_string_equal(waiting_of(scene, crm, 1, 499, 16), "");
    assert_string_equal(waiting_of(scene, crm, 1, 500, 16), "1@500w 4@300w");
    assert_string_equal(waiting_of(scene, crm, 1, 500, 1), "1@500w");
    assert_string_equal(waiting_of(scene, crm, 2, 0, 16), "2w");
    scene_begin(scene);
    scene_wait_until(scene, crm, 1, 300);
    scene_wait_until(scene, crm, 4, 500);
    scene_wait_until(scene, crm, 7, 0);
    scene_commit(scene);
    assert_string_equal(waiting_of(scene, crm, 1, 299, 16), "");
    assert_string_equal(waiting_of(scene, crm, 1, 300, 16), "1@300w");
    assert_string_equal(waiting_of(scene, crm, 1, 500, 16), "1@300w 4@500w 7w");
}

/* ---- Heads ---- */

static void heads_that_are_not_due_are_passed_over(void **state)
{
    struct scene *scene = *state;
    int64_t crm, slack;
    put_aside(scene, &crm, &slack);
    assert_string_equal(heads(scene, crm, 0, 0, 16, INT64_MAX), "2w");
    assert_string_equal(heads(scene, crm, 0, 500, 16, INT64_MAX), "1@500w 2w");
    assert_string_equal(heads(scene, crm, 0, 700, 16, INT64_MAX), "1@500w 2w 3@700w");
    assert_string_equal(heads(scene, crm, 0, 0, 1, 2), "2w");
    assert_string_equal(heads(scene, crm, 2, 0, 1, INT64_MAX), "");
    assert_string_equal(heads(scene, crm, 2, 700, 1, 3), "3@700w");
    assert_string_equal(heads(scene, crm, 3, 700, 1, INT64_MAX), "");
    assert_string_equal(heads(scene, crm, INT64_MAX, 700, 1, INT64_MAX), "");
}

#define LAST_BUT_ONE "999w" /* of twice WAITING_HEADS_MAX */

/* After a long outage a call does not look at everything, and the next goes on. */
static void one_call_looks_at_a_bounded_number_of_heads(void **state)
{
    struct scene *scene = *state;
    int64_t crm = scene_open_sink(scene, "crm", BOTH_TYPES);
    scene_begin(scene);
    for (int i = 1; i <= 2 * WAITING_HEADS_MAX; i++) {
        char email[32];
        snprintf(email, sizeof email, "a%d@x.org", i);
        scene_append(scene, i, EVENT_CREATED, email);
        scene_wait_until(scene, crm, i, i == 2 * WAITING_HEADS_MAX - 1 ? 0 : 1000 + i);
    }
    scene_commit(scene);
    assert_string_equal(heads(scene, crm, 0, 1000, 16, WAITING_HEADS_MAX), "");
    assert_string_equal(heads(scene, crm, WAITING_HEADS_MAX, 1000, 16, 2 * WAITING_HEADS_MAX),
                        LAST_BUT_ONE);
    assert_string_equal(heads(scene, crm, 2 * WAITING_HEADS_MAX, 1000, 16, INT64_MAX), "");
}

static void who_goes_alone_waits_for_its_time_too(void **state)
{
    struct scene *scene = *state;
    int64_t crm = scene_open_sink(scene, "crm", BOTH_TYPES);
    scene_append_more(scene, 2);
    scene_begin(scene);
    for (int64_t seq = 1; seq <= 2; seq++) {
        struct journal_event event = scene_event(scene, seq);
        event.alone = true;
        event.due_unix_ms = seq == 1 ? 500 : 0;
        assert_int_equal(journal_wait(scene->journal, crm, &event, &scene->error), 0);
    }
    scene_commit(scene);
    struct journal_event events[4];
    int count = journal_waiting_alone(scene->journal, crm, events, 4, &scene->error);
    assert_string_equal(scene_describe(events, count), "2wA");
    count = journal_waiting_due(scene->journal, crm, 0, 0, 500, events, 4, &scene->error);
    assert_int_equal(count, 1);
    assert_string_equal(scene_describe(events, count), "1@500wA");
}

/* ---- Counts ---- */

static void waiting_rows_are_counted(void **state)
{
    struct scene *scene = *state;
    int64_t crm, slack;
    put_aside(scene, &crm, &slack);
    assert_int_equal(scene_sink(scene, "crm").waiting, 5);
    assert_int_equal(scene_sink(scene, "slack").waiting, 1);
    scene_begin(scene);
    scene_wait_until(scene, crm, 1, 600);
    scene_wait_until(scene, crm, 5, 600);
    scene_settle(scene, crm, 2, SETTLED_DELIVERED);
    scene_settle(scene, crm, 3, SETTLED_DEAD);
    scene_settle(scene, crm, 6, SETTLED_DELIVERED);
    assert_int_equal(scene_sink(scene, "crm").waiting, 4);
    journal_rollback(scene->journal);
    assert_int_equal(scene_sink(scene, "crm").waiting, 5);
    scene_begin(scene);
    scene_settle(scene, slack, 5, SETTLED_EXPIRED);
    scene_commit(scene);
    for (int opened = 0; opened < 2; opened++) {
        assert_int_equal(scene_sink(scene, "crm").waiting, 5);
        assert_int_equal(scene_sink(scene, "slack").waiting, 0);
        scene_reopen(scene);
    }
    assert_int_equal(next_due(scene, slack, 0), 0);
}

/* ---- Attempts ---- */

static void record(struct scene *scene, int64_t sink, int64_t seq, uint32_t number, int32_t code,
                   const char *what)
{
    struct journal_event event = scene_event(scene, seq);
    const struct settlement attempt = {
        .verdict = 2,
        .code = code,
        .attempts = number,
        .duration_ms = code * 2,
        .at_unix_ms = code * 3,
        .what = what,
        .remedy = "mend it",
    };
    assert_int_equal(journal_attempt(scene->journal, sink, &event, &attempt, &scene->error), 0);
}

static void attempts_are_kept(void **state)
{
    struct scene *scene = *state;
    int64_t crm = scene_open_sink(scene, "crm", BOTH_TYPES);
    int64_t slack = scene_open_sink(scene, "slack", BOTH_TYPES);
    scene_append_more(scene, 3);
    scene_begin(scene);
    record(scene, crm, 2, 1, 503, "busy");
    record(scene, crm, 2, 2, 7, "no route"); /* not charged, */
    record(scene, crm, 2, 2, 8, "no name");  /* nor is this one, */
    record(scene, crm, 2, 2, 429, "slow");   /* but this one is */
    record(scene, crm, 2, 3, 500, "broken");
    record(scene, crm, 3, 1, 1, "other event");
    record(scene, slack, 2, 1, 1, "other sink");
    scene_settle(scene, crm, 2, SETTLED_DELIVERED); /* they stay */
    scene_commit(scene);
    static const struct {
        uint32_t attempt, times;
        int32_t code;
        const char *what;
    } expected[] = {{1, 1, 503, "busy"}, {2, 3, 429, "slow"}, {3, 1, 500, "broken"}};
    struct attempt attempts[ATTEMPTS_MAX];
    for (int opened = 0; opened < 2; opened++) {
        memset(attempts, 0xee, sizeof attempts);
        assert_int_equal(
            journal_attempts(scene->journal, crm, 2, attempts, ATTEMPTS_MAX, &scene->error), 3);
        for (int i = 0; i < 3; i++) {
            assert_int_equal(attempts[i].attempt, expected[i].attempt);
            assert_int_equal(attempts[i].times, expected[i].times);
            assert_int_equal(attempts[i].verdict, 2);
            assert_int_equal(attempts[i].code, expected[i].code);
            assert_int_equal(attempts[i].duration_ms, expected[i].code * 2);
            assert_int_equal(attempts[i].at_unix_ms, expected[i].code * 3);
            assert_string_equal(attempts[i].what, expected[i].what);
            assert_string_equal(attempts[i].remedy, "mend it");
        }
        scene_reopen(scene);
    }
    assert_int_equal(journal_attempts(scene->journal, crm, 2, attempts, 2, &scene->error), 2);
    assert_int_equal(attempts[1].attempt, 2);
    assert_int_equal(journal_attempts(scene->journal, crm, 1, attempts, 2, &scene->error), 0);
    assert_int_equal(journal_attempts(scene->journal, slack, 2, attempts, 2, &scene->error), 1);
    assert_string_equal(attempts[0].what, "other sink");
}

static void an_attempt_is_the_sinks_last_error(void **state)
{
    struct scene *scene = *state;
    int64_t crm = scene_open_sink(scene, "crm", BOTH_TYPES);
    scene_append_more(scene, 4);
    scene_begin(scene);
    record(scene, crm, 1, 1, 503, "busy");
    scene_settle(scene, crm, 2, SETTLED_EXPIRED);
    scene_settle(scene, crm, 3, SETTLED_SKIPPED);
    scene_settle(scene, crm, 4, SETTLED_DELIVERED);
    scene_commit(scene);
    for (int opened = 0; opened < 2; opened++) {
        struct journal_sink sink = scene_sink(scene, "crm");
        assert_string_equal(sink.last_error, "busy");
        assert_string_equal(sink.last_remedy, "mend it");
        assert_int_equal(sink.last_error_unix_ms, 503 * 3);
        assert_int_equal(sink.pending, 1);
        assert_int_equal(sink.delivered, 1);
        assert_int_equal(sink.dead, 0);
        assert_int_equal(sink.expired, 1);
        assert_int_equal(sink.skipped, 1);
        scene_reopen(scene);
    }
    scene_begin(scene);
    char what[TEXT_BYTES_MAX + 8];
    memset(what, 'x', sizeof what);
    what[sizeof what - 1] = '\0';
    record(scene, crm, 1, 2, 1, what);
    assert_int_equal(strlen(scene_sink(scene, "crm").last_error), TEXT_BYTES_MAX - 1);
    journal_rollback(scene->journal);
    assert_string_equal(scene_sink(scene, "crm").last_error, "busy");
    struct attempt attempts[4];
    assert_int_equal(journal_attempts(scene->journal, crm, 1, attempts, 4, &scene->error), 1);
}

/* ---- The trace ---- */

static void a_trace_tells_what_an_event_waits_for(void **state)
{
    struct scene *scene = *state;
    int64_t crm, slack;
    put_aside(scene, &crm, &slack);
    static const struct {
        int64_t seq;
        enum delivery_state state;
        int64_t due;
        int behind; /* its number; 0 for none */
        int64_t behind_due;
    } cases[] = {
        {1, DELIVERY_WAITING, 500, 0, 0}, {4, DELIVERY_WAITING, 300, 1, 500},
        {7, DELIVERY_PENDING, 0, 1, 500}, {2, DELIVERY_WAITING, 0, 0, 0},
        {5, DELIVERY_PENDING, 0, 2, 0},   {9, DELIVERY_WAITING, 300, 3, 700},
        {6, DELIVERY_DELIVERED, 0, 0, 0}, /* as things are, nobody waits for it */
    };
    scene_begin(scene);
    scene_settle(scene, crm, 6, SETTLED_DELIVERED);
    scene_commit(scene);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct journal_event event = scene_event(scene, cases[i].seq);
        struct delivery rows[2];
        char id[EVENT_ID_SIZE] = "";
        if (cases[i].behind)
            scene_event_id(cases[i].behind, id);
        assert_int_equal(journal_trace(scene->journal, &event, rows, 2, &scene->error), 2);
        assert_string_equal(rows[0].sink, "crm");
        assert_int_equal(rows[0].sink_number, crm);
        assert_int_equal(rows[1].sink_number, slack);
        assert_int_equal(rows[0].state, cases[i].state);
        assert_int_equal(rows[0].due_unix_ms, cases[i].due);
        assert_string_equal(rows[0].behind, id);
        assert_int_equal(rows[0].behind_attempts, cases[i].behind ? 1 : 0);
        assert_int_equal(rows[0].behind_due_unix_ms, cases[i].behind_due);
    }
}

#define SCENE(test) cmocka_unit_test_setup_teardown(test, scene_setup, scene_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(what_is_due_comes_in_the_order_of_time),
        SCENE(the_next_time_is_found),
        SCENE(nothing_passes_one_of_its_affiliate_that_is_not_due),
        SCENE(heads_that_are_not_due_are_passed_over),
        SCENE(one_call_looks_at_a_bounded_number_of_heads),
        SCENE(who_goes_alone_waits_for_its_time_too),
        SCENE(waiting_rows_are_counted),
        SCENE(attempts_are_kept),
        SCENE(an_attempt_is_the_sinks_last_error),
        SCENE(a_trace_tells_what_an_event_waits_for),
    };
    return cmocka_run_group_tests_name("journal_waiting", tests, NULL, NULL);
}
