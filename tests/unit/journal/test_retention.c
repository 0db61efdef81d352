/* What is pruned and what stays, and what is given up for room. Event n came in at n seconds. */
#include "fixture.h"

#include <stdio.h>
#include <string.h>

#include "core/journal/internal.h"
#include "core/journal/retention.h"

#define ALL_OLD 1000000

static const struct prune everything = {.now_unix_ms = ALL_OLD, .retain_ms = 1};

/* Up to 9 events of as many affiliates, as a text: "124" for those that are there. */
static void expect_events(struct scene *scene, const char *expected)
{
    sqlite3_stmt *statement;
    assert_int_equal(sqlite3_prepare_v2(scene->journal->database,
                                        "SELECT coalesce(group_concat(seq, ''), '') FROM"
                                        " (SELECT seq FROM events ORDER BY seq)",
                                        -1, &statement, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    assert_string_equal((const char *)sqlite3_column_text(statement, 0), expected);
    sqlite3_finalize(statement);
}

/* Event n of an affiliate of its own. */
static void append(struct scene *scene, int first, int last)
{
    for (int n = first; n <= last; n++) {
        char email[16];
        snprintf(email, sizeof email, "a%d@x.org", n);
        scene_append(scene, n, EVENT_CREATED, email);
    }
}

static void set_cursor(struct scene *scene, int64_t sink, int64_t cursor)
{
    assert_int_equal(journal_set_cursor(scene->journal, sink, cursor, &scene->error), 0);
}

/* All steps, each in a transaction of its own; what it did. */
static struct prune prune(struct scene *scene, struct prune pass, int max_rows)
{
    int more;
    do {
        scene_begin(scene);
        more = journal_prune(scene->journal, &pass, max_rows, &scene->error);
        assert_true(more >= 0);
        scene_commit(scene);
    } while (more);
    return pass;
}

static void an_event_goes_with_all_its_rows(void **state)
{
    struct scene *scene = *state;
    for (int max_rows = 1; max_rows < 5; max_rows++) {
        int64_t crm = scene_open_sink(scene, "crm", BOTH_TYPES);
        int64_t gone = scene_open_sink(scene, "gone", BOTH_TYPES);
        int64_t first = journal_last_seq(scene->journal) + 1;
        scene_begin(scene);
        append(scene, (int)first, (int)first + 2);
        for (int64_t seq = first; seq < first + 3; seq++) {
            struct journal_event event = scene_event(scene, seq);
            const struct settlement attempt = {.attempts = 1, .what = "", .remedy = ""};
            assert_int_equal(journal_attempt(scene->journal, gone, &event, &attempt, &scene->error),
                             0);
            scene_settle(scene, crm, seq, SETTLED_DELIVERED);
            scene_settle(scene, gone, seq, SETTLED_DELIVERED);
        }
        set_cursor(scene, crm, first + 2);
        set_cursor(scene, gone, first + 2);
        scene_commit(scene);
        assert_int_equal(journal_remove_sink(scene->journal, gone, &scene->error), 1);
        assert_int_equal(prune(scene, everything, max_rows).events, 3);
        assert_int_equal(scene_number(scene, "SELECT (SELECT count(*) FROM events) +"
                                             " (SELECT count(*) FROM settled) +"
                                             " (SELECT count(*) FROM attempts)"),
                         0);
        scene_reopen(scene);
        struct journal_sink sink = scene_sink(scene, "crm");
        assert_int_equal(sink.delivered, first + 2);
        assert_int_equal(sink.pending, 0);
        assert_int_equal(journal_last_seq(scene->journal), first + 2);
    }
    assert_int_equal(scene_number(scene, "SELECT count(*) FROM affiliates"), 12);
}

/* It comes in again as a new one, and is owed to the sinks anew. */
static void a_pruned_event_that_arrives_again_is_new(void **state)
{
    struct scene *scene = *state;
    int64_t crm = scene_open_sink(scene, "crm", BOTH_TYPES);
    scene_begin(scene);
    append(scene, 1, 1);
    scene_settle(scene, crm, 1, SETTLED_DELIVERED);
    set_cursor(scene, crm, 1);
    scene_commit(scene);
    prune(scene, everything, 10);
    scene_begin(scene);
    assert_int_equal(scene_append(scene, 1, EVENT_CREATED, "a1@x.org"), 2);
    scene_commit(scene);
    assert_int_equal(scene_sink(scene, "crm").pending, 1);
}

static void what_is_pending_anywhere_stays(void **state)
{
    struct scene *scene = *state;
    int64_t crm = scene_open_sink(scene, "crm", BOTH_TYPES);
    int64_t only = scene_open_sink(scene, "only", 1u << EVENT_DEACTIVATED);
    scene_begin(scene);
    append(scene, 1, 6);
    scene_append(scene, 7, EVENT_DEACTIVATED, "a7@x.org");
    for (int64_t seq = 1; seq <= 7; seq++)
        if (seq != 2 && seq != 5)
            scene_settle(scene, crm, seq, SETTLED_DELIVERED);
    scene_wait(scene, crm, 2, false);
    set_cursor(scene, crm, 4);
    scene_commit(scene);
    /* 2 waits; 5 is above the cursor, so what comes behind it has to wait for that. */
    assert_int_equal(prune(scene, everything, 10).events, 3);
    expect_events(scene, "2567");
    scene_begin(scene);
    scene_settle(scene, crm, 5, SETTLED_DELIVERED);
    scene_settle(scene, crm, 2, SETTLED_DELIVERED);
    set_cursor(scene, crm, 7);
    scene_commit(scene);
    /* The other sink has nothing but 7 pending, whose cursor has not moved. */
    assert_int_equal(scene_sink(scene, "only").cursor, 0);
    prune(scene, everything, 2);
    expect_events(scene, "7");
    scene_begin(scene);
    scene_settle(scene, only, 7, SETTLED_DELIVERED);
    set_cursor(scene, only, 7);
    scene_commit(scene);
    prune(scene, everything, 2);
    expect_events(scene, "");
    assert_int_equal(scene_sink(scene, "crm").pending + scene_sink(scene, "only").pending, 0);
}

static void what_is_young_stays(void **state)
{
    struct scene *scene = *state;
    scene_begin(scene);
    append(scene, 1, 6);
    scene_commit(scene);
    prune(scene, (struct prune){.now_unix_ms = 10000, .retain_ms = 7000}, 2);
    expect_events(scene, "456");
    prune(scene, (struct prune){.now_unix_ms = 10000, .retain_ms = RETAIN_FOR_EVER}, 2);
    expect_events(scene, "456");
}

static void a_dead_letter_has_a_time_of_its_own(void **state)
{
    struct scene *scene = *state;
    int64_t crm = scene_open_sink(scene, "crm", BOTH_TYPES);
    scene_begin(scene);
    append(scene, 1, 4);
    for (int64_t seq = 1; seq <= 4; seq++)
        scene_settle(scene, crm, seq, seq % 2 ? SETTLED_DEAD : SETTLED_DELIVERED);
    set_cursor(scene, crm, 4);
    scene_commit(scene);
    struct prune pass = {.now_unix_ms = 10000, .retain_ms = 5000};
    pass.retain_dead_ms = RETAIN_FOR_EVER;
    prune(scene, pass, 3);
    expect_events(scene, "13");
    pass.retain_dead_ms = 8000;
    prune(scene, pass, 3);
    expect_events(scene, "3");
    assert_int_equal(scene_sink(scene, "crm").dead, 1);
    assert_int_equal(scene_sink(scene, "crm").delivered, 2);
    pass.retain_dead_ms = 1; /* less than retain, which rules then */
    pass.retain_ms = 7001;
    prune(scene, pass, 3);
    expect_events(scene, "3");
    pass.retain_ms = 7000;
    prune(scene, pass, 3);
    expect_events(scene, "");
    assert_int_equal(scene_sink(scene, "crm").dead, 0);
}

/* Else nobody could say any more that the dead letter is superseded. */
static void an_event_stays_with_an_earlier_one_of_its_affiliate(void **state)
{
    struct scene *scene = *state;
    int64_t crm = scene_open_sink(scene, "crm", BOTH_TYPES);
    scene_begin(scene);
    scene_append(scene, 1, EVENT_CREATED, "a@x.org");
    scene_append(scene, 2, EVENT_CREATED, "b@x.org");
    scene_append(scene, 3, EVENT_DEACTIVATED, "a@x.org");
    scene_append(scene, 4, EVENT_DEACTIVATED, "b@x.org");
    scene_append(scene, 5, EVENT_CREATED, "a@x.org");
    for (int64_t seq = 1; seq <= 5; seq++)
        scene_settle(scene, crm, seq, seq == 1 ? SETTLED_DEAD : SETTLED_DELIVERED);
    set_cursor(scene, crm, 5);
    scene_commit(scene);
    struct prune pass = everything;
    pass.retain_dead_ms = RETAIN_FOR_EVER;
    for (int max_rows = 1; max_rows < 4; max_rows++) {
        prune(scene, pass, max_rows);
        expect_events(scene, "135");
    }
    prune(scene, everything, 1);
    expect_events(scene, "");
}

/* The clock was ahead, or behind, for a while; what it said then counts for nothing. */
static void a_clock_that_was_wrong_makes_nothing_old(void **state)
{
    struct scene *scene = *state;
    static const int64_t received[] = {0, 1000, 2000, 99000, 99500, 7000, 3, 8000, 9000};
    scene_begin(scene);
    append(scene, 1, 8);
    scene_commit(scene);
    for (int n = 1; n <= 8; n++) {
        char sql[96];
        snprintf(sql, sizeof sql, "UPDATE events SET received_unix_ms = %d WHERE seq = %d",
                 (int)received[n], n);
        assert_int_equal(sqlite3_exec(scene->journal->database, sql, NULL, NULL, NULL), SQLITE_OK);
    }
    /* 3 and 4 come from the future and hold up nothing; 6 is as old as 5. */
    prune(scene, (struct prune){.now_unix_ms = 10000, .retain_ms = 4000}, 3);
    expect_events(scene, "345678");
    prune(scene, (struct prune){.now_unix_ms = 11000, .retain_ms = 4000}, 3);
    expect_events(scene, "3478");
    prune(scene, (struct prune){.now_unix_ms = 20000, .retain_ms = 4000}, 3);
    expect_events(scene, "34");
    prune(scene, (struct prune){.now_unix_ms = 102999, .retain_ms = 4000}, 3);
    expect_events(scene, "34");
    prune(scene, (struct prune){.now_unix_ms = 103499, .retain_ms = 4000}, 3);
    expect_events(scene, "4");
    prune(scene, (struct prune){.now_unix_ms = 1, .retain_ms = 0}, 3);
    expect_events(scene, ""); /* whenever it came in */
}

/* A dead letter that came in while the clock was behind is as old as the event before it. */
static void a_clock_that_was_behind_makes_no_dead_letter_old(void **state)
{
    struct scene *scene = *state;
    int64_t crm = scene_open_sink(scene, "crm", BOTH_TYPES);
    scene_begin(scene);
    append(scene, 1, 2);
    scene_settle(scene, crm, 1, SETTLED_DELIVERED);
    scene_settle(scene, crm, 2, SETTLED_DEAD);
    set_cursor(scene, crm, 2);
    scene_commit(scene);
    assert_int_equal(sqlite3_exec(scene->journal->database,
                                  "UPDATE events SET received_unix_ms = 3 WHERE seq = 2", NULL,
                                  NULL, NULL),
                     SQLITE_OK);
    struct prune pass = {.now_unix_ms = 10000, .retain_ms = 5000, .retain_dead_ms = 9001};
    prune(scene, pass, 2);
    expect_events(scene, "2");
    assert_int_equal(
        prune(scene, (struct prune){.now_unix_ms = 9004, .retain_dead_ms = 9001}, 2).events, 1);
}

/* Where each second event stays, a step makes no more deletions than it may. */
static void a_step_does_not_grow_with_the_number_of_sinks(void **state)
{
    struct scene *scene = *state;
    int64_t crm = scene_open_sink(scene, "crm", BOTH_TYPES);
    scene_begin(scene);
    for (int n = 1; n <= 200; n++) {
        char email[16];
        snprintf(email, sizeof email, "a%d@x.org", n);
        scene_append(scene, n, EVENT_CREATED, email);
        if (n % 2)
            scene_settle(scene, crm, n, SETTLED_DELIVERED);
        else
            scene_wait(scene, crm, n, false);
    }
    set_cursor(scene, crm, 200);
    scene_commit(scene);
    assert_int_equal(
        sqlite3_exec(scene->journal->database,
                     "INSERT INTO settled SELECT s.seq + 100, 999, 1, 1, 0, 1, 0, 0, 1,"
                     " '', '' FROM settled s LIMIT 99",
                     NULL, NULL, NULL),
        SQLITE_OK);
    struct prune pass = everything;
    scene_begin(scene);
    assert_int_equal(journal_prune(scene->journal, &pass, 200, &scene->error), 1);
    scene_commit(scene);
    assert_in_range(pass.events, 5, 15);
    assert_int_equal(pass.looked_at, 2 * pass.events);
    pass = prune(scene, pass, 200);
    assert_int_equal(pass.events, 100);
    assert_int_equal(scene_sink(scene, "crm").pending, 100);
    assert_int_equal(scene_number(scene, "SELECT count(*) FROM settled WHERE seq < 999"), 0);
}

static void refuse(struct scene *scene, int64_t at_unix_ms)
{
    const struct refusal refusal = {.field = "email", .rule = "syntax"};
    assert_int_equal(journal_refuse(scene->journal, "spool/x", "", &refusal, "raw", 3, at_unix_ms,
                                    &scene->error),
                     0);
}

static void refused_inputs_go_too(void **state)
{
    struct scene *scene = *state;
    static const int64_t received[] = {1000, 2000, 99000, 3000, 5, 8000, 9000};
    scene_begin(scene);
    for (size_t i = 0; i < sizeof received / sizeof *received; i++)
        refuse(scene, received[i]);
    scene_commit(scene);
    for (int max_rows = 1; max_rows < 9; max_rows++) {
        struct prune pass = {.now_unix_ms = 10000, .retain_ms = 7000};
        int more;
        do {
            scene_begin(scene);
            more = journal_prune_refused(scene->journal, &pass, max_rows, &scene->error);
            assert_true(more >= 0);
            scene_commit(scene);
        } while (more);
        assert_int_equal(pass.refused, max_rows == 1 ? 4 : 0);
        assert_int_equal(journal_refused_count(scene->journal), 3);
        scene_reopen(scene);
        assert_int_equal(journal_refused_count(scene->journal), 3);
    }
    struct prune pass = {.now_unix_ms = 1};
    scene_begin(scene);
    assert_int_equal(journal_prune_refused(scene->journal, &pass, 50, &scene->error), 0);
    scene_commit(scene);
    assert_int_equal(journal_refused_count(scene->journal), 0);
}

/* ---- Room ---- */

static void free_pages_are_given_back(void **state)
{
    struct scene *scene = *state;
    struct journal_room full, pruned, room;
    scene_begin(scene);
    for (int n = 1; n <= 5000; n++)
        scene_append(scene, n, EVENT_CREATED, "a@x.org");
    scene_commit(scene);
    assert_int_equal(journal_room(scene->journal, &full, &scene->error), 0);
    assert_int_equal(full.free_pages, 0);
    assert_int_equal(full.used_bytes,
                     scene_number(scene, "SELECT page_count * page_size FROM pragma_page_count,"
                                         " pragma_page_size"));
    struct prune pass = everything;
    pass.now_unix_ms = INT64_MAX;
    prune(scene, pass, 200);
    assert_int_equal(journal_room(scene->journal, &pruned, &scene->error), 0);
    assert_in_range(pruned.free_pages, 65, 10000);
    assert_true(pruned.used_bytes < full.used_bytes);
    scene_begin(scene);
    assert_int_equal(journal_give_back(scene->journal, &scene->error), 0);
    scene_commit(scene);
    assert_int_equal(journal_room(scene->journal, &room, &scene->error), 0);
    assert_int_equal(room.free_pages, pruned.free_pages - 64);
    assert_int_equal(room.used_bytes, pruned.used_bytes);
    for (int i = 0; i < 1000 && room.free_pages > 0; i++) {
        scene_begin(scene);
        assert_int_equal(journal_give_back(scene->journal, &scene->error), 0);
        scene_commit(scene);
        assert_int_equal(journal_room(scene->journal, &room, &scene->error), 0);
    }
    assert_int_equal(room.free_pages, 0);
}

static int expire(struct scene *scene, int64_t sink, int max_rows, struct expiry *expiry)
{
    scene_begin(scene);
    int more = journal_expire(scene->journal, sink, 5, "no room", "make some", expiry, max_rows,
                              &scene->error);
    scene_commit(scene);
    return more;
}

static void the_oldest_pending_events_expire(void **state)
{
    struct scene *scene = *state;
    int64_t crm = scene_open_sink(scene, "crm", 1u << EVENT_CREATED);
    scene_begin(scene);
    append(scene, 1, 6);
    scene_append(scene, 7, EVENT_DEACTIVATED, "a7@x.org");
    append(scene, 8, 9);
    scene_settle(scene, crm, 1, SETTLED_DELIVERED);
    scene_settle(scene, crm, 5, SETTLED_DELIVERED);
    scene_wait_until(scene, crm, 2, 77);
    scene_wait(scene, crm, 4, true);
    scene_wait(scene, crm, 6, false);
    set_cursor(scene, crm, 2);
    scene_commit(scene);
    assert_int_equal(scene_sink(scene, "crm").pending, 6); /* 2 3 4 6 8 9 */
    static const int64_t cursors[] = {2, 3, 3, 5, 5, 7, 9};
    struct expiry expiry = {.events = 0};
    for (int left = 6; left > 0; left--) {
        int more = expire(scene, crm, 1, &expiry);
        struct journal_sink sink = scene_sink(scene, "crm");
        if (sink.pending == left)
            left++; /* it looked at one that is not pending */
        assert_int_equal(more, sink.pending > 0);
        assert_true(sink.cursor >= cursors[6 - (left - 1)] - 2);
        assert_int_equal(sink.expired + sink.pending, 6);
    }
    assert_int_equal(expiry.events, 6);
    assert_int_equal(expiry.first_seq, 2);
    struct journal_sink sink = scene_sink(scene, "crm");
    assert_int_equal(sink.waiting, 0);
    assert_int_equal(sink.expired, 6);
    struct journal_event event = scene_event(scene, 2);
    struct delivery delivery;
    assert_int_equal(journal_trace(scene->journal, &event, &delivery, 1, &scene->error), 1);
    assert_int_equal(delivery.state, DELIVERY_EXPIRED);
    assert_string_equal(delivery.what, "no room");
    assert_string_equal(delivery.remedy, "make some");
    assert_int_equal(delivery.attempts, 1);
    assert_int_equal(expire(scene, crm, 10, &expiry), 0);
    assert_int_equal(expiry.events, 6);
}

/* Oldest first, whether they wait or not. */
static void a_step_expires_the_oldest_of_both_kinds(void **state)
{
    struct scene *scene = *state;
    int64_t crm = scene_open_sink(scene, "crm", BOTH_TYPES);
    scene_begin(scene);
    append(scene, 1, 6);
    scene_wait(scene, crm, 3, false);
    scene_wait(scene, crm, 6, false);
    scene_commit(scene);
    struct expiry expiry = {.events = 0};
    assert_int_equal(expire(scene, crm, 4, &expiry), 1);
    assert_int_equal(expiry.events, 4);
    assert_int_equal(scene_number(scene, "SELECT max(seq) FROM settled"), 4);
    assert_int_equal(scene_sink(scene, "crm").cursor, 4);
    prune(scene, (struct prune){.now_unix_ms = 1}, 9);
    expect_events(scene, "56");
    assert_int_equal(expire(scene, crm, 4, &expiry), 0);
    assert_int_equal(scene_sink(scene, "crm").expired, 6);
}

#define SCENE(test) cmocka_unit_test_setup_teardown(test, scene_setup, scene_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(an_event_goes_with_all_its_rows),
        SCENE(a_pruned_event_that_arrives_again_is_new),
        SCENE(what_is_pending_anywhere_stays),
        SCENE(what_is_young_stays),
        SCENE(a_dead_letter_has_a_time_of_its_own),
        SCENE(an_event_stays_with_an_earlier_one_of_its_affiliate),
        SCENE(a_clock_that_was_wrong_makes_nothing_old),
        SCENE(a_clock_that_was_behind_makes_no_dead_letter_old),
        SCENE(a_step_does_not_grow_with_the_number_of_sinks),
        SCENE(refused_inputs_go_too),
        SCENE(free_pages_are_given_back),
        SCENE(the_oldest_pending_events_expire),
        SCENE(a_step_expires_the_oldest_of_both_kinds),
    };
    return cmocka_run_group_tests_name("journal_retention", tests, NULL, NULL);
}
