/* See metrics.h. */
#include "core/bus/metrics.h"

#include <assert.h>

#include "core/base/text.h"

/* ---- Histograms ---- */

#define MS INT64_C(1000)
#define S  (1000 * MS)

static const int64_t commit_bounds[] = {100,      250,      500,     1 * MS,  2500,
                                        5 * MS,   10 * MS,  25 * MS, 50 * MS, 100 * MS,
                                        250 * MS, 500 * MS, 1 * S};
static const int64_t batch_bounds[] = {5 * MS,   10 * MS, 25 * MS,   50 * MS, 100 * MS, 250 * MS,
                                       500 * MS, 1 * S,   2500 * MS, 5 * S,   10 * S,   30 * S};
static const int64_t latency_bounds[] = {10 * MS, 50 * MS,  100 * MS,  500 * MS, 1 * S,
                                         5 * S,   10 * S,   30 * S,    60 * S,   300 * S,
                                         900 * S, 3600 * S, 21600 * S, 86400 * S};

#define COUNT(bounds) (sizeof(bounds) / sizeof *(bounds))

static_assert(COUNT(commit_bounds) <= HISTOGRAM_BOUNDS_MAX &&
                  COUNT(batch_bounds) <= HISTOGRAM_BOUNDS_MAX &&
                  COUNT(latency_bounds) <= HISTOGRAM_BOUNDS_MAX,
              "a histogram has a place for each bound");

size_t histogram_bounds(enum histogram_kind kind, const int64_t **bounds_us)
{
    static const struct {
        const int64_t *bounds;
        size_t count;
    } kinds[] = {
        [HISTOGRAM_COMMIT] = {commit_bounds, COUNT(commit_bounds)},
        [HISTOGRAM_BATCH] = {batch_bounds, COUNT(batch_bounds)},
        [HISTOGRAM_LATENCY] = {latency_bounds, COUNT(latency_bounds)},
    };
    *bounds_us = kinds[kind].bounds;
    return kinds[kind].count;
}

void histogram_observe(struct histogram *histogram, enum histogram_kind kind, int64_t us)
{
    const int64_t *bounds_us;
    size_t count = histogram_bounds(kind, &bounds_us);
    if (us < 0)
        us = 0;
    histogram->count++;
    histogram->sum_us += us;
    for (size_t i = 0; i < count; i++) {
        if (us <= bounds_us[i]) {
            histogram->buckets[i]++;
            return;
        }
    }
}

/* ---- Refusals ---- */

/* Fixed, so that no sender can make up names for us to keep. */
const char *const metrics_rules[REFUSAL_RULES] = {
    "content_type",  "control_character",
    "duplicate_key", "forbidden_character",
    "invalid_utf8",  "key_reused",
    "missing",       "no_event_or_command",
    "not_absolute",  "not_json",
    "not_object",    "out_of_range",
    "syntax",        "too_long",
    "type",          "unknown_event",
    "unknown_via",   "other",
};

static size_t rule_at(const char *rule)
{
    size_t at = 0;
    while (at < REFUSAL_RULES - 1 && !text_equal(metrics_rules[at], rule))
        at++;
    return at;
}

void metrics_refused(struct metrics *metrics, const char *rule)
{
    metrics->intake.refused[rule_at(rule)]++;
}

void metrics_refused_in_turn(struct metrics *metrics, const char *rule)
{
    metrics->turn.refused[rule_at(rule)]++;
}

void metrics_end_turn(struct metrics *metrics, bool committed)
{
    if (committed) {
        metrics->intake.repeated += metrics->turn.repeated;
        for (size_t i = 0; i < REFUSAL_RULES; i++)
            metrics->intake.refused[i] += metrics->turn.refused[i];
    }
    metrics->turn = (struct turn_metrics){.repeated = 0};
}
