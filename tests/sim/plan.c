/* See plan.h. */
#include "tests/sim/plan.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tests/sim/draw.h"
#include "tests/sim/faults.h"
#include "tests/sim/story.h"

#define SECOND_MS INT64_C(1000)
#define MINUTE_MS (60 * SECOND_MS)
#define HOUR_MS   (60 * MINUTE_MS)
#define DAY_MS    (24 * HOUR_MS)

/* ---- What the keys are drawn from; the first of each is the bus's default ---- */

static const struct {
    const char *text;
    uint32_t count;
    int64_t ms[16];
} retries[] = {
    {"none", 0, {0}},
    {"standard",
     9,
     {5 * SECOND_MS, 5 * MINUTE_MS, 30 * MINUTE_MS, 2 * HOUR_MS, 5 * HOUR_MS, 10 * HOUR_MS,
      14 * HOUR_MS, 20 * HOUR_MS, 24 * HOUR_MS}},
    {"1s, 5s", 2, {SECOND_MS, 5 * SECOND_MS}},
    {"10s 1m 1h", 3, {10 * SECOND_MS, MINUTE_MS, HOUR_MS}},
    {"2s", 1, {2 * SECOND_MS}},
    {"500ms 500ms 500ms 500ms", 4, {500, 500, 500, 500}},
};
static const uint32_t retry_weights[] = {2, 3, 3, 2, 1, 1};

static const int64_t timeouts_ms[] = {10 * SECOND_MS, 2 * SECOND_MS, 500};
static const uint32_t batches[] = {1, 2, 5, 100};
static const uint32_t concurrencies[] = {32, 1, 2, 4};
static const uint32_t order_weights[] = {6, 2, 2};
static const char *const order_names[] = {"affiliate", "journal", "none"};

static const struct {
    const char *text;
    int64_t an_hour;
} rates[] = {
    {"none", 0}, {"1/s", 3600}, {"50/s", 180000}, {"10/m", 600}, {"240/h", 240}, {"900/s", 3240000},
};
static const uint32_t rate_weights[] = {10, 2, 2, 1, 1, 1};

#define COUNT(array)  (sizeof(array) / sizeof *(array))
#define ONE_OF(array) (array)[draw_below(DRAW_PLAN, COUNT(array))]

static bool chance(uint32_t per_mille)
{
    return draw_chance(DRAW_PLAN, per_mille);
}

/* ---- Drawing ---- */

bool plan_makes_requests(const char *name)
{
    return draw_nature("makes requests", name, 10) < 6;
}

static void draw_retry(struct plan_sink *sink)
{
    size_t drawn = draw_weighted(DRAW_PLAN, retry_weights, COUNT(retries));
    sink->retry = retries[drawn].text;
    sink->told.retry_count = retries[drawn].count;
    memcpy(sink->told.retry_ms, retries[drawn].ms, sizeof sink->told.retry_ms);
}

static void draw_pace(struct plan_sink *sink)
{
    sink->told.rate_an_hour = rates[draw_weighted(DRAW_PLAN, rate_weights, COUNT(rates))].an_hour;
    sink->told.concurrency = ONE_OF(concurrencies);
    sink->told.batch = chance(400) ? 1 : ONE_OF(batches);
    sink->told.digest_ms = chance(750) ? 0 : draw_between(DRAW_PLAN, 100, 20 * SECOND_MS);
}

static void draw_choice(struct plan_sink *sink)
{
    sink->told.takes_created = chance(900);
    sink->told.takes_deactivated = !sink->told.takes_created || chance(850);
    sink->told.expire_ms = chance(700) ? 0 : draw_between(DRAW_PLAN, MINUTE_MS, 3 * HOUR_MS);
    sink->told.order =
        (enum model_order)draw_weighted(DRAW_PLAN, order_weights, COUNT(order_weights));
}

static void name_sink(struct plan *plan, struct plan_sink *sink)
{
    snprintf(sink->name, sizeof sink->name, "s%u", plan->names_given++ % 1000);
    sink->told.makes_requests = plan_makes_requests(sink->name);
}

static void add_sink(struct plan *plan)
{
    struct plan_sink *sink = &plan->sinks[plan->count++];
    memset(sink, 0, sizeof *sink);
    name_sink(plan, sink);
    sink->told.enabled = chance(950);
    sink->told.start = chance(600) ? MODEL_START_NOW : MODEL_START_BEGINNING;
    sink->told.timeout_ms = ONE_OF(timeouts_ms);
    draw_retry(sink);
    draw_pace(sink);
    draw_choice(sink);
}

void plan_draw(struct plan *plan)
{
    *plan = (struct plan){.count = 0};
    size_t count = 1 + draw_below(DRAW_PLAN, 3);
    while (plan->count < count)
        add_sink(plan);
}

/* ---- Changing ---- */

static void change_sink(struct plan_sink *sink)
{
    fault_fired(FAULT_CONFIG_CHANGED);
    if (chance(400))
        draw_retry(sink);
    if (chance(400))
        draw_pace(sink);
    if (chance(300))
        draw_choice(sink);
    if (chance(300))
        sink->told.timeout_ms = ONE_OF(timeouts_ms);
    sink->told.enabled = chance(900);
}

static void remove_sink(struct plan *plan, size_t at)
{
    fault_fired(FAULT_CONFIG_REMOVED);
    memmove(&plan->sinks[at], &plan->sinks[at + 1], (plan->count - at - 1) * sizeof *plan->sinks);
    plan->count--;
}

static void rename_sink(struct plan *plan, struct plan_sink *sink)
{
    fault_fired(FAULT_CONFIG_RENAMED);
    memcpy(sink->was, sink->name, sizeof sink->was);
    name_sink(plan, sink);
}

void plan_change(struct plan *plan)
{
    struct plan_sink *sink = &plan->sinks[draw_below(DRAW_PLAN, (uint32_t)plan->count)];
    uint32_t drawn = draw_below(DRAW_PLAN, 100);
    plan->changes++;
    if (drawn < 60) {
        change_sink(sink);
    } else if (drawn < 75) {
        rename_sink(plan, sink);
    } else if (drawn < 88 && plan->count < PLAN_SINKS_MAX) {
        fault_fired(FAULT_CONFIG_ADDED);
        add_sink(plan);
    } else if (plan->count > 1) {
        remove_sink(plan, (size_t)(sink - plan->sinks));
    }
}

void plan_enable_all(struct plan *plan)
{
    plan->changes++;
    for (size_t i = 0; i < plan->count; i++)
        plan->sinks[i].told.enabled = true;
}

/* ---- Writing and telling ---- */

static const char *rate_text(int64_t an_hour)
{
    size_t at = 0;
    while (rates[at].an_hour != an_hour)
        at++;
    return rates[at].text;
}

static void tell_sink(const struct plan_sink *sink)
{
    const struct model_sink_config *told = &sink->told;
    story_tell("    %s%s%s%s%s: retry %s, timeout %" PRId64 " ms, rate %s, %sconcurrency %" PRIu32
               ", batch %" PRIu32 ", digest %" PRId64 " ms, expire %" PRId64 " ms, order %s%s%s",
               sink->name, sink->was[0] ? " was " : "", sink->was, told->enabled ? "" : " disabled",
               told->start == MODEL_START_NOW ? "" : " from the beginning", sink->retry,
               told->timeout_ms, rate_text(told->rate_an_hour),
               told->makes_requests ? "requests, " : "", told->concurrency, told->batch,
               told->digest_ms, told->expire_ms, order_names[told->order],
               told->takes_created ? "" : ", no created",
               told->takes_deactivated ? "" : ", no deactivated");
}

static void write_sink(const struct plan_sink *sink, FILE *file)
{
    const struct model_sink_config *told = &sink->told;
    fprintf(file, "\n[sink:%s]\nplugin = /simulated/%s.so\n", sink->name, sink->name);
    fprintf(file, "enabled = %s\nevents =%s%s\nretry = %s\n", told->enabled ? "yes" : "no",
            told->takes_created ? " affiliate.created" : "",
            told->takes_deactivated ? " affiliate.deactivated" : "", sink->retry);
    fprintf(file, "timeout = %" PRId64 "ms\nrate = %s\nconcurrency = %" PRIu32 "\n",
            told->timeout_ms, rate_text(told->rate_an_hour), told->concurrency);
    fprintf(file, "batch = %" PRIu32 "\ndigest = %" PRId64 "ms\nexpire = %" PRId64 "ms\n",
            told->batch, told->digest_ms, told->expire_ms);
    fprintf(file, "order = %s\nstart = %s\n", order_names[told->order],
            told->start == MODEL_START_NOW ? "now" : "beginning");
    if (sink->was[0])
        fprintf(file, "was = %s\n", sink->was);
}

void plan_write(const struct plan *plan, const char *directory, const char *path, bool with_mistake)
{
    FILE *file = fopen(path, "w");
    assert(file);
    fprintf(file, "[bus]\nstate = %s\nsocket = %s/bus.sock\n", directory, directory);
    for (size_t i = 0; i < plan->count; i++) {
        tell_sink(&plan->sinks[i]);
        write_sink(&plan->sinks[i], file);
    }
    if (with_mistake)
        fprintf(file, "retry = never\n");
    fclose(file);
}

const struct model_config *plan_tell(const struct plan *plan)
{
    static struct model_sink_config sinks[PLAN_SINKS_MAX];
    static struct model_config config;
    for (size_t i = 0; i < plan->count; i++) {
        sinks[i] = plan->sinks[i].told;
        sinks[i].name = plan->sinks[i].name;
        sinks[i].was = plan->sinks[i].was;
    }
    config = (struct model_config){.sinks = sinks, .count = plan->count};
    return &config;
}

void plan_set_anew(struct plan *plan, size_t at, bool anew)
{
    plan->sinks[at].told.anew = anew;
}
