/* What senders call events that have no time of their own. */
#include "fixture.h"

#include <stdio.h>

#include "core/journal/internal.h"
#include "core/journal/retention.h"

static void expect_key(struct scene *scene, const char *key, int64_t seq)
{
    struct journal_event event;
    int found = journal_find_key(scene->journal, key, &event, &scene->error);
    assert_int_equal(found, seq > 0);
    if (!found)
        return;
    char id[EVENT_ID_SIZE];
    scene_event_id((int)seq, id);
    assert_int_equal(event.seq, seq);
    assert_string_equal(event.id, id);
    assert_true(event.canonical_bytes > 0);
    journal_event_finish(&event);
}

static void keep_at(struct scene *scene, const char *key, int event, int64_t at_unix_ms)
{
    char id[EVENT_ID_SIZE];
    scene_event_id(event, id);
    assert_int_equal(journal_keep_key(scene->journal, key, id, at_unix_ms, &scene->error), 0);
}

static void keep(struct scene *scene, const char *key, int event)
{
    keep_at(scene, key, event, 1000);
}

static void a_key_leads_to_its_event(void **state)
{
    struct scene *scene = *state;
    expect_key(scene, "one", 0);
    scene_begin(scene);
    scene_append(scene, 1, EVENT_CREATED, "a@x.org");
    scene_append(scene, 2, EVENT_CREATED, "b@x.org");
    keep(scene, "one", 1);
    keep(scene, "two", 2);
    expect_key(scene, "one", 1); /* in the same transaction already */
    scene_commit(scene);
    scene_reopen(scene);
    expect_key(scene, "one", 1);
    expect_key(scene, "two", 2);
    expect_key(scene, "ONE", 0);
    expect_key(scene, "", 0);
    scene_begin(scene);
    keep(scene, "one", 2);
    journal_rollback(scene->journal);
    expect_key(scene, "one", 1);
    scene_begin(scene);
    keep(scene, "one", 2);
    scene_commit(scene);
    expect_key(scene, "one", 2);
}

static void a_key_without_its_event_is_none(void **state)
{
    struct scene *scene = *state;
    scene_begin(scene);
    keep(scene, "one", 7); /* pruned since */
    scene_commit(scene);
    expect_key(scene, "one", 0);
}

/* ---- Pruning ---- */

/* All keys there are, as a text, in their order. */
static void expect_keys(struct scene *scene, const char *expected)
{
    sqlite3_stmt *statement;
    assert_int_equal(sqlite3_prepare_v2(scene->journal->database,
                                        "SELECT coalesce(group_concat(key, ''), '') FROM"
                                        " (SELECT key FROM keys ORDER BY key)",
                                        -1, &statement, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    assert_string_equal((const char *)sqlite3_column_text(statement, 0), expected);
    sqlite3_finalize(statement);
}

/* All steps, each in a transaction of its own; no step takes more than max_rows. */
static struct prune prune(struct scene *scene, struct prune pass, int max_rows)
{
    int more;
    do {
        int64_t before = pass.keys;
        scene_begin(scene);
        more = journal_prune_keys(scene->journal, &pass, max_rows, &scene->error);
        assert_true(more >= 0);
        scene_commit(scene);
        assert_true(pass.keys - before <= max_rows);
    } while (more);
    return pass;
}

/* Event n has key n, and both came at n seconds; odd ones have gone since. */
static void fill(struct scene *scene)
{
    scene_begin(scene);
    for (int n = 1; n <= 9; n++) {
        char key[2] = {(char)('0' + n), '\0'};
        char email[16];
        snprintf(email, sizeof email, "a%d@x.org", n);
        scene_append(scene, n, EVENT_CREATED, email);
        keep_at(scene, key, n, 1000 * n);
    }
    scene_commit(scene);
    assert_int_equal(sqlite3_exec(scene->journal->database, "DELETE FROM events WHERE seq % 2 = 1",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
}

static void a_key_goes_when_it_is_old_and_its_event_gone(void **state)
{
    struct scene *scene = *state;
    for (int max_rows = 1; max_rows < 12; max_rows++) {
        fill(scene);
        struct prune pass = {.now_unix_ms = 10000, .retain_ms = RETAIN_FOR_EVER};
        assert_int_equal(prune(scene, pass, max_rows).keys, 0);
        expect_keys(scene, "123456789");
        pass.retain_ms = 5000;
        assert_int_equal(prune(scene, pass, max_rows).keys, 3);
        expect_keys(scene, "246789");
        pass.retain_ms = 0; /* whenever that was */
        pass.now_unix_ms = 1;
        assert_int_equal(prune(scene, pass, max_rows).keys, 2);
        expect_keys(scene, "2468");
        for (int n = 1; n <= 8; n++) {
            char key[2] = {(char)('0' + n), '\0'};
            expect_key(scene, key, n % 2 ? 0 : n);
        }
        scene_teardown(state);
        scene_setup(state);
        scene = *state;
    }
}

/* A pass goes on where the one before stopped. */
static void a_later_pass_goes_on(void **state)
{
    struct scene *scene = *state;
    fill(scene);
    struct prune pass = prune(scene, (struct prune){.now_unix_ms = 10000, .retain_ms = 5000}, 2);
    assert_int_equal(pass.keys_looked_at.at_unix_ms, 5000);
    assert_string_equal(pass.keys_looked_at.key, "5");
    assert_int_equal(sqlite3_exec(scene->journal->database, "DELETE FROM events", NULL, NULL, NULL),
                     SQLITE_OK);
    pass.retain_ms = 1;
    prune(scene, pass, 2);
    expect_keys(scene, "24");
}

/* Many of one moment are told apart by the keys themselves. */
static void many_of_one_moment(void **state)
{
    struct scene *scene = *state;
    scene_begin(scene);
    for (int n = 1; n <= 50; n++) {
        char key[8];
        snprintf(key, sizeof key, "k%d", n);
        keep(scene, key, n);
    }
    scene_commit(scene);
    assert_int_equal(prune(scene, (struct prune){.now_unix_ms = 10000, .retain_ms = 1}, 7).keys,
                     50);
    expect_keys(scene, "");
}

/* What came while the clock was ahead says nothing of its age, and stops nothing. */
static void a_key_from_the_future(void **state)
{
    struct scene *scene = *state;
    scene_begin(scene);
    keep_at(scene, "a", 1, 1000);
    keep_at(scene, "b", 2, 99000);
    scene_commit(scene);
    prune(scene, (struct prune){.now_unix_ms = 10000, .retain_ms = 5000}, 1);
    expect_keys(scene, "");
}

static void pruning_outside_of_a_transaction_that_failed(void **state)
{
    struct scene *scene = *state;
    struct prune pass = {.now_unix_ms = 10000};
    scene_begin(scene);
    scene->journal->failed = true;
    assert_int_equal(journal_prune_keys(scene->journal, &pass, 1, &scene->error), -1);
    journal_rollback(scene->journal);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_key_leads_to_its_event, scene_setup, scene_teardown),
        cmocka_unit_test_setup_teardown(a_key_without_its_event_is_none, scene_setup,
                                        scene_teardown),
        cmocka_unit_test_setup_teardown(a_key_goes_when_it_is_old_and_its_event_gone, scene_setup,
                                        scene_teardown),
        cmocka_unit_test_setup_teardown(a_later_pass_goes_on, scene_setup, scene_teardown),
        cmocka_unit_test_setup_teardown(many_of_one_moment, scene_setup, scene_teardown),
        cmocka_unit_test_setup_teardown(a_key_from_the_future, scene_setup, scene_teardown),
        cmocka_unit_test_setup_teardown(pruning_outside_of_a_transaction_that_failed, scene_setup,
                                        scene_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
