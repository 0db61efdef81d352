/* What the journal says and keeps when disk, lock or process fail it. */
#include "fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/journal/forget.h"
#include "core/journal/internal.h"
#include "core/journal/replay.h"
#include "core/journal/retention.h"
#include "faulty_disk.h"

#define EVENTS_A_ROUND                                                                             \
    400 /* more than the cache holds, so that pages are written before the commit */

static int setup(void **state)
{
    if (scene_setup(state) < 0)
        return -1;
    struct scene *scene = *state;
    scene_open_sink(scene, "crm", BOTH_TYPES);
    return 0;
}

/* One transaction with a bit of everything; 0, or -1 with the error from wherever it failed. */
static int work(struct scene *scene, int events)
{
    struct journal *journal = scene->journal;
    struct error *error = &scene->error;
    int64_t crm = scene_sink(scene, "crm").number;
    struct event event = {.type = EVENT_CREATED, .affiliate_id = "ia_00000001"};
    struct settlement delivered = {.as = SETTLED_DELIVERED, .what = "", .remedy = ""};
    struct settlement failed = {.attempts = 1, .what = "it broke", .remedy = "mend it"};
    struct refusal refusal = {.field = "email", .rule = "syntax", .message = "no"};
    char canonical[3000];
    memset(canonical, ' ', sizeof canonical);
    if (journal_begin(journal, error) < 0)
        return -1;
    for (int i = 0; i < events; i++) {
        int n = (int)journal_last_seq(journal) + 1;
        struct arrival arrival;
        struct affiliate before;
        struct journal_event delivery = {.type = EVENT_CREATED, .affiliate = (n - 1) % 50 + 1};
        scene_event_id(n, delivery.id);
        snprintf(event.email, sizeof event.email, "a%d@x.org", n % 50);
        if (journal_affiliate(journal, event.email, &before, error) < 0 ||
            journal_append(journal, &event, event.email, &before, delivery.id, canonical,
                           sizeof canonical, EVENT_VIA_UNKNOWN, n, &arrival, error) < 0)
            return -1;
        delivery.seq = arrival.seq;
        delivery.due_unix_ms = n;
        if (n % 4 == 0 ? journal_attempt(journal, crm, &delivery, &failed, error) < 0 ||
                             journal_wait(journal, crm, &delivery, error) < 0
                       : journal_settle(journal, crm, &delivery, &delivered, error) < 0)
            return -1;
    }
    if (journal_refuse(journal, "upstream", "", &refusal, "x", 1, 1, error) < 0 ||
        journal_set_cursor(journal, crm, journal_last_seq(journal), error) < 0)
        return -1;
    return journal_commit(journal, error);
}

/* The figures in memory, and those on the disk, must be those of so many events. */
static void expect_events(struct scene *scene, int64_t events)
{
    for (int opened = 0; opened < 2; opened++) {
        assert_int_equal(journal_last_seq(scene->journal), events);
        struct journal_sink sink = scene_sink(scene, "crm");
        assert_int_equal(sink.cursor, events);
        assert_int_equal(sink.pending, events / 4);
        assert_int_equal(sink.delivered, events - events / 4);
        assert_int_equal(scene_number(scene, "SELECT count(*) FROM events"), events);
        assert_int_equal(scene_number(scene, "SELECT count(*) FROM settled"), events - events / 4);
        assert_int_equal(scene_number(scene, "SELECT count(*) FROM waiting"), events / 4);
        assert_int_equal(scene_number(scene, "SELECT count(*) FROM attempts"), events / 4);
        assert_int_equal(sink.waiting, events / 4);
        if (!opened)
            scene_reopen(scene);
    }
    assert_int_equal(scene_number(scene, "SELECT count(*) FROM pragma_integrity_check"
                                         " WHERE integrity_check = 'ok'"),
                     1);
}

/* ---- The disk ---- */

/*
 * Each operation of a transaction fails in turn: the journal says so with this sentence, keeps
 * nothing of it, and goes on afterwards. At the end the transaction is over before the disk breaks.
 */
static void fail_each(struct scene *scene, enum faulty_disk_operation operation, int code, int step,
                      const char *sentence)
{
    int64_t events = 0;
    int failures = 0;
    for (int nth = 1;; nth += step) {
        faulty_disk_break(operation, nth, code);
        int result = work(scene, EVENTS_A_ROUND);
        bool has_failed = faulty_disk_mend();
        if (result == 0) {
            events += EVENTS_A_ROUND;
            if (!has_failed)
                break;
            continue; /* only the checkpoint failed: it is done later */
        }
        failures++;
        scene_expect_error(scene, sentence);
        journal_rollback(scene->journal);
        assert_int_equal(journal_last_seq(scene->journal), events);
        assert_int_equal(scene_sink(scene, "crm").cursor, events);
        if (failures % 16 == 1)
            expect_events(scene, events);
        assert_int_equal(work(scene, 4), 0);
        events += 4;
    }
    assert_true(failures > 0);
    expect_events(scene, events);
}

static void a_full_disk_costs_nothing_but_the_transaction(void **state)
{
    fail_each(*state, FAULTY_WRITE, SQLITE_FULL, 37,
              "database or disk is full; free some space on its file system");
}

static void a_broken_disk_costs_nothing_but_the_transaction(void **state)
{
    fail_each(*state, FAULTY_WRITE, SQLITE_IOERR_WRITE, 61,
              "disk I/O error; look at the disk, its free space and the kernel's log");
}

static void what_cannot_be_synced_is_not_committed(void **state)
{
    fail_each(*state, FAULTY_SYNC, SQLITE_IOERR_FSYNC, 1,
              "disk I/O error; look at the disk, its free space and the kernel's log");
}

/* The kernel's own limit, which needs no privilege: files may not grow any more. */
static void a_file_that_may_not_grow_costs_nothing_but_the_transaction(void **state)
{
    struct scene *scene = *state;
    assert_int_equal(work(scene, 100), 0);
    struct rlimit before, now;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    now = before;
    now.rlim_cur = 8192;
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &now), 0);
    int result = work(scene, 100);
    setrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, handler);
    assert_int_equal(result, -1);
    scene_expect_error(scene, "disk I/O error; look at the disk, its free space and "
                              "the kernel's log");
    journal_rollback(scene->journal);
    assert_int_equal(work(scene, 100), 0);
    expect_events(scene, 200);
}

static void a_sink_is_not_half_opened(void **state)
{
    struct scene *scene = *state;
    assert_int_equal(work(scene, 8), 0);
    struct journal_sink sink;
    faulty_disk_break(FAULTY_WRITE, 1, SQLITE_FULL);
    assert_int_equal(
        journal_open_sink(scene->journal, "new", BOTH_TYPES, NULL, &sink, &scene->error), -1);
    scene_expect_error(scene, "database or disk is full; free some space on its file system");
    assert_int_equal(journal_open_sink(scene->journal, "crm", 0, NULL, &sink, &scene->error), -1);
    faulty_disk_mend();
    assert_int_equal(journal_sink_status(scene->journal, "new", &sink, &scene->error), 0);
    expect_events(scene, 8);
    assert_int_equal(
        journal_open_sink(scene->journal, "new", BOTH_TYPES, NULL, &sink, &scene->error), 0);
    assert_int_equal(sink.cursor, 8);
}

/* Renaming, removing and skipping on a disk that breaks at each write in turn. */
static void a_sink_is_not_half_changed(void **state)
{
    struct scene *scene = *state;
    struct journal *journal = scene->journal;
    assert_int_equal(work(scene, 40), 0);
    int64_t crm = scene_sink(scene, "crm").number;
    scene_open_sink(scene, "old", BOTH_TYPES);
    int64_t old = scene_sink(scene, "old").number;
    struct journal_sink sink;
    faulty_disk_break(FAULTY_WRITE, 1, SQLITE_FULL);
    assert_int_equal(journal_rename_sink(journal, "old", "new", &scene->error), -1);
    scene_expect_error(scene, "database or disk is full; free some space on its file system");
    assert_int_equal(journal_remove_sink(journal, old, &scene->error), -1);
    faulty_disk_mend();
    assert_int_equal(journal_sink_status(journal, "new", &sink, &scene->error), 0);
    assert_int_equal(journal_sink_status(journal, "old", &sink, &scene->error), 1);

    faulty_disk_break(FAULTY_WRITE, 1, SQLITE_FULL);
    scene_begin(scene);
    assert_true(journal_skip(journal, crm, 40, 1, 100, &scene->error) < 0 ||
                journal_commit(journal, &scene->error) < 0);
    journal_rollback(journal);
    faulty_disk_mend();
    expect_events(scene, 40);
    journal = scene->journal;

    assert_int_equal(journal_rename_sink(journal, "old", "new", &scene->error), 1);
    assert_int_equal(journal_remove_sink(journal, old, &scene->error), 1);
    scene_begin(scene);
    assert_int_equal(journal_skip(journal, crm, 40, 1, 100, &scene->error), 0);
    scene_commit(scene);
    assert_int_equal(scene_sink(scene, "crm").skipped, 10);
    assert_int_equal(scene_sink(scene, "crm").pending, 0);
}

/* Reading stops after each step in turn: an error, and what was read before is freed. */
static int count_down(void *steps)
{
    return --*(int *)steps < 0;
}

/* However far it came: the transaction goes, and all is as it was. */
static void a_replay_that_is_interrupted_changes_nothing(void **state)
{
    struct scene *scene = *state;
    int64_t crm = scene_open_sink(scene, "crm", BOTH_TYPES);
    scene_begin(scene);
    for (int n = 1; n <= 6; n++) {
        scene_append(scene, n, EVENT_CREATED, n % 2 ? "a@x.org" : "b@x.org");
        scene_settle(scene, crm, n, n % 3 ? SETTLED_DEAD : SETTLED_DELIVERED);
    }
    scene_commit(scene);
    int failed = 0;
    int more = -1;
    for (int steps = 1; more < 0; steps++, failed++) {
        struct replay replay = {.filter = {.source = crm, .target = crm, .until_seq = 6}};
        int left = steps;
        scene_begin(scene);
        sqlite3_progress_handler(scene->journal->database, 1, count_down, &left);
        more = journal_replay(scene->journal, &replay, true, 100, &scene->error);
        sqlite3_progress_handler(scene->journal->database, 0, NULL, NULL);
        if (more < 0)
            scene_expect_error(scene, "interrupted");
        journal_rollback(scene->journal);
        assert_int_equal(scene_sink(scene, "crm").dead, 4);
        assert_int_equal(scene_sink(scene, "crm").pending, 0);
        assert_int_equal(scene_number(scene, "SELECT count(*) FROM settled"), 6);
        assert_int_equal(scene_number(scene, "SELECT count(*) FROM waiting"), 0);
    }
    assert_int_equal(more, 0);
    assert_in_range(failed, 100, 10000);
}

static int64_t sum_of_all(struct scene *scene)
{
    return scene_number(scene, "SELECT (SELECT sum(seq) FROM events) +"
                               " 3 * (SELECT sum(seq) FROM settled) +"
                               " 5 * (SELECT coalesce(sum(seq), 0) FROM waiting) +"
                               " 7 * (SELECT count(*) FROM affiliates) +"
                               " 11 * (SELECT count(*) FROM refused)");
}

/* One of the steps by which something goes for good. 1 and 0 as theirs. */
static int take_away(struct scene *scene, int way, int64_t crm)
{
    struct journal *journal = scene->journal;
    struct prune pass = {.now_unix_ms = 1000000};
    struct expiry expiry = {.events = 0};
    struct forgetting forgetting = {.email_key = "a1@x.org", .erases = true};
    switch (way) {
    case 0:
        return journal_prune(journal, &pass, 100, &scene->error);
    case 1:
        return journal_prune_refused(journal, &pass, 10, &scene->error);
    case 2:
        return journal_expire(journal, crm, 1, "", "", &expiry, 100, &scene->error);
    case 3:
        return journal_forget_events(journal, &forgetting, 100, 1, &scene->error);
    case 4:
        return journal_forget_refused(journal, &forgetting, 10, &scene->error);
    default:
        return journal_forget_texts(journal, &forgetting, 100, &scene->error);
    }
}
#define WAYS_AWAY 6

static void keep_refused(struct scene *scene)
{
    const struct refusal refusal = {.field = "email", .rule = "syntax"};
    scene_begin(scene);
    for (int i = 0; i < 3; i++)
        assert_int_equal(journal_refuse(scene->journal, "spool/x", "", &refusal, "a1@x.org", 8, i,
                                        &scene->error),
                         0);
    scene_commit(scene);
}

/* However far it came: the transaction goes, and all is as it was. */
static void what_goes_for_good_and_is_interrupted_stays(void **state)
{
    struct scene *scene = *state;
    assert_int_equal(work(scene, 40), 0);
    int64_t crm = scene_sink(scene, "crm").number;
    keep_refused(scene);
    struct journal_sink before = scene_sink(scene, "crm");
    int64_t sum = sum_of_all(scene);
    for (int way = 0; way < WAYS_AWAY; way++) {
        int failed = 0;
        int more = -1;
        for (int steps = 1; more < 0; steps += 1 + steps / 20, failed++) {
            int left = steps;
            scene_begin(scene);
            sqlite3_progress_handler(scene->journal->database, 1, count_down, &left);
            more = take_away(scene, way, crm);
            sqlite3_progress_handler(scene->journal->database, 0, NULL, NULL);
            if (more < 0)
                scene_expect_error(scene, "interrupted");
            journal_rollback(scene->journal);
            struct journal_sink after = scene_sink(scene, "crm");
            assert_memory_equal(&after, &before, sizeof after);
            assert_int_equal(journal_refused_count(scene->journal), 4);
            assert_int_equal(sum_of_all(scene), sum);
        }
        assert_in_range(failed, 20, 10000);
    }
}

/* A disk that is full lets nothing go, and takes nothing with it. */
static void a_full_disk_lets_nothing_go(void **state)
{
    struct scene *scene = *state;
    assert_int_equal(work(scene, 40), 0);
    int64_t crm = scene_sink(scene, "crm").number;
    keep_refused(scene);
    int64_t sum = sum_of_all(scene);
    for (int way = 0; way < WAYS_AWAY - 1; way++) { /* the last finds nothing to write */
        faulty_disk_break(FAULTY_WRITE, 1, SQLITE_FULL);
        scene_begin(scene);
        int more = take_away(scene, way, crm);
        if (more >= 0)
            assert_int_equal(journal_commit(scene->journal, &scene->error), -1);
        scene_expect_error(scene, "database or disk is full; free some space on its file system");
        journal_rollback(scene->journal);
        assert_true(faulty_disk_mend());
        assert_int_equal(sum_of_all(scene), sum);
    }
    expect_events(scene, 40);
    for (int way = 0; way < WAYS_AWAY; way++) {
        scene_begin(scene);
        assert_true(take_away(scene, way, crm) >= 0);
        scene_commit(scene);
    }
    assert_int_equal(scene_sink(scene, "crm").pending, 0);
}

static void a_log_that_cannot_be_emptied_is_said(void **state)
{
    struct scene *scene = *state;
    assert_int_equal(work(scene, 4), 0);
    faulty_disk_break(FAULTY_WRITE, 1, SQLITE_IOERR_WRITE);
    assert_int_equal(journal_empty_log(scene->journal, &scene->error), -1);
    scene_expect_error(scene,
                       "disk I/O error; look at the disk, its free space and the kernel's log");
    faulty_disk_mend();
    assert_int_equal(journal_empty_log(scene->journal, &scene->error), 1);
    expect_events(scene, 4);
}

static void what_waits_and_cannot_be_read_to_its_end_is_an_error(void **state)
{
    struct scene *scene = *state;
    assert_int_equal(work(scene, 40), 0);
    int64_t crm = scene_sink(scene, "crm").number;
    for (int way = 0; way < 4; way++) {
        int result = -1;
        int failures = 0;
        for (int allowed = 0; result < 0; allowed++) {
            struct journal_event events[16];
            struct journal *journal = scene->journal;
            int64_t looked_at;
            int steps = allowed;
            sqlite3_progress_handler(journal->database, 1, count_down, &steps);
            result = way == 0 ? journal_waiting_of(journal, crm, 4, 100, events, 16, &scene->error)
                     : way == 1 ? journal_waiting_heads(journal, crm, 0, 100, events, 16,
                                                        &looked_at, &scene->error)
                     : way == 2
                         ? journal_waiting_due(journal, crm, 0, 0, 100, events, 16, &scene->error)
                         : journal_scan(journal, crm, 0, events, 16, &looked_at, &scene->error);
            sqlite3_progress_handler(journal->database, 0, NULL, NULL);
            failures += result < 0;
            if (result < 0)
                scene_expect_error(scene, "interrupted");
            for (int i = 0; i < result; i++)
                journal_event_finish(&events[i]);
        }
        assert_true(failures > 10);
    }
}

static void a_journal_that_cannot_be_made_is_refused(void **state)
{
    struct scene *scene = *state;
    journal_close(scene->journal);
    for (int nth = 1;; nth++) {
        unlink(scene->path);
        faulty_disk_break(FAULTY_WRITE, nth, SQLITE_FULL);
        scene->journal = journal_open(scene->path, &scene->error);
        bool has_failed = faulty_disk_mend();
        if (scene->journal && !has_failed)
            break;
        if (!scene->journal)
            scene_expect_error(scene,
                               "database or disk is full; free some space on its file system");
        /* The same file serves when there is space again. */
        journal_close(scene->journal);
        scene->journal = journal_open(scene->path, &scene->error);
        assert_non_null(scene->journal);
        assert_int_equal(scene_number(scene, "PRAGMA auto_vacuum"), 2);
        journal_close(scene->journal);
    }
}

/* ---- Reading ---- */

static void every_reader_says_when_the_file_is_damaged(void **state)
{
    struct scene *scene = *state;
    assert_int_equal(work(scene, 400), 0);
    journal_close(scene->journal);
    struct stat status;
    assert_int_equal(stat(scene->path, &status), 0);
    scene->journal = journal_open(scene->path, &scene->error);
    assert_non_null(scene->journal);
    int fd = open(scene->path, O_WRONLY);
    assert_true(fd >= 0);
    char junk[4096];
    memset(junk, 0x55, sizeof junk);
    for (off_t at = 2 * 4096; at < status.st_size; at += 4096)
        assert_int_equal(pwrite(fd, junk, sizeof junk, at), sizeof junk);
    close(fd);
    sqlite3_db_release_memory(scene->journal->database); /* what it has read before */

    struct journal *journal = scene->journal;
    struct error *error = &scene->error;
    struct journal_event events[4];
    struct journal_event event = {.seq = 1, .affiliate = 1, .type = EVENT_CREATED};
    struct affiliate affiliate;
    struct delivery deliveries[4];
    struct attempt attempts[4];
    struct journal_sink sink;
    const struct sink_start_rule beginning = {.kind = START_BEGINNING};
    struct listed_event listed[4];
    struct dead_letter letters[4];
    const struct dead_place top = {.seq = 0};
    struct dead_place next;
    enum event_via via;
    int64_t number = scene_sink(scene, "crm").number;
    int64_t result;
    scene_event_id(1, event.id);
#define EXPECT_DAMAGED(call)                                                                       \
    error->text[0] = '\0';                                                                         \
    assert_int_equal(call, -1);                                                                    \
    scene_expect_error(scene,                                                                      \
                       "database disk image is malformed; stop affnotifyd and mend the file "      \
                       "with sqlite3's .recover, or restore a copy")
    EXPECT_DAMAGED(journal_affiliate(journal, "a1@x.org", &affiliate, error));
    EXPECT_DAMAGED(journal_find(journal, event.id, &event, &via, error));
    EXPECT_DAMAGED(journal_scan(journal, number, 0, events, 4, &result, error));
    EXPECT_DAMAGED(journal_waiting_of(journal, number, 1, 0, events, 4, error));
    EXPECT_DAMAGED(journal_waiting_heads(journal, number, 0, 0, events, 4, &result, error));
    EXPECT_DAMAGED(journal_waiting_due(journal, number, 0, 0, 1000, events, 4, error));
    EXPECT_DAMAGED(journal_next_due(journal, number, 0, &result, error));
    EXPECT_DAMAGED(journal_attempts(journal, number, 4, attempts, 4, error));
    EXPECT_DAMAGED(journal_seq_received_at(journal, 5, &result, error));
    EXPECT_DAMAGED(journal_skippable(journal, number, 100, &result, error));
    EXPECT_DAMAGED(journal_open_sink(journal, "new", BOTH_TYPES, &beginning, &sink, error));
    struct replay replay = {.filter = {number, number, 0, 100, 0, false, false, false}};
    EXPECT_DAMAGED(journal_waiting_after(journal, number, 0, events, 4, error));
    EXPECT_DAMAGED(journal_replay(journal, &replay, false, 10, error));
    EXPECT_DAMAGED(journal_drop(journal, &replay, false, 10, error));
    struct forgetting forgetting = {.email_key = "a1@x.org"};
    EXPECT_DAMAGED(journal_forget_events(journal, &forgetting, 10, 1, error));
    EXPECT_DAMAGED(journal_waiting_alone(journal, number, events, 4, error));
    EXPECT_DAMAGED(journal_oldest_pending(journal, number, BOTH_TYPES, &result, error));
    EXPECT_DAMAGED(journal_trace(journal, &event, deliveries, 4, error));
    EXPECT_DAMAGED(journal_events_before(journal, 100, NULL, 0, listed, 4, &result, error));
    EXPECT_DAMAGED(journal_events_before(journal, 100, "a1@x.org", 0, listed, 4, &result, error));
    EXPECT_DAMAGED(journal_dead_after(journal, &top, NULL, letters, 4, &next, error));
    EXPECT_DAMAGED(work(scene, 1));
    journal_rollback(journal);
}

/* ---- Locks ---- */

static void another_programs_lock_is_reported(void **state)
{
    struct scene *scene = *state;
    sqlite3 *other;
    assert_int_equal(sqlite3_open(scene->path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    int before_ms = faulty_disk_slept_ms();
    assert_int_equal(work(scene, 4), -1);
    assert_in_range(faulty_disk_slept_ms() - before_ms, JOURNAL_BUSY_MS - 100, JOURNAL_BUSY_MS);
    scene_expect_error(scene,
                       "database is locked; another program has it locked; end that program");
    journal_rollback(scene->journal);
    assert_int_equal(scene_sink(scene, "crm").cursor, 0); /* reading goes on */
    struct journal_sink sink;
    assert_int_equal(
        journal_open_sink(scene->journal, "new", BOTH_TYPES, NULL, &sink, &scene->error), -1);
    sqlite3_close(other);
    assert_int_equal(work(scene, 4), 0);
    expect_events(scene, 4);
}

/* Another tool that reads, even for long, holds up neither writing nor committing. */
static void another_programs_reading_is_not_in_the_way(void **state)
{
    struct scene *scene = *state;
    sqlite3 *other;
    assert_int_equal(sqlite3_open(scene->path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN; SELECT count(*) FROM events", NULL, NULL, NULL),
                     SQLITE_OK);
    for (int i = 1; i <= 4; i++)
        assert_int_equal(work(scene, EVENTS_A_ROUND), 0);
    sqlite3_close(other);
    expect_events(scene, 4 * EVENTS_A_ROUND);
}

/* ---- Crashes ---- */

/* Runs in a process of its own, which ends without closing anything. */
static void in_a_process_that_dies(struct scene *scene, bool commits)
{
    journal_close(scene->journal);
    scene->journal = NULL;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        scene->journal = journal_open(scene->path, &scene->error);
        if (!scene->journal || work(scene, EVENTS_A_ROUND) < 0)
            _exit(1);
        if (!commits) {
            scene_begin(scene);
            struct event event = {.type = EVENT_CREATED};
            struct arrival arrival;
            struct affiliate before;
            char canonical[4000] = "";
            for (int n = 10000; n < 10000 + EVENTS_A_ROUND; n++) {
                char id[EVENT_ID_SIZE];
                scene_event_id(n, id);
                if (journal_affiliate(scene->journal, "z@x.org", &before, &scene->error) < 0 ||
                    journal_append(scene->journal, &event, "z@x.org", &before, id, canonical,
                                   sizeof canonical, EVENT_VIA_UNKNOWN, n, &arrival,
                                   &scene->error) < 0)
                    _exit(1);
            }
        }
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    scene->journal = journal_open(scene->path, &scene->error);
    if (!scene->journal)
        fail_msg("%s", scene->error.text);
}

static void what_was_committed_survives_a_crash(void **state)
{
    struct scene *scene = *state;
    in_a_process_that_dies(scene, true);
    expect_events(scene, EVENTS_A_ROUND);
}

static void what_was_not_committed_is_gone_after_a_crash(void **state)
{
    struct scene *scene = *state;
    in_a_process_that_dies(scene, false);
    assert_int_equal(scene_number(scene, "SELECT count(*) FROM affiliates"
                                         " WHERE email_key = 'z@x.org'"),
                     0);
    expect_events(scene, EVENTS_A_ROUND);
    assert_int_equal(work(scene, 4), 0);
    expect_events(scene, EVENTS_A_ROUND + 4);
}

#define SCENE(test) cmocka_unit_test_setup_teardown(test, setup, scene_teardown)

int main(void)
{
    faulty_disk_install();
    const struct CMUnitTest tests[] = {
        SCENE(a_full_disk_costs_nothing_but_the_transaction),
        SCENE(a_broken_disk_costs_nothing_but_the_transaction),
        SCENE(what_cannot_be_synced_is_not_committed),
        SCENE(a_file_that_may_not_grow_costs_nothing_but_the_transaction),
        SCENE(a_sink_is_not_half_opened),
        SCENE(a_sink_is_not_half_changed),
        SCENE(a_replay_that_is_interrupted_changes_nothing),
        SCENE(what_goes_for_good_and_is_interrupted_stays),
        SCENE(a_full_disk_lets_nothing_go),
        SCENE(a_log_that_cannot_be_emptied_is_said),
        SCENE(what_waits_and_cannot_be_read_to_its_end_is_an_error),
        SCENE(a_journal_that_cannot_be_made_is_refused),
        SCENE(every_reader_says_when_the_file_is_damaged),
        SCENE(another_programs_lock_is_reported),
        SCENE(another_programs_reading_is_not_in_the_way),
        SCENE(what_was_committed_survives_a_crash),
        SCENE(what_was_not_committed_is_gone_after_a_crash),
    };
    return cmocka_run_group_tests_name("journal_failures", tests, NULL, NULL);
}
