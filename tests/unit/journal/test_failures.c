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

#include "core/journal/internal.h"
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
    struct refusal refusal = {.field = "email", .rule = "syntax", .message = "no"};
    char canonical[3000];
    memset(canonical, ' ', sizeof canonical);
    if (journal_begin(journal, error) < 0)
        return -1;
    for (int i = 0; i < events; i++) {
        int n = (int)journal_last_seq(journal) + 1;
        struct arrival arrival;
        struct journal_event delivery = {.type = EVENT_CREATED, .affiliate = 1};
        scene_event_id(n, delivery.id);
        snprintf(event.email, sizeof event.email, "a%d@x.org", n % 50);
        if (journal_append(journal, &event, event.email, delivery.id, canonical, sizeof canonical,
                           EVENT_VIA_UNKNOWN, n, &arrival, error) < 0)
            return -1;
        delivery.seq = arrival.seq;
        if (n % 4 == 0 ? journal_wait(journal, crm, &delivery, error) < 0
                       : journal_settle(journal, crm, &delivery, &delivered, error) < 0)
            return -1;
    }
    if (journal_refuse(journal, "upstream", &refusal, "x", 1, 1, error) < 0 ||
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
    assert_int_equal(journal_open_sink(scene->journal, "new", BOTH_TYPES, &sink, &scene->error),
                     -1);
    scene_expect_error(scene, "database or disk is full; free some space on its file system");
    assert_int_equal(journal_open_sink(scene->journal, "crm", 0, &sink, &scene->error), -1);
    faulty_disk_mend();
    assert_int_equal(journal_sink_status(scene->journal, "new", &sink, &scene->error), 0);
    expect_events(scene, 8);
    assert_int_equal(journal_open_sink(scene->journal, "new", BOTH_TYPES, &sink, &scene->error), 0);
    assert_int_equal(sink.cursor, 8);
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
    EXPECT_DAMAGED(journal_waiting_of(journal, number, 1, events, 4, error));
    EXPECT_DAMAGED(journal_waiting_heads(journal, number, 0, events, 4, error));
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
    assert_int_equal(journal_open_sink(scene->journal, "new", BOTH_TYPES, &sink, &scene->error),
                     -1);
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
            char canonical[4000] = "";
            for (int n = 10000; n < 10000 + EVENTS_A_ROUND; n++) {
                char id[EVENT_ID_SIZE];
                scene_event_id(n, id);
                if (journal_append(scene->journal, &event, "z@x.org", id, canonical,
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
        SCENE(a_journal_that_cannot_be_made_is_refused),
        SCENE(every_reader_says_when_the_file_is_damaged),
        SCENE(another_programs_lock_is_reported),
        SCENE(another_programs_reading_is_not_in_the_way),
        SCENE(what_was_committed_survives_a_crash),
        SCENE(what_was_not_committed_is_gone_after_a_crash),
    };
    return cmocka_run_group_tests_name("journal_failures", tests, NULL, NULL);
}
