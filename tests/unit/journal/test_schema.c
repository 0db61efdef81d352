/* Files that an earlier release left: brought up to date with all that they hold. */
#include "fixture.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/journal/internal.h"

static void run(sqlite3 *database, const char *sql)
{
    char *message = NULL;
    if (sqlite3_exec(database, sql, NULL, NULL, &message) != SQLITE_OK)
        fail_msg("%s: %s", message, sql);
}

/* A file as the release with this version of the schema left it: a dead letter, an event waits. */
static void make_version(const char *path, int version)
{
    sqlite3 *database;
    char sql[64];
    assert_int_equal(sqlite3_open(path, &database), SQLITE_OK);
    run(database, "PRAGMA auto_vacuum = INCREMENTAL");
    run(database, "PRAGMA journal_mode = WAL");
    for (int from = 0; from < version; from++)
        run(database, schema_migration(from));
    snprintf(sql, sizeof sql, "PRAGMA user_version = %d", version);
    run(database, sql);
    run(database, "PRAGMA application_id = 0x6166666e;"
                  "INSERT INTO events (seq, id, affiliate, type, via, received_unix_ms,"
                  "  canonical) VALUES"
                  "  (1, x'c0ffee00000000000000000000000001', 1, 1, 2, 1000, '{\"n\":1}'),"
                  "  (2, x'c0ffee00000000000000000000000002', 1, 2, 2, 2000, '{\"n\":2}'),"
                  "  (3, x'c0ffee00000000000000000000000003', 1, 1, 2, 3000, '{\"n\":3}');"
                  "UPDATE totals SET accepted = 3 - type;"
                  "INSERT INTO sinks (number, name, cursor, mask, done_created, done_deactivated,"
                  "  delivered, dead) VALUES (1, 'crm', 3, 6, 1, 1, 1, 1);"
                  "INSERT INTO settled VALUES (1, 1, 1, 1, 0, 1, 0, 5, 1, '', ''),"
                  "  (1, 2, 2, 3, 422, 1, 0, 5, 2, 'it broke', 'mend it');"
                  "INSERT INTO waiting (sink, affiliate, seq, deaths, attempts, alone)"
                  "  VALUES (1, 1, 3, 2, 4, 1)");
    run(database, version < 6 ? "INSERT INTO affiliates VALUES"
                                "  (1, 'a@x.org', 'ia_00000001', 'a@x.org', '', 1, 3)"
                              : "INSERT INTO affiliates VALUES"
                                "  (1, 'a@x.org', 'ia_00000001', 0, 'a@x.org', '', 1, 3)");
    if (version >= 3) /* that release wrote it with each event */
        run(database, "UPDATE events SET earlier = seq - 1");
    sqlite3_close(database);
}

/* The SQL of all tables and indexes of a journal, as one text. */
static void read_schema(struct scene *scene, char *text, size_t size)
{
    sqlite3_stmt *statement;
    assert_int_equal(sqlite3_prepare_v2(scene->journal->database,
                                        "SELECT group_concat(sql, ';') FROM"
                                        " (SELECT sql FROM sqlite_schema ORDER BY name)",
                                        -1, &statement, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    int length = snprintf(text, size, "%s", (const char *)sqlite3_column_text(statement, 0));
    assert_in_range(length, 1000, (int)size - 1);
    sqlite3_finalize(statement);
}

static void expect_dead(struct scene *scene, int64_t first, int64_t second)
{
    struct dead_letter letters[4];
    const struct dead_place top = {.seq = 0};
    struct dead_place next;
    int count = journal_dead_after(scene->journal, &top, NULL, letters, 4, &next, &scene->error);
    assert_int_equal(count, second ? 2 : 1);
    assert_int_equal(letters[0].event.seq, first);
    if (second)
        assert_int_equal(letters[1].event.seq, second);
    for (int i = 0; i < count; i++)
        journal_event_finish(&letters[i].event);
}

/* What it held, and that what is new stands at nothing. */
static void expect_contents(struct scene *scene)
{
    struct journal_sink sink = scene_sink(scene, "crm");
    assert_int_equal(sink.delivered, 1);
    assert_int_equal(sink.dead, 1);
    assert_int_equal(sink.pending, 1);
    assert_int_equal(sink.waiting, 1);
    assert_int_equal(sink.expired, 0);
    assert_int_equal(sink.skipped, 0);
    assert_int_equal(sink.skipped_seq, 0);
    assert_false(sink.held);
    assert_int_equal(journal_last_seq(scene->journal), 3);
    expect_dead(scene, 2, 0);
    struct journal_event event;
    assert_int_equal(journal_waiting_of(scene->journal, 1, 1, 0, &event, 1, &scene->error), 1);
    assert_int_equal(event.seq, 3);
    assert_int_equal(event.deaths, 2);
    assert_int_equal(event.attempts, 4);
    assert_int_equal(event.due_unix_ms, 0);
    assert_true(event.alone);
    journal_event_finish(&event);
    assert_int_equal(scene_number(scene, "SELECT count(*) FROM events WHERE earlier = seq - 1"), 3);
    assert_false(event.replay);
    struct attempt attempt;
    assert_int_equal(journal_attempts(scene->journal, 1, 3, &attempt, 1, &scene->error), 0);
}

static void an_older_file_is_brought_up_to_date(void **state)
{
    struct scene *scene = *state;
    static char made[16384], migrated[16384];
    int newest = (int)scene_number(scene, "PRAGMA user_version");
    read_schema(scene, made, sizeof made);
    for (int version = 1; version < newest; version++) {
        journal_close(scene->journal);
        unlink(scene->path);
        make_version(scene->path, version);
        scene->journal = journal_open(scene->path, &scene->error);
        for (int opened = 0; opened < 2; opened++) {
            if (!scene->journal)
                fail_msg("%s", scene->error.text);
            assert_int_equal(scene_number(scene, "PRAGMA user_version"), newest);
            read_schema(scene, migrated, sizeof migrated);
            assert_string_equal(migrated, made);
            expect_contents(scene);
            scene_reopen(scene);
        }
        scene_begin(scene);
        scene_append(scene, 4, EVENT_CREATED, "b@x.org");
        scene_settle(scene, 1, 4, SETTLED_DEAD);
        scene_wait_until(scene, 1, 3, 900);
        scene_commit(scene);
        expect_dead(scene, 4, 2);
        assert_int_equal(scene_number(scene, "SELECT count(*) FROM pragma_integrity_check"
                                             " WHERE integrity_check = 'ok'"),
                         1);
    }
}

static void there_is_a_migration_for_each_version(void **state)
{
    struct scene *scene = *state;
    int newest = (int)scene_number(scene, "PRAGMA user_version");
    assert_int_equal(newest, 7);
    for (int from = 0; from < newest; from++)
        assert_non_null(schema_migration(from));
    assert_null(schema_migration(newest));
}

#define SCENE(test) cmocka_unit_test_setup_teardown(test, scene_setup, scene_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(an_older_file_is_brought_up_to_date),
        SCENE(there_is_a_migration_for_each_version),
    };
    return cmocka_run_group_tests_name("journal_schema", tests, NULL, NULL);
}
