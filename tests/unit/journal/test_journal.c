/* The journal's file, events in, affiliates, refused inputs, and what survives a rollback. */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/file.h"
#include "core/event/affiliate_id.h"
#include "core/journal/internal.h"

/* ---- The file ---- */

static void only_its_user_can_read_the_files(void **state)
{
    struct scene *scene = *state;
    journal_close(scene->journal);
    unlink(scene->path);
    mode_t before = umask(0);
    scene->journal = journal_open(scene->path, &scene->error);
    umask(before);
    assert_non_null(scene->journal);
    static const char *const endings[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < 3; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s%s", scene->path, endings[i]);
        struct stat status;
        assert_int_equal(stat(path, &status), 0);
        assert_int_equal(status.st_mode & 07777, 0600);
    }
}

static void the_settings_are_as_designed(void **state)
{
    struct scene *scene = *state;
    static const struct {
        const char *pragma;
        int64_t value;
    } cases[] = {
        {"PRAGMA auto_vacuum", 2}, /* incremental */
        {"PRAGMA synchronous", 2}, /* full */
        {"PRAGMA cache_size", -JOURNAL_CACHE_KIB},
        {"PRAGMA wal_autocheckpoint", JOURNAL_CHECKPOINT_PAGES},
        {"PRAGMA journal_size_limit", JOURNAL_WAL_BYTES_MAX},
        {"PRAGMA user_version", 7},
        {"PRAGMA application_id", 0x6166666e},
        {"SELECT count(*) FROM pragma_journal_mode WHERE journal_mode = 'wal'", 1},
    };
    for (int opened = 0; opened < 2; opened++) {
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
            assert_int_equal(scene_number(scene, cases[i].pragma), cases[i].value);
        scene_reopen(scene);
    }
}

/*
 * What opening says of a file that the SQL has changed, or that holds these bytes, or is not there.
 */
static void what_cannot_be_used_is_refused(void **state)
{
    struct scene *scene = *state;
    static const struct {
        const char *sql;
        const char *bytes;
        const char *sentence;
    } cases[] = {
        {.sql = "PRAGMA user_version = 8",
         .sentence =
             "was made by a later release of affnotify (its schema is 8, this release knows "
             "up to 7); install that release again, or name another directory as state"},
        {.sql = "PRAGMA application_id = 7",
         .sentence =
             "is an SQLite file of another program; move it away, or name another directory "
             "as state"},
        {.sql = "DROP TABLE waiting", .sentence = "no such table: waiting"},
        {.bytes = "This is a file of quite another kind, and it is long enough to have a header. "
                  "SQLite looks at the first hundred bytes of a file.",
         .sentence = "file is not a database; move the file away, or name another directory as "
                     "state"},
    };
    journal_close(scene->journal);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        unlink(scene->path);
        scene->journal = journal_open(scene->path, &scene->error);
        assert_non_null(scene->journal);
        if (cases[i].sql)
            assert_int_equal(sqlite3_exec(scene->journal->database, cases[i].sql, NULL, NULL, NULL),
                             SQLITE_OK);
        journal_close(scene->journal);
        if (cases[i].bytes)
            assert_int_equal(file_replace(scene->directory, "journal.db", cases[i].bytes,
                                          strlen(cases[i].bytes), &scene->error),
                             0);
        scene->journal = journal_open(scene->path, &scene->error);
        assert_null(scene->journal);
        scene_expect_error(scene, cases[i].sentence);
    }
    unlink(scene->path);
    assert_int_equal(mkdir(scene->path, 0700), 0);
    assert_null(journal_open(scene->path, &scene->error));
    scene_expect_error(scene, "unable to open database file: Is a directory; let the user of "
                              "affnotifyd read and write the file and its directory");
    rmdir(scene->path);
    snprintf(scene->path, sizeof scene->path, "%s/none/journal.db", scene->directory);
    assert_null(journal_open(scene->path, &scene->error));
    scene_expect_error(scene, "No such file or directory");
}

static void a_file_that_was_just_made_is_used(void **state)
{
    struct scene *scene = *state;
    journal_close(scene->journal);
    unlink(scene->path);
    assert_int_equal(file_replace(scene->directory, "journal.db", "", 0, &scene->error), 0);
    scene->journal = journal_open(scene->path, &scene->error);
    assert_non_null(scene->journal);
    assert_int_equal(scene_number(scene, "PRAGMA auto_vacuum"), 2);
}

/* Statements that may walk a table: one that has a handful of rows, or is walked at start only. */
static bool may_walk(enum statement which)
{
    return which == STATEMENT_LAST_SEQ || which == STATEMENT_TOTALS || which == STATEMENT_SINKS ||
           which == STATEMENT_REFUSED_COUNT;
}

static void no_statement_walks_or_sorts(void **state)
{
    struct scene *scene = *state;
    for (enum statement which = 0; which < STATEMENT_COUNT; which++) {
        char sql[2048];
        snprintf(sql, sizeof sql, "EXPLAIN QUERY PLAN %s", statement_texts[which]);
        sqlite3_stmt *plan;
        assert_int_equal(sqlite3_prepare_v2(scene->journal->database, sql, -1, &plan, NULL),
                         SQLITE_OK);
        while (sqlite3_step(plan) == SQLITE_ROW) {
            const char *step = (const char *)sqlite3_column_text(plan, 3);
            bool walks = strncmp(step, "SCAN ", 5) == 0 && strcmp(step, "SCAN CONSTANT ROW") != 0;
            bool walks_sinks = which == STATEMENT_TRACE && strncmp(step, "SCAN k ", 7) == 0;
            if ((walks && !walks_sinks && !may_walk(which)) || strstr(step, "TEMP B-TREE"))
                fail_msg("%s\n%s", step, statement_texts[which]);
        }
        sqlite3_finalize(plan);
    }
}

/* With a million rows waiting, what is due is found at its place. */
static void what_is_due_is_looked_up(void **state)
{
    struct scene *scene = *state;
    static const struct {
        enum statement which;
        const char *step;
    } cases[] = {
        {STATEMENT_WAITING_DUE,
         "USING INDEX waiting_due (sink=? AND (due_unix_ms,seq)>(?,?) AND due_unix_ms<?)"},
        {STATEMENT_NEXT_DUE, "USING COVERING INDEX waiting_due (sink=? AND due_unix_ms>?)"},
        {STATEMENT_WAITING_ALONE, "USING INDEX waiting_alone (sink=?)"},
        {STATEMENT_WAITING_HEAD, "USING PRIMARY KEY (sink=? AND affiliate>?)"},
        {STATEMENT_WAITING_UNTIL, "USING INDEX waiting_by_seq (sink=? AND seq<?)"},
        {STATEMENT_ATTEMPTS, "USING PRIMARY KEY (sink=? AND seq=?)"},
        {STATEMENT_WAITING_AFTER, "USING INDEX waiting_by_seq (sink=? AND seq>?)"},
        {STATEMENT_KEYS_BY_TIME, "USING INDEX keys_by_time ((at_unix_ms,key)>(?,?))"},
        {STATEMENT_REPLAY_EVENTS, "SEARCH e USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)"},
        {STATEMENT_REPLAY_DEAD, "USING INDEX settled_dead (sink=? AND seq>? AND seq<?)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char sql[2048];
        snprintf(sql, sizeof sql, "EXPLAIN QUERY PLAN %s", statement_texts[cases[i].which]);
        sqlite3_stmt *plan;
        assert_int_equal(sqlite3_prepare_v2(scene->journal->database, sql, -1, &plan, NULL),
                         SQLITE_OK);
        assert_int_equal(sqlite3_step(plan), SQLITE_ROW);
        const char *step = (const char *)sqlite3_column_text(plan, 3);
        if (!strstr(step, cases[i].step))
            fail_msg("%s and not %s", step, cases[i].step);
        sqlite3_finalize(plan);
    }
}

/* ---- Events ---- */

static void an_event_is_found_as_it_was_given(void **state)
{
    struct scene *scene = *state;
    scene_begin(scene);
    assert_int_equal(scene_append(scene, 7, EVENT_DEACTIVATED, "a@example.com"), 1);
    scene_commit(scene);
    scene_reopen(scene);
    char id[EVENT_ID_SIZE];
    scene_event_id(7, id);
    struct journal_event event;
    enum event_via via;
    assert_int_equal(journal_find(scene->journal, id, &event, &via, &scene->error), 1);
    assert_int_equal(event.seq, 1);
    assert_int_equal(event.affiliate, 1);
    assert_int_equal(event.type, EVENT_DEACTIVATED);
    assert_int_equal(event.received_unix_ms, 7000);
    assert_string_equal(event.id, id);
    assert_string_equal(event.canonical, "{\"n\":7}");
    assert_int_equal(event.canonical_bytes, 7);
    assert_int_equal(via, EVENT_VIA_SELF_SIGNUP);
    assert_false(event.alone || event.blocked || event.waiting || event.deaths || event.attempts);
    journal_event_finish(&event);
    journal_event_finish(&event);
    journal_event_finish(NULL);
    assert_int_equal(scene_number(scene, "SELECT typeof(canonical) = 'text' AND length(id) = 16 AND"
                                         " lower(hex(id)) LIKE 'c0ffee%07' FROM events"),
                     1);
}

static void an_unknown_or_malformed_id_is_not_found(void **state)
{
    struct scene *scene = *state;
    static const char *const ids[] = {
        "",
        "evt_",
        "evt_00000000000000000000000000000000",
        "evt_0000000000000000000000000000000",
        "evt_000000000000000000000000000000000",
        "evt_0000000000000000000000000000000g",
        "evt_0000000000000000000000000000000A",
        "ivt_00000000000000000000000000000000",
    };
    struct journal_event event;
    enum event_via via;
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
        assert_int_equal(journal_find(scene->journal, ids[i], &event, &via, &scene->error), 0);
}

static void a_known_event_writes_nothing(void **state)
{
    struct scene *scene = *state;
    scene_begin(scene);
    struct arrival first =
        scene_append_as(scene, 1, EVENT_CREATED, "a@x.org", "ia_00000001", "l:1");
    assert_true(first.is_new);
    scene_append(scene, 2, EVENT_CREATED, "b@x.org");
    scene_commit(scene);
    int64_t changes = scene_number(scene, "SELECT total_changes()");
    scene_begin(scene);
    struct arrival again =
        scene_append_as(scene, 1, EVENT_CREATED, "a@x.org", "ia_00000002", "l:2");
    scene_commit(scene);
    assert_false(again.is_new || again.id_has_other_email || again.email_has_other_id);
    assert_int_equal(again.seq, first.seq);
    assert_int_equal(journal_last_seq(scene->journal), 2);
    assert_int_equal(scene_number(scene, "SELECT total_changes()"), changes);
}

static void an_affiliate_is_what_came_last(void **state)
{
    struct scene *scene = *state;
    static const struct {
        enum event_type type;
        const char *email;
        const char *affiliate_id;
        const char *deep_link;
    } steps[] = {
        {EVENT_CREATED, "Ann@Example.com", "ia_0000000a", "https://x.org/1"},
        {EVENT_DEACTIVATED, "ann@example.com", "ia_0000000a", "https://x.org/1"},
        {EVENT_CREATED, "ANN@example.com", "ia_0000000b", ""},
        {EVENT_CREATED, "ann@example.com", "ia_0000000b", "app:2"},
    };
    struct affiliate affiliate;
    assert_int_equal(
        journal_affiliate(scene->journal, "ann@example.com", &affiliate, &scene->error), 0);
    scene_begin(scene);
    scene_append(scene, 100, EVENT_CREATED, "bob@example.com");
    for (int i = 0; i < 4; i++) {
        scene_append_as(scene, i, steps[i].type, steps[i].email, steps[i].affiliate_id,
                        steps[i].deep_link);
        assert_int_equal(
            journal_affiliate(scene->journal, "ann@example.com", &affiliate, &scene->error), 1);
        assert_int_equal(affiliate.number, 2);
        assert_string_equal(affiliate.email, steps[i].email);
        assert_string_equal(affiliate.affiliate_id, steps[i].affiliate_id);
        assert_string_equal(affiliate.deep_link, steps[i].deep_link);
        assert_int_equal(affiliate.active, steps[i].type == EVENT_CREATED);
        assert_int_equal(scene_number(scene, "SELECT last_seq FROM affiliates WHERE number = 2"),
                         i + 2);
    }
    scene_commit(scene);
}

/* By the ID that its address gives, or by its address; also when another carries that ID. */
static void an_affiliate_is_found_whatever_its_id(void **state)
{
    struct scene *scene = *state;
    char derived[AFFILIATE_ID_SIZE];
    affiliate_id_derive("ann@x.org", derived);
    const struct {
        const char *email;
        const char *affiliate_id;
    } steps[] = {
        {"bob@x.org", derived}, /* before her, and found by his address only */
        {"Ann@x.org", derived}, {"ann@x.org", "ia_0000000a"}, {"ann@x.org", "ia_0000000b"},
        {"ann@x.org", derived}, {"bob@x.org", "ia_0000000a"},
    };
    struct affiliate ann, bob;
    scene_begin(scene);
    for (int i = 0; i < (int)(sizeof steps / sizeof *steps); i++) {
        int hers = journal_affiliate(scene->journal, "ann@x.org", &ann, &scene->error);
        assert_int_equal(hers, i > 1);
        assert_int_equal(ann.number, i > 1 ? 2 : 0);
        assert_string_equal(ann.derived_id, derived);
        if (i > 1)
            assert_string_equal(ann.affiliate_id, steps[i - 1].affiliate_id);
        int his = journal_affiliate(scene->journal, "bob@x.org", &bob, &scene->error);
        assert_int_equal(his, i > 0);
        assert_int_equal(bob.number, i > 0 ? 1 : 0);
        scene_append_as(scene, i + 1, EVENT_CREATED, steps[i].email, steps[i].affiliate_id, "");
    }
    scene_commit(scene);
    assert_int_equal(scene_number(scene, "SELECT count(*) FROM affiliates"), 2);
    assert_int_equal(scene_number(scene, "SELECT count(*) FROM affiliates WHERE derived = 1"
                                         " AND email_key = 'ann@x.org'"),
                     1);
}

static void a_collision_is_reported_once(void **state)
{
    struct scene *scene = *state;
    static const struct {
        const char *email;
        const char *affiliate_id;
        const char *other_email; /* expected; NULL for none */
        const char *other_id;
    } steps[] = {
        {"Ann@x.org", "ia_0000000a", NULL, NULL},
        {"ann@x.org", "ia_0000000a", NULL, NULL},
        {"bob@x.org", "ia_0000000a", "ann@x.org", NULL}, /* a second e-mail for the ID */
        {"bob@x.org", "ia_0000000a", NULL, NULL},
        {"ann@x.org", "ia_0000000a", NULL, NULL},
        {"ann@x.org", "ia_0000000c", NULL, "ia_0000000a"}, /* a second ID for the e-mail */
        {"ann@x.org", "ia_0000000a", NULL, NULL},          /* to and fro */
        {"ann@x.org", "ia_0000000c", NULL, NULL},
        {"cyd@x.org", "ia_0000000d", NULL, NULL},
        {"cyd@x.org", "ia_0000000c", "ann@x.org", "ia_0000000d"}, /* both at once */
        {"cyd@x.org", "ia_0000000c", NULL, NULL},
        {"dan@x.org", "ia_0000000a", "bob@x.org", NULL}, /* a third e-mail is a pair of its own */
    };
    for (int i = 0; i < (int)(sizeof steps / sizeof *steps); i++) {
        scene_begin(scene);
        struct arrival arrival =
            scene_append_as(scene, i, EVENT_CREATED, steps[i].email, steps[i].affiliate_id, "");
        scene_commit(scene);
        assert_true(arrival.is_new);
        assert_int_equal(arrival.id_has_other_email, steps[i].other_email != NULL);
        assert_int_equal(arrival.email_has_other_id, steps[i].other_id != NULL);
        if (steps[i].other_email)
            assert_string_equal(arrival.other_email, steps[i].other_email);
        if (steps[i].other_id)
            assert_string_equal(arrival.other_id, steps[i].other_id);
        scene_reopen(scene);
    }
}

static void last_seq_never_goes_back(void **state)
{
    struct scene *scene = *state;
    assert_int_equal(journal_last_seq(scene->journal), 0);
    scene_begin(scene);
    scene_append(scene, 1, EVENT_CREATED, "a@x.org");
    scene_append(scene, 2, EVENT_CREATED, "b@x.org");
    assert_int_equal(journal_last_seq(scene->journal), 2);
    scene_commit(scene);
    scene_begin(scene);
    scene_append(scene, 3, EVENT_CREATED, "c@x.org");
    assert_int_equal(journal_last_seq(scene->journal), 3);
    journal_rollback(scene->journal);
    assert_int_equal(journal_last_seq(scene->journal), 2);
    assert_int_equal(sqlite3_exec(scene->journal->database, "DELETE FROM events", NULL, NULL, NULL),
                     SQLITE_OK);
    scene_reopen(scene);
    assert_int_equal(journal_last_seq(scene->journal), 2);
    scene_begin(scene);
    assert_int_equal(scene_append(scene, 4, EVENT_CREATED, "d@x.org"), 3);
    scene_commit(scene);
}

/* ---- Refused inputs ---- */

static void refuse(struct scene *scene, int n)
{
    struct refusal refusal = {.field = "email", .rule = "syntax", .message = "email: no @ in it"};
    char raw[32];
    int length = snprintf(raw, sizeof raw, "{\"n\":%d}", n);
    raw[0] = '\0'; /* raw bytes may be anything */
    assert_int_equal(journal_refuse(scene->journal, "upstream", "", &refusal, raw, (size_t)length,
                                    n, &scene->error),
                     0);
}

static void a_refused_input_is_kept(void **state)
{
    struct scene *scene = *state;
    scene_begin(scene);
    refuse(scene, 5);
    refuse(scene, 6);
    struct refusal none = {.field = ""};
    assert_int_equal(journal_refuse(scene->journal, "", "", &none, "", 0, 7, &scene->error), 0);
    scene_commit(scene);
    assert_int_equal(scene_number(scene, "SELECT count(*) FROM refused"), 3);
    assert_int_equal(scene_number(scene,
                                  "SELECT count(*) FROM refused WHERE received_unix_ms = 5 AND"
                                  " source = 'upstream' AND field = 'email' AND rule = 'syntax' AND"
                                  " message = 'email: no @ in it' AND raw = x'00226e223a357d'"),
                     1);
}

static void the_oldest_refused_input_goes(void **state)
{
    struct scene *scene = *state;
    scene_begin(scene);
    for (int i = 1; i < REFUSED_INPUTS_MAX; i++)
        refuse(scene, i);
    scene_commit(scene);
    scene_begin(scene);
    refuse(scene, 10000);
    refuse(scene, 10001);
    journal_rollback(scene->journal);
    for (int i = REFUSED_INPUTS_MAX; i <= REFUSED_INPUTS_MAX + 2; i++) {
        scene_reopen(scene);
        scene_begin(scene);
        refuse(scene, i);
        scene_commit(scene);
    }
    assert_int_equal(scene_number(scene, "SELECT count(*) FROM refused"), REFUSED_INPUTS_MAX);
    assert_int_equal(scene_number(scene, "SELECT min(received_unix_ms) FROM refused"), 3);
    assert_int_equal(scene_number(scene, "SELECT max(received_unix_ms) FROM refused"), 10002);
}

/* ---- Transactions ---- */

static void a_rollback_leaves_no_trace(void **state)
{
    struct scene *scene = *state;
    scene_begin(scene);
    scene_append(scene, 1, EVENT_CREATED, "a@x.org");
    scene_commit(scene);
    scene_begin(scene);
    scene_append_as(scene, 2, EVENT_CREATED, "b@x.org", "ia_00000001", "");
    refuse(scene, 1);
    journal_rollback(scene->journal);
    journal_rollback(scene->journal); /* nothing to undo: fine */
    assert_int_equal(scene_number(scene, "SELECT (SELECT count(*) FROM events) = 1"
                                         " AND (SELECT count(*) FROM affiliates) = 1"
                                         " AND (SELECT count(*) FROM collisions) = 0"
                                         " AND (SELECT count(*) FROM refused) = 0"
                                         " AND (SELECT accepted FROM totals WHERE type = 1) = 1"),
                     1);
    scene_begin(scene);
    struct arrival again = scene_append_as(scene, 2, EVENT_CREATED, "b@x.org", "ia_00000001", "");
    scene_commit(scene);
    assert_true(again.is_new && again.id_has_other_email);
    assert_int_equal(again.seq, 2);
}

static void closing_in_a_transaction_rolls_back(void **state)
{
    struct scene *scene = *state;
    scene_begin(scene);
    scene_append(scene, 1, EVENT_CREATED, "a@x.org");
    scene_reopen(scene);
    assert_int_equal(journal_last_seq(scene->journal), 0);
    journal_close(NULL);
}

#define SCENE(test) cmocka_unit_test_setup_teardown(test, scene_setup, scene_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(only_its_user_can_read_the_files),
        SCENE(the_settings_are_as_designed),
        SCENE(what_cannot_be_used_is_refused),
        SCENE(a_file_that_was_just_made_is_used),
        SCENE(no_statement_walks_or_sorts),
        SCENE(what_is_due_is_looked_up),
        SCENE(an_event_is_found_as_it_was_given),
        SCENE(an_unknown_or_malformed_id_is_not_found),
        SCENE(a_known_event_writes_nothing),
        SCENE(an_affiliate_is_what_came_last),
        SCENE(an_affiliate_is_found_whatever_its_id),
        SCENE(a_collision_is_reported_once),
        SCENE(last_seq_never_goes_back),
        SCENE(a_refused_input_is_kept),
        SCENE(the_oldest_refused_input_goes),
        SCENE(a_rollback_leaves_no_trace),
        SCENE(closing_in_a_transaction_rolls_back),
    };
    return cmocka_run_group_tests_name("journal", tests, NULL, NULL);
}
