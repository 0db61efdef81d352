/* What a replay sends again and what it leaves out, and dropping dead letters. */
#include "fixture.h"

#include <stdio.h>
#include <string.h>

#include "core/journal/replay.h"

static struct replay begin(int64_t source, int64_t target)
{
    return (struct replay){
        .filter = {.source = source, .target = target, .until_seq = INT64_MAX},
    };
}

/* All steps of it, of so many rows. */
static void run(struct scene *scene, struct replay *replay, bool put_back, int max_rows)
{
    int more;
    replay->looked_at = replay->filter.after_seq;
    if (put_back)
        scene_begin(scene);
    do {
        more = journal_replay(scene->journal, replay, put_back, max_rows, &scene->error);
        assert_true(more >= 0);
    } while (more);
    if (put_back)
        scene_commit(scene);
}

/* What waits, as the bus finds it. */
static void expect_waiting(struct scene *scene, int64_t sink, const int64_t *seqs, int count)
{
    struct journal_event events[8];
    assert_int_equal(journal_waiting_after(scene->journal, sink, 0, events, 8, &scene->error),
                     count);
    for (int i = 0; i < count; i++) {
        assert_int_equal(events[i].seq, seqs[i]);
        assert_true(events[i].replay && events[i].waiting && !events[i].alone);
        assert_int_equal(events[i].attempts + events[i].deaths, 0);
        assert_int_equal(events[i].due_unix_ms, 0);
        journal_event_finish(&events[i]);
    }
}

/* Events 1 to 6 of six affiliates: delivered, dead, expired, skipped, waiting, pending. */
static int64_t make_one_of_each(struct scene *scene)
{
    int64_t crm = scene_open_sink(scene, "crm", BOTH_TYPES);
    scene_begin(scene);
    for (int n = 1; n <= 6; n++) {
        char email[16];
        snprintf(email, sizeof email, "a%d@x.org", n);
        scene_append(scene, n, EVENT_CREATED, email);
    }
    for (int n = 1; n <= 4; n++)
        scene_settle(scene, crm, n, (enum settled_as)n);
    scene_wait(scene, crm, 5, false);
    assert_int_equal(journal_set_cursor(scene->journal, crm, 5, &scene->error), 0);
    scene_commit(scene);
    return crm;
}

static void what_is_settled_is_sent_again(void **state)
{
    struct scene *scene = *state;
    int64_t crm = make_one_of_each(scene);
    for (int max_rows = 1; max_rows < 8; max_rows++) {
        struct replay counted = begin(crm, crm);
        run(scene, &counted, false, max_rows);
        assert_int_equal(counted.events, 4);
        assert_int_equal(counted.pending, 0); /* those were not chosen */
    }
    assert_int_equal(scene_sink(scene, "crm").pending, 2);
    struct replay replay = begin(crm, crm);
    run(scene, &replay, true, 3);
    assert_int_equal(replay.events, 4);
    struct journal_sink sink = scene_sink(scene, "crm");
    assert_int_equal(sink.pending, 6);
    assert_int_equal(sink.waiting, 5);
    assert_int_equal(sink.delivered + sink.dead + sink.expired + sink.skipped, 0);
    scene_reopen(scene);
    assert_int_equal(scene_sink(scene, "crm").pending, 6);
    assert_int_equal(scene_sink(scene, "crm").waiting, 5);
    scene_begin(scene);
    scene_settle(scene, crm, 2, SETTLED_DELIVERED);
    scene_settle(scene, crm, 5, SETTLED_DELIVERED);
    scene_commit(scene);
    expect_waiting(scene, crm, (const int64_t[]){1, 3, 4}, 3);
    run(scene, &replay, true, 3);
    assert_int_equal(scene_sink(scene, "crm").delivered, 0);
}

static void dead_letters_alone_are_chosen(void **state)
{
    struct scene *scene = *state;
    int64_t crm = make_one_of_each(scene);
    struct replay replay = begin(crm, crm);
    replay.filter.only_dead = true;
    run(scene, &replay, true, 1);
    assert_int_equal(replay.events, 1);
    assert_int_equal(scene_sink(scene, "crm").dead, 0);
    assert_int_equal(scene_sink(scene, "crm").delivered, 1);
    assert_int_equal(scene_sink(scene, "crm").pending, 3);
}

static void a_range_and_an_affiliate_narrow_it(void **state)
{
    struct scene *scene = *state;
    static const struct {
        int64_t after, until, affiliate;
        bool whatever;
        int events, pending;
    } cases[] = {
        {0, 6, 0, false, 4, 0}, {1, 3, 0, false, 2, 0}, {3, 3, 0, false, 0, 0},
        {0, 6, 2, false, 1, 0}, {2, 6, 2, false, 0, 0}, {0, 6, 9, false, 0, 0},
        {4, 5, 0, true, 0, 1},  {5, 6, 0, true, 0, 1},  {0, 1, 0, true, 1, 0},
    };
    int64_t crm = make_one_of_each(scene);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct replay replay = begin(crm, crm);
        replay.filter.after_seq = cases[i].after;
        replay.filter.until_seq = cases[i].until;
        replay.filter.affiliate = cases[i].affiliate;
        replay.filter.whatever = cases[i].whatever;
        run(scene, &replay, false, 2);
        assert_int_equal(replay.events, cases[i].events);
        assert_int_equal(replay.pending, cases[i].pending);
    }
}

static void earlier_attempts_are_forgotten(void **state)
{
    struct scene *scene = *state;
    int64_t crm = make_one_of_each(scene);
    struct journal_event event = scene_event(scene, 2);
    const struct settlement attempt = {.attempts = 1, .what = "", .remedy = ""};
    struct attempt attempts[2];
    scene_begin(scene);
    assert_int_equal(journal_attempt(scene->journal, crm, &event, &attempt, &scene->error), 0);
    scene_commit(scene);
    struct replay replay = begin(crm, crm);
    run(scene, &replay, true, 8);
    assert_int_equal(journal_attempts(scene->journal, crm, 2, attempts, 2, &scene->error), 0);
}

/* ---- Another sink ---- */

static void what_another_sink_lacks_is_put_there(void **state)
{
    struct scene *scene = *state;
    int64_t crm = make_one_of_each(scene);
    int64_t late = scene_open_sink(scene, "late", 1u << EVENT_CREATED); /* newer than all */
    scene_begin(scene);
    scene_append(scene, 7, EVENT_DEACTIVATED, "b@x.org");
    scene_append(scene, 8, EVENT_CREATED, "b@x.org");
    for (int64_t seq = 7; seq <= 8; seq++)
        scene_settle(scene, crm, seq, SETTLED_DELIVERED);
    scene_commit(scene);
    struct replay replay = begin(crm, late);
    run(scene, &replay, true, 2);
    assert_int_equal(replay.events, 4);
    assert_int_equal(replay.not_taken, 1);
    assert_int_equal(replay.pending, 1);
    assert_int_equal(scene_sink(scene, "late").pending, 5);
    expect_waiting(scene, late, (const int64_t[]){1, 2, 3, 4}, 4);
    assert_int_equal(scene_sink(scene, "crm").delivered, 3);
    assert_int_equal(scene_sink(scene, "crm").dead, 1);
    run(scene, &replay, true, 2);
    assert_int_equal(scene_sink(scene, "late").pending, 5);
}

static void one_that_was_named_goes_though_it_never_was_the_sinks(void **state)
{
    struct scene *scene = *state;
    make_one_of_each(scene);
    int64_t late = scene_open_sink(scene, "late", BOTH_TYPES);
    struct replay replay = begin(late, late);
    run(scene, &replay, false, 8);
    assert_int_equal(replay.events, 0);
    replay.filter.after_seq = 2;
    replay.filter.until_seq = 3;
    replay.filter.whatever = true;
    run(scene, &replay, true, 8);
    assert_int_equal(replay.events, 1);
    assert_int_equal(scene_sink(scene, "late").pending, 1);
    expect_waiting(scene, late, (const int64_t[]){3}, 1);
}

static void what_was_skipped_without_a_row_is_sent_again(void **state)
{
    struct scene *scene = *state;
    int64_t crm = make_one_of_each(scene);
    scene_begin(scene);
    assert_int_equal(journal_skip(scene->journal, crm, 6, 1, 100, &scene->error), 0);
    scene_commit(scene);
    assert_int_equal(scene_sink(scene, "crm").skipped, 3);
    struct replay replay = begin(crm, crm);
    run(scene, &replay, true, 2);
    assert_int_equal(replay.events, 6);
    assert_int_equal(scene_sink(scene, "crm").skipped, 0);
    assert_int_equal(scene_sink(scene, "crm").pending, 6);
}

/* ---- Superseded ---- */

static void what_a_later_one_has_overtaken_is_left_out(void **state)
{
    struct scene *scene = *state;
    int64_t crm = scene_open_sink(scene, "crm", BOTH_TYPES);
    static const enum settled_as as[] = {SETTLED_DEAD, SETTLED_DELIVERED, SETTLED_DEAD,
                                         SETTLED_EXPIRED};
    scene_begin(scene);
    for (int n = 1; n <= 4; n++) {
        scene_append(scene, 2 * n - 1, EVENT_CREATED, "a@x.org");
        scene_append(scene, 2 * n, EVENT_CREATED, "b@x.org"); /* between them, and none of them */
        scene_settle(scene, crm, 2 * n - 1, as[n - 1]);
        scene_settle(scene, crm, 2 * n, SETTLED_DEAD);
    }
    scene_commit(scene);
    char first[EVENT_ID_SIZE], second[EVENT_ID_SIZE];
    scene_event_id(1, first);
    scene_event_id(3, second);
    for (int max_rows = 1; max_rows < 10; max_rows++) {
        struct replay replay = begin(crm, crm);
        run(scene, &replay, false, max_rows);
        assert_int_equal(replay.events, 7);
        assert_int_equal(replay.superseded, 1);
        assert_int_equal(replay.listed_count, 1);
        assert_string_equal(replay.listed[0].id, first);
        assert_string_equal(replay.listed[0].by, second);
        assert_string_equal(replay.listed[0].email, ""); /* it is no event by its bytes */
    }
    struct replay replay = begin(crm, crm);
    replay.filter.with_superseded = true;
    replay.filter.only_dead = true;
    run(scene, &replay, true, 3);
    assert_int_equal(replay.events, 6);
    assert_int_equal(replay.superseded, 1);
}

static void no_more_are_named_than_there_is_room_for(void **state)
{
    struct scene *scene = *state;
    int64_t crm = scene_open_sink(scene, "crm", BOTH_TYPES);
    scene_begin(scene);
    for (int n = 1; n <= REPLAY_LISTED_MAX + 5; n++) {
        scene_append(scene, n, EVENT_CREATED, "a@x.org");
        scene_settle(scene, crm, n, SETTLED_DELIVERED);
    }
    scene_commit(scene);
    struct replay replay = begin(crm, crm);
    run(scene, &replay, false, 7);
    assert_int_equal(replay.events, 1);
    assert_int_equal(replay.superseded, REPLAY_LISTED_MAX + 4);
    assert_int_equal(replay.listed_count, REPLAY_LISTED_MAX);
}

static void each_event_knows_the_one_before(void **state)
{
    struct scene *scene = *state;
    static const int64_t earlier[] = {0, 0, 1, 3, 2};
    scene_begin(scene);
    for (int n = 1; n <= 5; n++)
        scene_append(scene, n, EVENT_CREATED, n == 2 || n == 5 ? "b@x.org" : "a@x.org");
    scene_commit(scene);
    for (int n = 1; n <= 5; n++) {
        char sql[64];
        snprintf(sql, sizeof sql, "SELECT earlier FROM events WHERE seq = %d", n);
        assert_int_equal(scene_number(scene, sql), earlier[n - 1]);
    }
}

/* A step is not longer than it says, however many events an affiliate has. */
static void a_step_is_bounded(void **state)
{
    struct scene *scene = *state;
    int64_t crm = scene_open_sink(scene, "crm", BOTH_TYPES);
    scene_begin(scene);
    for (int n = 1; n <= 40; n++) {
        scene_append(scene, n, EVENT_CREATED, n % 2 ? "a@x.org" : "b@x.org");
        scene_settle(scene, crm, n, SETTLED_DEAD);
    }
    scene_commit(scene);
    struct replay replay = begin(crm, crm);
    assert_int_equal(journal_replay(scene->journal, &replay, false, 30, &scene->error), 1);
    assert_int_equal(replay.looked_at, 2); /* 19 looked at for the first, 19 for the second */
    run(scene, &replay, false, 30);
}

/* ---- Dropping ---- */

static void dropped_letters_are_dead_no_more(void **state)
{
    struct scene *scene = *state;
    int64_t crm = make_one_of_each(scene);
    struct replay drop = begin(crm, crm);
    assert_int_equal(journal_drop(scene->journal, &drop, false, 8, &scene->error), 0);
    assert_int_equal(drop.events, 1);
    assert_int_equal(scene_sink(scene, "crm").dead, 1);
    drop = begin(crm, crm);
    drop.filter.affiliate = 1;
    scene_begin(scene);
    assert_int_equal(journal_drop(scene->journal, &drop, true, 8, &scene->error), 0);
    assert_int_equal(drop.events, 0);
    drop = begin(crm, crm);
    assert_int_equal(journal_drop(scene->journal, &drop, true, 1, &scene->error), 1);
    assert_int_equal(journal_drop(scene->journal, &drop, true, 1, &scene->error), 0);
    scene_commit(scene);
    assert_int_equal(drop.events, 1);
    assert_int_equal(scene_sink(scene, "crm").dead, 0);
    assert_int_equal(scene_sink(scene, "crm").pending, 2);
    struct journal_event event = scene_event(scene, 2);
    struct delivery row;
    assert_int_equal(journal_trace(scene->journal, &event, &row, 1, &scene->error), 1);
    assert_int_equal(row.state, DELIVERY_DROPPED);
    assert_string_equal(delivery_state_name(row.state), "dropped");
    assert_string_equal(row.what, "it broke");
    struct replay replay = begin(crm, crm);
    run(scene, &replay, true, 8);
    assert_int_equal(replay.events, 4);
    assert_int_equal(scene_sink(scene, "crm").pending, 6);
}

#define SCENE(test) cmocka_unit_test_setup_teardown(test, scene_setup, scene_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(what_is_settled_is_sent_again),
        SCENE(dead_letters_alone_are_chosen),
        SCENE(a_range_and_an_affiliate_narrow_it),
        SCENE(earlier_attempts_are_forgotten),
        SCENE(what_another_sink_lacks_is_put_there),
        SCENE(one_that_was_named_goes_though_it_never_was_the_sinks),
        SCENE(what_was_skipped_without_a_row_is_sent_again),
        SCENE(what_a_later_one_has_overtaken_is_left_out),
        SCENE(no_more_are_named_than_there_is_room_for),
        SCENE(each_event_knows_the_one_before),
        SCENE(a_step_is_bounded),
        SCENE(dropped_letters_are_dead_no_more),
    };
    return cmocka_run_group_tests_name("journal_replay", tests, NULL, NULL);
}
