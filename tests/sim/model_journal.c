/*
 * The journal's file as the model reads it: by its own connection and its own SQL, between two
 * transactions of the bus. What may become of a row is model_moves.c's. Never writes to the file.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/sim/model_state.h"

enum question { VERSION, COUNT, ALIVE, EVENTS, SINKS, WAITING, SETTLED, TOTALS, QUESTIONS };

static const char *const questions[QUESTIONS] = {
    [VERSION] = "PRAGMA data_version",
    [COUNT] = "SELECT count(*) FROM events",
    [ALIVE] = "SELECT seq FROM events ORDER BY seq",
    [EVENTS] = "SELECT seq, id, affiliate, type, received_unix_ms, canonical FROM events WHERE seq "
               "> ?1 ORDER BY seq",
    [SINKS] = "SELECT number, name, cursor, mask, done_created, done_deactivated, waiting_outside,"
              " delivered, dead, expired, skipped, skipped_after, skipped_seq, held FROM sinks",
    [WAITING] = "SELECT sink, seq, attempts, deaths, alone, due_unix_ms, replay FROM waiting",
    [SETTLED] = "SELECT seq, settled_as, verdict, attempts, deaths FROM settled WHERE sink = ?1",
    [TOTALS] = "SELECT type, accepted FROM totals",
};

/* The keys `retain` and `retain_dead` of [bus], as they are when they are left out. */
#define DAY_MS         (24 * 60 * 60 * 1000LL)
#define RETAIN_MS      (30 * DAY_MS)
#define RETAIN_DEAD_MS (90 * DAY_MS)

/* A sink's row that did not change says that nothing was settled; it is believed, but not always. */
#define READS_BELIEVED 16

/* ---- The connection ---- */

static void refuse(const struct model *model, const char *what)
{
    fprintf(stderr, "model: %s: %s: %s\n", model->path, what, sqlite3_errmsg(model->database));
    abort();
}

static void open_file(struct model *model)
{
    if (sqlite3_open_v2(model->path, &model->database, SQLITE_OPEN_READWRITE, "unix") != SQLITE_OK)
        refuse(model, "cannot be opened");
    /* What a bus that was killed left in the log is the next bus's to find. */
    sqlite3_db_config(model->database, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    sqlite3_exec(model->database, "PRAGMA synchronous=OFF; PRAGMA query_only=1", NULL, NULL, NULL);
    for (int i = 0; i < QUESTIONS; i++) {
        if (sqlite3_prepare_v3(model->database, questions[i], -1, SQLITE_PREPARE_PERSISTENT,
                               &model->statements[i], NULL) != SQLITE_OK)
            refuse(model, questions[i]);
    }
    model->version = -1;
}

void model_close(struct model *model)
{
    for (int i = 0; i < QUESTIONS; i++) {
        sqlite3_finalize(model->statements[i]);
        model->statements[i] = NULL;
    }
    sqlite3_close(model->database);
    model->database = NULL;
}

static bool next_row(struct model *model, enum question question)
{
    int code = sqlite3_step(model->statements[question]);
    if (code == SQLITE_ROW)
        return true;
    sqlite3_reset(model->statements[question]);
    if (code != SQLITE_DONE)
        refuse(model, questions[question]);
    return false;
}

static int64_t column(const struct model *model, enum question question, int at)
{
    return sqlite3_column_int64(model->statements[question], at);
}

/* ---- Rows ---- */

/* The last field of the five: "occurred_at":"2026-03-18T12:00:00.000Z". */
static int64_t read_occurred(const char *canonical)
{
    struct tm at = {0};
    int ms = 0;
    const char *field = strstr(canonical, "\"occurred_at\":\"");
    const char *rest = field ? strptime(field + 15, "%Y-%m-%dT%H:%M:%S.", &at) : NULL;
    assert(rest && sscanf(rest, "%3dZ", &ms) == 1);
    return 1000 * (int64_t)timegm(&at) + ms;
}

static void add_event(struct model *model)
{
    if (model->event_count == model->event_capacity) {
        model->event_capacity = model->event_capacity ? 2 * model->event_capacity : 64;
        model->events = realloc(model->events, model->event_capacity * sizeof *model->events);
        assert(model->events);
    }
    struct known_event *event = &model->events[model->event_count++];
    *event = (struct known_event){
        .seq = column(model, EVENTS, 0),
        .affiliate = column(model, EVENTS, 2),
        .type = (int)column(model, EVENTS, 3),
        .received_unix_ms = column(model, EVENTS, 4),
        .occurred_unix_ms =
            read_occurred((const char *)sqlite3_column_text(model->statements[EVENTS], 5)),
        .seen_mono_ms = model->now.mono,
    };
    model->alive++;
    const void *id = sqlite3_column_blob(model->statements[EVENTS], 1);
    assert(id && sqlite3_column_bytes(model->statements[EVENTS], 1) == MODEL_ID_BYTES);
    memcpy(event->id, id, MODEL_ID_BYTES);
}

/* It was settled and pruned between two readings, as it was said of it, or by its age. */
static void settle_unseen(const struct model *model, const struct model_sink *sink,
                          const struct known_event *event, struct delivery *delivery)
{
    int64_t age_ms = model->unix_max_ms - event->occurred_unix_ms;
    if (!model_is_owed(delivery))
        return;
    if (delivery->delivered)
        delivery->row.as = AS_DELIVERED;
    else if (delivery->may_die)
        delivery->row.as = AS_DEAD;
    else if (sink->config.expire_ms > 0 && !delivery->row.replay && age_ms > sink->config.expire_ms)
        delivery->row.as = AS_EXPIRED;
    else
        return;
    delivery->place = PLACE_SETTLED;
}

/* What was known of it stays; but a dead letter is counted no more. */
static void lose_event(struct model *model, struct known_event *event)
{
    size_t at = (size_t)(event - model->events);
    event->gone = true;
    model->alive--;
    for (size_t i = 0; i < model->sink_count; i++) {
        struct model_sink *sink = &model->sinks[i];
        if (sink->number == 0 || at >= sink->delivery_capacity)
            continue;
        struct delivery *delivery = &sink->deliveries[at];
        settle_unseen(model, sink, event, delivery);
        bool dead = delivery->row.as == AS_DEAD;
        int64_t kept_ms = dead ? RETAIN_DEAD_MS : RETAIN_MS;
        model_rule(model, RULE_PRUNED,
                   !model_is_owed(delivery) && delivery->batch == 0 &&
                       model->unix_ever_ms - event->received_unix_ms >= kept_ms,
                   sink, event, "it is gone, %lld ms after it came in; its place was %d",
                   (long long)(model->unix_ever_ms - event->received_unix_ms), delivery->place);
        if (dead)
            delivery->row.as = AS_DROPPED;
    }
}

static void find_gone(struct model *model)
{
    next_row(model, COUNT);
    int64_t count = column(model, COUNT, 0);
    sqlite3_reset(model->statements[COUNT]);
    if (count == model->alive)
        return;
    size_t at = 0;
    while (next_row(model, ALIVE)) {
        int64_t seq = column(model, ALIVE, 0);
        for (; at < model->event_count && model->events[at].seq < seq; at++)
            if (!model->events[at].gone)
                lose_event(model, &model->events[at]);
        at++;
    }
    for (; at < model->event_count; at++)
        if (!model->events[at].gone)
            lose_event(model, &model->events[at]);
}

static void read_events(struct model *model)
{
    int64_t last = model->event_count ? model->events[model->event_count - 1].seq : 0;
    sqlite3_bind_int64(model->statements[EVENTS], 1, last);
    while (next_row(model, EVENTS))
        add_event(model);
    find_gone(model);
}

/* As many deliveries as there are events. */
static void make_room(const struct model *model, struct model_sink *sink)
{
    if (sink->delivery_capacity >= model->event_count)
        return;
    size_t capacity = model->event_capacity;
    sink->deliveries = realloc(sink->deliveries, capacity * sizeof *sink->deliveries);
    assert(sink->deliveries);
    memset(sink->deliveries + sink->delivery_capacity, 0,
           (capacity - sink->delivery_capacity) * sizeof *sink->deliveries);
    sink->delivery_capacity = capacity;
}

static struct model_sink *add_sink(struct model *model, int64_t number, const char *name)
{
    struct model_sink *sink = model_sink_named(model, name);
    if (!sink || sink->number != 0) { /* else it was told of, and has a row now */
        assert(model->sink_count < MODEL_SINKS_MAX);
        sink = &model->sinks[model->sink_count++];
        *sink = (struct model_sink){.number = number};
    }
    sink->number = number;
    sink->newly = true;
    return sink;
}

static void read_sink(struct model *model)
{
    const char *name = (const char *)sqlite3_column_text(model->statements[SINKS], 1);
    int64_t number = column(model, SINKS, 0);
    struct model_sink *sink = model_sink_numbered(model, number);
    if (!sink)
        sink = add_sink(model, number, name);
    snprintf(sink->name, sizeof sink->name, "%s", name);
    struct figures figures = {
        .cursor = column(model, SINKS, 2),
        .mask = column(model, SINKS, 3),
        .done = {column(model, SINKS, 4), column(model, SINKS, 5)},
        .waiting_outside = column(model, SINKS, 6),
        .delivered = column(model, SINKS, 7),
        .dead = column(model, SINKS, 8),
        .expired = column(model, SINKS, 9),
        .skipped = column(model, SINKS, 10),
        .skipped_after = column(model, SINKS, 11),
        .skipped_seq = column(model, SINKS, 12),
        .held = column(model, SINKS, 13),
    };
    sink->present = true;
    sink->changed = sink->newly || memcmp(&figures, &sink->figures, sizeof figures) != 0;
    sink->remasked = sink->remasked || (!sink->newly && figures.mask != sink->figures.mask);
    sink->grown = sink->grown || (!sink->newly && (figures.mask & ~sink->figures.mask) != 0 &&
                                  figures.skipped_seq > 0);
    sink->figures = figures;
}

/* A row that is gone: skipped altogether, once nothing of it was left. */
static void drop_lost_sinks(struct model *model)
{
    for (size_t i = 0; i < model->sink_count; i++) {
        struct model_sink *sink = &model->sinks[i];
        if (sink->number == 0 || sink->present)
            continue;
        model_rule(model, RULE_LOST, sink->skips && !sink->configured, sink, NULL,
                   "its row is gone");
        sink->number = 0;
        sink->name[0] = '\0';
        free(sink->deliveries);
        sink->deliveries = NULL;
        sink->delivery_capacity = 0;
    }
}

static void read_sinks(struct model *model)
{
    for (size_t i = 0; i < model->sink_count; i++)
        model->sinks[i].present = false;
    while (next_row(model, SINKS))
        read_sink(model);
    drop_lost_sinks(model);
    for (size_t i = 0; i < model->sink_count; i++)
        make_room(model, &model->sinks[i]);
}

/* ---- All deliveries ---- */

/* The rows that were read, for each sink and event: zeroed where there is none. */
static struct row *rows_of(struct model *model, struct row *rows, int64_t sink_number, int64_t seq)
{
    const struct model_sink *sink = model_sink_numbered(model, sink_number);
    int64_t at = model_event_by_seq(model, seq);
    if (!sink)
        return NULL; /* of one that was removed: they stay */
    if (!model_rule(model, RULE_LOST, at >= 0, sink, NULL,
                    "a row of event %lld, which is not there", (long long)seq))
        return NULL;
    return &rows[(size_t)(sink - model->sinks) * model->event_count + (size_t)at];
}

static void read_waiting(struct model *model, struct row *rows)
{
    while (next_row(model, WAITING)) {
        struct row *row =
            rows_of(model, rows, column(model, WAITING, 0), column(model, WAITING, 1));
        if (!row)
            continue;
        row->waits = true;
        row->attempts = (uint32_t)column(model, WAITING, 2);
        row->deaths = (uint32_t)column(model, WAITING, 3);
        row->alone = column(model, WAITING, 4) != 0;
        row->due_unix_ms = column(model, WAITING, 5);
        row->replay = column(model, WAITING, 6) != 0;
    }
}

static void read_settled(struct model *model, const struct model_sink *sink, struct row *rows)
{
    sqlite3_bind_int64(model->statements[SETTLED], 1, sink->number);
    while (next_row(model, SETTLED)) {
        struct row *row = rows_of(model, rows, sink->number, column(model, SETTLED, 0));
        if (!row)
            continue;
        row->as = (enum settled_as)column(model, SETTLED, 1);
        row->verdict = (int32_t)column(model, SETTLED, 2);
        row->attempts = (uint32_t)column(model, SETTLED, 3);
        row->deaths = (uint32_t)column(model, SETTLED, 4);
    }
}

/* What was settled when the file was last read, and has not changed. */
static void keep_settled(const struct model *model, const struct model_sink *sink, struct row *rows)
{
    for (size_t i = 0; i < model->event_count; i++) {
        if (sink->deliveries[i].place == PLACE_SETTLED)
            rows[i] = sink->deliveries[i].row;
    }
}

/* A row for each sink and event, zeroed. */
static struct row *empty_rows(struct model *model)
{
    size_t count = model->sink_count * model->event_count;
    if (count > model->row_capacity) {
        model->row_capacity = 2 * count;
        free(model->rows);
        model->rows = malloc(model->row_capacity * sizeof *model->rows);
        assert(model->rows);
    }
    if (count > 0)
        memset(model->rows, 0, count * sizeof *model->rows);
    return model->rows;
}

static void read_deliveries(struct model *model)
{
    struct row *rows = empty_rows(model);
    bool believe = model->reads++ % READS_BELIEVED != 0;
    for (size_t i = 0; i < model->sink_count; i++) {
        struct model_sink *sink = &model->sinks[i];
        if (sink->number != 0 &&
            (sink->changed || sink->skips || sink->replays || sink->drops || !believe))
            read_settled(model, sink, rows);
        else if (sink->number != 0)
            keep_settled(model, sink, rows + i * model->event_count);
    }
    read_waiting(model, rows);
    for (size_t i = 0; i < model->sink_count; i++) {
        struct model_sink *sink = &model->sinks[i];
        for (size_t j = 0; j < model->event_count && sink->number != 0; j++)
            if (!model->events[j].gone)
                model_move(model, sink, &model->events[j], &sink->deliveries[j],
                           &rows[i * model->event_count + j]);
        sink->newly = sink->remasked = false;
    }
}

void model_read(struct model *model)
{
    if (!model->database)
        open_file(model);
    if (model->now.unix_ms > model->unix_max_ms)
        model->unix_max_ms = model->now.unix_ms;
    next_row(model, VERSION);
    int64_t version = column(model, VERSION, 0);
    sqlite3_reset(model->statements[VERSION]);
    if (version == model->version)
        return;
    model->version = version;
    read_events(model);
    read_sinks(model);
    while (next_row(model, TOTALS))
        model->accepted[column(model, TOTALS, 0) - 1] = column(model, TOTALS, 1);
    read_deliveries(model);
    model->unix_max_ms = model->now.unix_ms;
}
