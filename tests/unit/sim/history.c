/* See history.h. The tables are made by the journal itself, so that they are the true ones. */
#include <assert.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/error.h"
#include "core/journal/journal.h"
#include "tests/unit/sim/history.h"

struct model_sink_config history_sink;
struct model *history_model;

static char directory[64];
static char path[96];
static sqlite3 *database;
static struct model_now now;
static char broken[512];

static const struct model_sink_config usual = {
    .name = "s",
    .was = "",
    .enabled = true,
    .takes_created = true,
    .takes_deactivated = true,
    .makes_requests = true,
    .retry_ms = {10000, 60000},
    .retry_count = 2,
    .timeout_ms = 10000,
    .concurrency = 2,
    .batch = 4,
    .order = MODEL_ORDER_AFFILIATE,
    .start = MODEL_START_NOW,
};

static void run(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void run(const char *format, ...)
{
    char sql[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sql, sizeof sql, format, arguments);
    va_end(arguments);
    if (sqlite3_exec(database, sql, NULL, NULL, NULL) != SQLITE_OK) {
        fprintf(stderr, "%s: %s\n", sql, sqlite3_errmsg(database));
        abort();
    }
}

void history_write(const char *sql)
{
    run("%s", sql);
}

/* ---- The world ---- */

void history_open(void)
{
    struct error error;
    struct journal *journal;
    strcpy(directory, "/tmp/affnotify-history-XXXXXX");
    char *made = mkdtemp(directory);
    assert(made);
    snprintf(path, sizeof path, "%s/journal.db", directory);
    journal = journal_open(path, &error);
    assert(journal);
    journal_close(journal);
    int opened = sqlite3_open(path, &database);
    assert(made && opened == SQLITE_OK);
    run("PRAGMA synchronous=OFF");
    now = (struct model_now){.mono = HISTORY_START_MS, .unix_ms = HISTORY_START_MS};
    history_model = model_new(path);
    history_sink = usual;
}

void history_close(void)
{
    static const char *const endings[] = {"", "-wal", "-shm"};
    char name[128];
    model_free(history_model);
    sqlite3_close(database);
    for (size_t i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "%s%s", path, endings[i]);
        unlink(name);
    }
    rmdir(directory);
}

void history_begin(void)
{
    const struct model_config config = {&history_sink, 1};
    run("INSERT OR IGNORE INTO sinks (number, name, cursor, mask, done_created, done_deactivated)"
        " SELECT 1, 's', coalesce(max(seq), 0), 6, count(*), 0 FROM events");
    model_time(history_model, now);
    model_bus_started(history_model, &config);
    model_host_opened(history_model, "s");
}

void history_end(void)
{
    model_bus_ended(history_model);
}

void history_later(int64_t by_ms)
{
    now.mono += by_ms;
    now.unix_ms += by_ms;
    model_time(history_model, now);
}

void history_set_clock(int64_t by_ms)
{
    now.unix_ms += by_ms;
    model_time(history_model, now);
}

/* ---- Events ---- */

static void name_event(int seq, char id[37])
{
    snprintf(id, 37, "evt_%032x", (unsigned)seq);
}

void history_event(int seq, const char *email)
{
    char id[37];
    name_event(seq, id);
    run("INSERT OR IGNORE INTO affiliates (email_key, affiliate_id, email, deep_link, active,"
        " last_seq, derived) VALUES ('%s', '', '', '', 1, %d, 0)",
        email, seq);
    run("INSERT INTO events (seq, id, affiliate, type, via, received_unix_ms, canonical)"
        " SELECT %d, x'%s', number, 1, 0, %lld,"
        " strftime('{\"occurred_at\":\"%%Y-%%m-%%dT%%H:%%M:%%S.', %lld, 'unixepoch') ||"
        " '%03dZ\"}' FROM affiliates WHERE email_key = '%s'",
        seq, id + 4, (long long)now.unix_ms, (long long)now.unix_ms / 1000,
        (int)(now.unix_ms % 1000), email);
    run("UPDATE totals SET accepted = accepted + 1 WHERE type = 1");
    model_accepted(history_model, id, email, true, now.unix_ms, true);
}

static void send(uint32_t batch, int first, uint32_t count, uint32_t attempt, bool replay)
{
    char ids[8][37];
    struct model_sent_event events[8];
    assert(count <= 8);
    for (uint32_t i = 0; i < count; i++) {
        name_event(first + (int)i, ids[i]);
        events[i] = (struct model_sent_event){ids[i], attempt, replay};
    }
    model_sent(history_model, "s", batch, events, count);
}

void history_send(uint32_t batch, int first, uint32_t count)
{
    send(batch, first, count, 1, false);
}

void history_send_attempt(uint32_t batch, int seq, uint32_t attempt)
{
    send(batch, seq, 1, attempt, false);
}

void history_send_replay(uint32_t batch, int seq)
{
    send(batch, seq, 1, 1, true);
}

void history_back(uint32_t batch, uint32_t taken, int32_t verdict)
{
    model_outcome(history_model, "s",
                  &(struct model_outcome){.batch = batch, .taken = taken, .verdict = verdict});
}

void history_back_waiting(uint32_t batch, int32_t code, int64_t retry_after_ms)
{
    model_outcome(history_model, "s",
                  &(struct model_outcome){.batch = batch,
                                          .taken = 1,
                                          .verdict = RETRY,
                                          .code = code,
                                          .retry_after_ms = retry_after_ms});
}

/* ---- Rows ---- */

void history_settle(int seq, int as, int attempts)
{
    run("BEGIN; DELETE FROM waiting WHERE seq = %d", seq);
    run("INSERT INTO settled VALUES (1, %d, %d, 1, 0, %d, 0, 0, 0, '', '');"
        " COMMIT",
        seq, as, attempts);
}

static void wait(int seq, int attempts, int deaths, int alone, int64_t due, int replay)
{
    run("INSERT OR REPLACE INTO waiting (sink, affiliate, seq, deaths, attempts, alone,"
        " due_unix_ms, replay) SELECT 1, affiliate, seq, %d, %d, %d, %lld, %d FROM events"
        " WHERE seq = %d",
        deaths, attempts, alone, (long long)due, replay, seq);
}

void history_wait(int seq, int attempts, int64_t due_in_ms)
{
    wait(seq, attempts, 0, 0, now.unix_ms + due_in_ms, 0);
}

void history_wait_alone(int seq, int deaths)
{
    wait(seq, 0, deaths, 1, 0, 0);
}

void history_put_back(int seq)
{
    run("BEGIN; DELETE FROM settled WHERE seq = %d", seq);
    wait(seq, 0, 0, 0, 0, 1);
    run("COMMIT");
}

void history_cursor(int seq)
{
    run("UPDATE sinks SET cursor = %d", seq);
}

/* ---- The judge ---- */

const char *history_judge_as_it_is(void)
{
    model_check(history_model, broken, sizeof broken);
    return broken;
}

static void work_out_figures(void)
{
    run("UPDATE sinks SET"
        " delivered = (SELECT count(*) FROM settled WHERE settled_as = 1),"
        " dead = (SELECT count(*) FROM settled WHERE settled_as = 2),"
        " expired = (SELECT count(*) FROM settled WHERE settled_as = 3),"
        " skipped = (SELECT count(*) FROM settled WHERE settled_as = 4),"
        " done_created = (SELECT count(*) FROM events e WHERE e.seq <= sinks.cursor AND NOT EXISTS"
        " (SELECT 1 FROM waiting w WHERE w.seq = e.seq) OR EXISTS"
        " (SELECT 1 FROM settled s WHERE s.seq = e.seq))");
}

const char *history_judge(void)
{
    work_out_figures();
    return history_judge_as_it_is();
}

const char *history_judge_end(void)
{
    work_out_figures();
    model_check_end(history_model, broken, sizeof broken);
    return broken;
}
