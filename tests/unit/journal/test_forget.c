/* A person is erased: what goes, what others keep, and that nothing is left in the file. */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buffer.h"
#include "core/base/file.h"
#include "core/journal/forget.h"
#include "core/journal/internal.h"

#define ANN "ann@x.org"

static struct forgetting count(struct scene *scene, int max_rows)
{
    struct forgetting forgetting = {.email_key = ANN};
    int more;
    do
        more = journal_forget_events(scene->journal, &forgetting, max_rows, 9, &scene->error);
    while (more > 0);
    assert_int_equal(more, 0);
    do
        more = journal_forget_refused(scene->journal, &forgetting, max_rows, &scene->error);
    while (more > 0);
    assert_int_equal(more, 0);
    return forgetting;
}

typedef int step_function(struct journal *, struct forgetting *, int, struct error *);

static int forget_events(struct journal *journal, struct forgetting *forgetting, int max_rows,
                         struct error *error)
{
    return journal_forget_events(journal, forgetting, max_rows, 9, error);
}

static struct forgetting forget(struct scene *scene, int max_rows)
{
    static step_function *const steps[] = {forget_events, journal_forget_refused,
                                           journal_forget_texts};
    struct forgetting forgetting = {.email_key = ANN, .erases = true};
    for (size_t i = 0; i < 3; i++) {
        int more;
        do {
            scene_begin(scene);
            more = steps[i](scene->journal, &forgetting, max_rows, &scene->error);
            assert_true(more >= 0);
            scene_commit(scene);
        } while (more);
    }
    return forgetting;
}

static void expect_same_counts(const struct forgetting *one, const struct forgetting *other)
{
    assert_int_equal(one->is_known, other->is_known);
    assert_string_equal(one->affiliate_id, other->affiliate_id);
    assert_int_equal(one->events, other->events);
    assert_int_equal(one->pending, other->pending);
    assert_int_equal(one->refused, other->refused);
}

static void refuse(struct scene *scene, const char *raw, const char *message)
{
    struct refusal refusal = {.field = "email", .rule = "syntax"};
    snprintf(refusal.message, sizeof refusal.message, "%s", message);
    assert_int_equal(
        journal_refuse(scene->journal, "spool/x", "", &refusal, raw, strlen(raw), 1, &scene->error),
        0);
}

static void attempt(struct scene *scene, int64_t sink, int64_t seq, const char *what)
{
    struct journal_event event = scene_event(scene, seq);
    const struct settlement made = {.attempts = 1, .what = what, .remedy = ""};
    assert_int_equal(journal_attempt(scene->journal, sink, &event, &made, &scene->error), 0);
}

static void dead(struct scene *scene, int64_t sink, int64_t seq, const char *what,
                 const char *remedy)
{
    struct journal_event event = scene_event(scene, seq);
    const struct settlement settlement = {.as = SETTLED_DEAD, .what = what, .remedy = remedy};
    assert_int_equal(journal_settle(scene->journal, sink, &event, &settlement, &scene->error), 0);
}

/*
 * Ann's events are 1, 3, 4, 6 and 8; at crm they are delivered, dead, waiting, and pending twice, at
 * the other, which takes no `created`, 8 waits from the time when it did.
 */
static void make_people(struct scene *scene, int64_t *crm, int64_t *other)
{
    static const char *const emails[] = {"",          ANN, "bob@x.org",   ANN, ANN,
                                         "bob@x.org", ANN, "joann@x.org", ANN};
    *crm = scene_open_sink(scene, "crm", BOTH_TYPES);
    *other = scene_open_sink(scene, "other", BOTH_TYPES);
    scene_begin(scene);
    for (int n = 1; n <= 8; n++)
        scene_append_as(scene, n, EVENT_CREATED, emails[n], n == 3 ? "ia_00000003" : "ia_00000001",
                        "https://x.org/ann");
    scene_settle(scene, *crm, 1, SETTLED_DELIVERED);
    dead(scene, *crm, 2, "550 <Ann@X.org>", "");
    attempt(scene, *crm, 3, "no");
    dead(scene, *crm, 3, "550 ann@x.org: no", "");
    scene_wait_until(scene, *crm, 4, 77);
    attempt(scene, *crm, 5, "ann%40x.org is busy");
    scene_wait(scene, *crm, 5, false);
    scene_wait(scene, *other, 8, false);
    attempt(scene, *other, 7, "remember ann@x.org");
    assert_int_equal(journal_set_cursor(scene->journal, *crm, 5, &scene->error), 0);
    refuse(scene, "{\"email\":\"ann\\u0040x.org\"}", "no");
    refuse(scene, "{\"email\":\"joann@x.org\"}", "no");
    refuse(scene, "{\"email\":\"bob@x.org\"}", "email: not ANN@X.ORG");
    scene_commit(scene);
    scene_open_sink(scene, "other", 1u << EVENT_DEACTIVATED);
}

static void a_person_is_gone_and_nobody_else(void **state)
{
    for (int max_rows = 1; max_rows < 9; max_rows++) {
        int64_t crm, other;
        struct scene *scene;
        scene_setup((void **)&scene);
        make_people(scene, &crm, &other);
        struct journal_sink before = scene_sink(scene, "crm");
        struct forgetting counted = count(scene, max_rows);
        assert_int_equal(counted.events, 5);
        assert_int_equal(counted.pending, 4);
        assert_int_equal(counted.refused, 2);
        assert_string_equal(counted.affiliate_id, "ia_00000001");
        struct forgetting done = forget(scene, max_rows);
        expect_same_counts(&done, &counted);
        assert_int_equal(done.texts, 5); /* three rows, and what both sinks said last */

        for (int opened = 0; opened < 2; opened++) {
            struct journal_sink sink = scene_sink(scene, "crm");
            assert_int_equal(sink.pending, before.pending - 3);
            assert_int_equal(sink.skipped, 3);
            assert_int_equal(sink.waiting, 1);
            assert_int_equal(sink.delivered, 1);
            assert_int_equal(sink.dead, 1);
            assert_string_equal(sink.last_error, "this text named an affiliate who was forgotten");
            assert_int_equal(scene_sink(scene, "other").skipped, 1);
            assert_int_equal(scene_sink(scene, "other").pending, 0);
            assert_int_equal(scene_sink(scene, "other").waiting, 0);
            assert_int_equal(journal_refused_count(scene->journal), 1);
            scene_reopen(scene);
        }
        assert_int_equal(scene_number(scene, "SELECT sum(seq) FROM events"), 2 + 5 + 7);
        assert_int_equal(scene_number(scene, "SELECT count(*) FROM affiliates"), 2);
        assert_int_equal(scene_number(scene, "SELECT count(*) FROM collisions"
                                             " WHERE email_key = '" ANN "'"),
                         0);
        assert_int_equal(scene_number(scene, "SELECT sum(seq) FROM attempts"), 5 + 7);
        assert_int_equal(scene_number(scene, "SELECT sum(seq) FROM settled"), 2);
        scene_teardown((void **)&scene);
    }
    *state = NULL;
}

/* She is a new affiliate, with the ID that her event brings, and nothing before. */
static void who_comes_back_is_new(void **state)
{
    struct scene *scene = *state;
    int64_t crm, other;
    make_people(scene, &crm, &other);
    forget(scene, 10);
    struct affiliate ann;
    assert_int_equal(journal_affiliate(scene->journal, ANN, &ann, &scene->error), 0);
    scene_begin(scene);
    struct arrival arrival =
        scene_append_as(scene, 1, EVENT_CREATED, ANN, "ia_00000009", "https://x.org/new");
    scene_commit(scene);
    assert_true(arrival.is_new);
    assert_int_equal(arrival.seq, 9);
    assert_false(arrival.email_has_other_id);
    assert_int_equal(journal_affiliate(scene->journal, ANN, &ann, &scene->error), 1);
    assert_string_equal(ann.affiliate_id, "ia_00000009");
    assert_int_equal(scene_number(scene, "SELECT earlier FROM events WHERE seq = 9"), 0);
}

/* What comes in between two steps goes with the rest. */
static void what_comes_in_meanwhile_goes_too(void **state)
{
    struct scene *scene = *state;
    int64_t crm, other;
    make_people(scene, &crm, &other);
    struct forgetting forgetting = {.email_key = ANN, .erases = true};
    int more = 1;
    for (int n = 20; more; n++) {
        scene_begin(scene);
        more = journal_forget_events(scene->journal, &forgetting, 2, 9, &scene->error);
        if (more && n < 23)
            scene_append(scene, n, EVENT_DEACTIVATED, ANN);
        scene_commit(scene);
    }
    assert_int_equal(forgetting.events, 8);
    assert_int_equal(scene_number(scene, "SELECT count(*) FROM events WHERE affiliate = 1"), 0);
    assert_int_equal(scene_sink(scene, "crm").pending, 2);
}

static void nobody_is_known_by_this_address(void **state)
{
    struct scene *scene = *state;
    scene_open_sink(scene, "crm", BOTH_TYPES);
    scene_begin(scene);
    scene_append(scene, 1, EVENT_CREATED, "bob@x.org");
    scene_commit(scene);
    struct forgetting done = forget(scene, 10);
    assert_false(done.is_known);
    assert_int_equal(done.events + done.pending + done.refused + done.texts, 0);
    assert_int_equal(scene_number(scene, "SELECT count(*) FROM events"), 1);
}

/* ---- The files ---- */

static bool file_holds(struct scene *scene, const char *suffix, const char *text)
{
    char path[128];
    struct buffer content;
    snprintf(path, sizeof path, "%s%s", scene->path, suffix);
    buffer_init(&content, 64 * 1024 * 1024);
    assert_int_equal(file_read(path, &content, &scene->error), 0);
    bool holds = content.len > 0 && memmem(content.data, content.len, text, strlen(text)) != NULL;
    buffer_finish(&content);
    return holds;
}

static bool files_hold(struct scene *scene, const char *text)
{
    return file_holds(scene, "", text) || file_holds(scene, "-wal", text) ||
           file_holds(scene, "-shm", text);
}

/* Among so many that pages are split and joined, and what was there before is overwritten. */
static void nothing_is_left_in_the_files(void **state)
{
    struct scene *scene = *state;
    int64_t crm = scene_open_sink(scene, "crm", BOTH_TYPES);
    uint32_t draw = 20260318;
    for (int n = 1; n <= 6000; n++) {
        if (n % 500 == 1)
            scene_begin(scene);
        char email[40];
        draw ^= draw << 13;
        draw ^= draw >> 17;
        draw ^= draw << 5;
        snprintf(email, sizeof email, "%08x@x.org", n % 20 == 0 ? 20 : draw);
        const char *who = n % 97 == 0 ? ANN : email;
        scene_append(scene, n, n % 2 ? EVENT_CREATED : EVENT_DEACTIVATED, who);
        char raw[96];
        snprintf(raw, sizeof raw, "{\"email\":\"%s\",\"number\":%d}", who, n);
        refuse(scene, raw, "no");
        if (n % 3 == 0)
            dead(scene, crm, n, who, raw);
        else
            attempt(scene, crm, n, who);
        if (n % 500 == 0) {
            assert_int_equal(journal_set_cursor(scene->journal, crm, n - 400, &scene->error), 0);
            scene_commit(scene);
        }
    }
    assert_true(files_hold(scene, ANN));
    struct forgetting done = forget(scene, PRUNE_STEP_REFUSED);
    assert_int_equal(done.events, 61);
    assert_int_equal(done.refused, 61);
    assert_int_equal(journal_empty_log(scene->journal, &scene->error), 1);
    assert_false(files_hold(scene, ANN));
    assert_true(files_hold(scene, "@x.org"));
    assert_int_equal(scene_number(scene, "SELECT count(*) FROM pragma_integrity_check"
                                         " WHERE integrity_check = 'ok'"),
                     1);
}

static void a_reader_keeps_the_log_from_being_emptied(void **state)
{
    struct scene *scene = *state;
    sqlite3 *other;
    assert_int_equal(sqlite3_open(scene->path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN; SELECT count(*) FROM events", NULL, NULL, NULL),
                     SQLITE_OK);
    scene_open_sink(scene, "crm", BOTH_TYPES);
    assert_int_equal(journal_empty_log(scene->journal, &scene->error), 0);
    sqlite3_close(other);
    assert_int_equal(journal_empty_log(scene->journal, &scene->error), 1);
}

#define SCENE(test) cmocka_unit_test_setup_teardown(test, scene_setup, scene_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_person_is_gone_and_nobody_else),
        SCENE(who_comes_back_is_new),
        SCENE(what_comes_in_meanwhile_goes_too),
        SCENE(nobody_is_known_by_this_address),
        SCENE(nothing_is_left_in_the_files),
        SCENE(a_reader_keeps_the_log_from_being_emptied),
    };
    return cmocka_run_group_tests_name("journal_forget", tests, NULL, NULL);
}
