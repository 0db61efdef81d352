/* See control_metrics.h. A metric is a row of `families`; the loop over them stands once. */
#include "core/bus/control_metrics.h"

#include <jansson.h>
#include <stdbool.h>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/text.h"
#include "core/bus/answer.h"
#include "core/bus/bus.h"
#include "core/bus/retention.h"
#include "core/bus/sinks_seen.h"
#include "core/event/event.h"

/* ---- What is looked at ---- */

struct sight {
    const struct bus *bus;
    json_t *room; /* what retention says of the journal */
    int64_t now_unix_ms;
    struct sinks_seen seen;
};

/* ---- Samples ---- */

/* One number and its labels, which are given up. */
static void add(json_t *samples, json_t *labels, json_t *value)
{
    json_array_append_new(samples, json_pack("{s:o,s:o}", "labels", labels, "value", value));
}

static void add_number(json_t *samples, json_t *labels, uint64_t number)
{
    add(samples, labels, json_integer((json_int_t)number));
}

static json_t *seconds(int64_t us)
{
    return json_real((double)us / 1e6);
}

static void add_histogram(json_t *samples, json_t *labels, const struct histogram *histogram,
                          enum histogram_kind kind)
{
    const int64_t *bounds_us;
    size_t count = histogram_bounds(kind, &bounds_us);
    uint64_t below = 0;
    json_t *buckets = json_array();
    for (size_t i = 0; i < count; i++) {
        below += histogram->buckets[i];
        json_array_append_new(buckets,
                              json_pack("[o,I]", seconds(bounds_us[i]), (json_int_t)below));
    }
    json_array_append_new(samples, json_pack("{s:o,s:o,s:o,s:I}", "labels", labels, "buckets",
                                             buckets, "sum", seconds(histogram->sum_us), "count",
                                             (json_int_t)histogram->count));
}

static json_t *no_labels(void)
{
    return json_object();
}

static json_t *of_sink(const struct seen_sink *seen)
{
    return json_pack("{s:o}", "sink", answer_text(seen->name));
}

static json_t *of_sink_and(const struct seen_sink *seen, const char *label, const char *value)
{
    return json_pack("{s:o,s:s}", "sink", answer_text(seen->name), label, value);
}

/* ---- The bus ---- */

static void fill_build(const struct sight *sight, json_t *samples)
{
    (void)sight;
    add_number(samples, json_pack("{s:s}", "version", AFFN_VERSION), 1);
}

static void fill_started(const struct sight *sight, json_t *samples)
{
    add(samples, no_labels(), seconds(sight->bus->started_unix_ms * 1000));
}

static void fill_accepted(const struct sight *sight, json_t *samples)
{
    static const enum event_type types[] = {EVENT_CREATED, EVENT_DEACTIVATED};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        add_number(samples, json_pack("{s:s}", "type", event_type_name(types[i])),
                   (uint64_t)journal_accepted(sight->bus->journal, types[i]));
}

static void fill_repeated(const struct sight *sight, json_t *samples)
{
    add_number(samples, no_labels(), sight->bus->metrics.intake.repeated);
}

static void fill_refused(const struct sight *sight, json_t *samples)
{
    for (size_t i = 0; i < REFUSAL_RULES; i++)
        add_number(samples, json_pack("{s:s}", "rule", metrics_rules[i]),
                   sight->bus->metrics.intake.refused[i]);
}

static void fill_unavailable(const struct sight *sight, json_t *samples)
{
    add_number(samples, no_labels(), sight->bus->metrics.unavailable);
}

static void fill_refused_kept(const struct sight *sight, json_t *samples)
{
    add_number(samples, no_labels(), (uint64_t)journal_refused_count(sight->bus->journal));
}

static void fill_commit(const struct sight *sight, json_t *samples)
{
    add_histogram(samples, no_labels(), &sight->bus->metrics.commit, HISTOGRAM_COMMIT);
}

/* A figure of the journal's size, 0 for null. */
static void add_room(const struct sight *sight, json_t *samples, const char *key)
{
    add_number(samples, no_labels(),
               (uint64_t)json_integer_value(json_object_get(sight->room, key)));
}

static void fill_journal_bytes(const struct sight *sight, json_t *samples)
{
    add_room(sight, samples, "journal_bytes");
}

static void fill_journal_max(const struct sight *sight, json_t *samples)
{
    add_room(sight, samples, "journal_max");
}

static void fill_journal_full(const struct sight *sight, json_t *samples)
{
    add_number(samples, no_labels(), json_is_string(json_object_get(sight->room, "note")));
}

static void fill_notices(const struct sight *sight, json_t *samples)
{
    add_number(samples, no_labels(), sight->bus->metrics.notices);
}

static void fill_http_restarts(const struct sight *sight, json_t *samples)
{
    add_number(samples, no_labels(), sight->bus->door.restarts);
}

/* ---- The sinks ---- */

static void fill_states(const struct sight *sight, json_t *samples)
{
    static const char *const states[] = {"open",    "held",     "starting", "opening",
                                         "stopped", "stopping", "removed"};
    for (size_t i = 0; i < sight->seen.count; i++) {
        for (size_t j = 0; j < sizeof states / sizeof *states; j++)
            add_number(samples, of_sink_and(&sight->seen.items[i], "state", states[j]),
                       text_equal(sight->seen.items[i].view.state, states[j]));
    }
}

/* Why it is held; NULL when it is not. */
static const char *held_for(const struct seen_sink *seen)
{
    if (!text_equal(seen->view.state, "held"))
        return NULL;
    if (seen->view.by_hand)
        return "by_hand";
    if (seen->view.by_settings)
        return "by_settings";
    return seen->sink->held_verdict == AFFN_RETRY ? "busy" : "down";
}

static void fill_held(const struct sight *sight, json_t *samples)
{
    static const char *const reasons[] = {"by_hand", "by_settings", "busy", "down"};
    for (size_t i = 0; i < sight->seen.count; i++) {
        const char *reason = held_for(&sight->seen.items[i]);
        for (size_t j = 0; j < sizeof reasons / sizeof *reasons; j++)
            add_number(samples, of_sink_and(&sight->seen.items[i], "reason", reasons[j]),
                       reason && text_equal(reason, reasons[j]));
    }
}

static void fill_needs_somebody(const struct sight *sight, json_t *samples)
{
    for (size_t i = 0; i < sight->seen.count; i++)
        add_number(samples, of_sink(&sight->seen.items[i]),
                   sight->seen.items[i].view.needs_somebody);
}

static void fill_pending(const struct sight *sight, json_t *samples)
{
    for (size_t i = 0; i < sight->seen.count; i++)
        add_number(samples, of_sink(&sight->seen.items[i]),
                   (uint64_t)sight->seen.items[i].now.pending);
}

static void fill_oldest(const struct sight *sight, json_t *samples)
{
    for (size_t i = 0; i < sight->seen.count; i++) {
        int64_t oldest_unix_ms = sight->seen.items[i].oldest_unix_ms;
        int64_t age_ms = oldest_unix_ms ? sight->now_unix_ms - oldest_unix_ms : 0;
        add(samples, of_sink(&sight->seen.items[i]), seconds(age_ms > 0 ? age_ms * 1000 : 0));
    }
}

static void fill_in_flight(const struct sight *sight, json_t *samples)
{
    for (size_t i = 0; i < sight->seen.count; i++) {
        const struct sink *sink = sight->seen.items[i].sink;
        add_number(samples, of_sink(&sight->seen.items[i]), sink ? sink->schedule.in_flight : 0);
    }
}

static void fill_dead(const struct sight *sight, json_t *samples)
{
    for (size_t i = 0; i < sight->seen.count; i++)
        add_number(samples, of_sink(&sight->seen.items[i]),
                   (uint64_t)sight->seen.items[i].now.dead);
}

static const char *const verdicts[VERDICTS] = {
    [0] = "none",           [AFFN_DELIVERED] = "delivered",
    [AFFN_RETRY] = "retry", [AFFN_REFUSED] = "refused",
    [AFFN_DOWN] = "down",   [AFFN_MISSET] = "misset",
};

static void add_settled(const struct seen_sink *seen, json_t *samples, enum settled_as as,
                        const char *state, int32_t verdict)
{
    json_t *labels = json_pack("{s:o,s:s,s:s}", "sink", answer_text(seen->name), "state", state,
                               "verdict", verdicts[verdict]);
    add_number(samples, labels, seen->sink->metrics.settled[as][verdict]);
}

static void fill_deliveries(const struct sight *sight, json_t *samples)
{
    for (size_t i = 0; i < sight->seen.count; i++) {
        const struct seen_sink *seen = &sight->seen.items[i];
        if (!seen->sink)
            continue;
        add_settled(seen, samples, SETTLED_DELIVERED, "delivered", AFFN_DELIVERED);
        for (int32_t verdict = 0; verdict < VERDICTS; verdict++) {
            if (verdict != AFFN_DELIVERED)
                add_settled(seen, samples, SETTLED_DEAD, "dead", verdict);
        }
        add_settled(seen, samples, SETTLED_EXPIRED, "expired", 0);
    }
}

static void fill_attempts(const struct sight *sight, json_t *samples)
{
    for (size_t i = 0; i < sight->seen.count; i++) {
        const struct seen_sink *seen = &sight->seen.items[i];
        for (int32_t verdict = 1; seen->sink && verdict < VERDICTS; verdict++)
            add_number(samples, of_sink_and(seen, "verdict", verdicts[verdict]),
                       seen->sink->metrics.attempts[verdict]);
    }
}

static void fill_restarts(const struct sight *sight, json_t *samples)
{
    for (size_t i = 0; i < sight->seen.count; i++) {
        if (sight->seen.items[i].sink)
            add_number(samples, of_sink(&sight->seen.items[i]),
                       sight->seen.items[i].sink->metrics.host_restarts);
    }
}

static void fill_counts(const struct sight *sight, json_t *samples)
{
    for (size_t i = 0; i < sight->seen.count; i++) {
        const struct seen_sink *seen = &sight->seen.items[i];
        for (size_t j = 0; seen->sink && j < seen->sink->metrics.counts.count; j++) {
            const struct count *count = &seen->sink->metrics.counts.items[j];
            add_number(samples, of_sink_and(seen, "what", count->name), count->number);
        }
    }
}

static void fill_batch(const struct sight *sight, json_t *samples)
{
    for (size_t i = 0; i < sight->seen.count; i++) {
        if (sight->seen.items[i].sink)
            add_histogram(samples, of_sink(&sight->seen.items[i]),
                          &sight->seen.items[i].sink->metrics.batch, HISTOGRAM_BATCH);
    }
}

static void fill_latency(const struct sight *sight, json_t *samples)
{
    for (size_t i = 0; i < sight->seen.count; i++) {
        if (sight->seen.items[i].sink)
            add_histogram(samples, of_sink(&sight->seen.items[i]),
                          &sight->seen.items[i].sink->metrics.latency, HISTOGRAM_LATENCY);
    }
}

/* ---- All of them ---- */

#define COUNTER   "counter"
#define GAUGE     "gauge"
#define HISTOGRAM "histogram"

static const struct family {
    const char *name;
    const char *type;
    const char *help;
    void (*fill)(const struct sight *sight, json_t *samples);
} families[] = {
    {"affnotify_build_info", GAUGE, "The release that runs; always 1.", fill_build},
    {"affnotify_start_time_seconds", GAUGE,
     "When affnotifyd was started, in seconds since 1970. Counters begin at 0 then, but for "
     "affnotify_events_accepted_total.",
     fill_started},
    {"affnotify_events_accepted_total", COUNTER,
     "Events that were taken in, by their type; of all time, as the journal has it.",
     fill_accepted},
    {"affnotify_events_repeated_total", COUNTER,
     "Events that arrived again and were known already.", fill_repeated},
    {"affnotify_events_refused_total", COUNTER,
     "Events that were refused, by the rule that they break.", fill_refused},
    {"affnotify_events_unavailable_total", COUNTER,
     "Events that were not taken, for the journal could not be written; their senders were told.",
     fill_unavailable},
    {"affnotify_refused_inputs", GAUGE,
     "Refused inputs that are kept, to be looked at by `affnotify refused`.", fill_refused_kept},
    {"affnotify_journal_commit_seconds", HISTOGRAM,
     "How long the journal took to write the events and outcomes of one turn to the disk.",
     fill_commit},
    {"affnotify_journal_bytes", GAUGE, "What the journal takes of its file.", fill_journal_bytes},
    {"affnotify_journal_max_bytes", GAUGE, "Its limit, journal_max; 0 for none.", fill_journal_max},
    {"affnotify_journal_full", GAUGE,
     "1 while the journal is at its limit and events are given up for room.", fill_journal_full},
    {"affnotify_notices_total", COUNTER,
     "Notices about sinks in trouble, or well again, that alert_sink has told.", fill_notices},
    {"affnotify_http_restarts_total", COUNTER,
     "Times that affnotify-http ended unasked; it is started again each time.", fill_http_restarts},
    {"affnotify_sink_state", GAUGE, "1 for the state that the sink is in, 0 for the others.",
     fill_states},
    {"affnotify_sink_held", GAUGE,
     "1 for the reason for which the sink is held: by_hand, by_settings (the far side does not "
     "take them), busy (it asked for a pause), down (it cannot be reached).",
     fill_held},
    {"affnotify_sink_needs_somebody", GAUGE,
     "1 when the sink will hardly get well by itself: `affnotify status` says what to do.",
     fill_needs_somebody},
    {"affnotify_sink_pending", GAUGE, "Events that are still to go to the sink.", fill_pending},
    {"affnotify_sink_oldest_pending_seconds", GAUGE,
     "How long ago the oldest of them came in; 0 when there is none.", fill_oldest},
    {"affnotify_sink_in_flight", GAUGE, "Events that the sink's process has right now.",
     fill_in_flight},
    {"affnotify_sink_dead_letters", GAUGE, "Dead letters of the sink: `affnotify dead` lists them.",
     fill_dead},
    {"affnotify_deliveries_total", COUNTER,
     "Events that are settled at the sink, by how (delivered, dead, expired) and by the verdict "
     "of their last attempt; without what was skipped or given up for room.",
     fill_deliveries},
    {"affnotify_attempts_total", COUNTER,
     "Attempts to deliver an event, by the verdict that came back.", fill_attempts},
    {"affnotify_host_restarts_total", COUNTER,
     "Times that the sink's process ended unasked; it is started again each time.", fill_restarts},
    {"affnotify_plugin_counts_total", COUNTER, "What the sink's plugin counts of its own, by name.",
     fill_counts},
    {"affnotify_batch_seconds", HISTOGRAM,
     "How long the sink took for a batch; of sinks without batches: for an event.", fill_batch},
    {"affnotify_delivery_latency_seconds", HISTOGRAM,
     "From the arrival of an event to its delivery; without those that were sent again by hand.",
     fill_latency},
};

static json_t *describe(const struct family *family, const struct sight *sight)
{
    json_t *samples = json_array();
    family->fill(sight, samples);
    return json_pack("{s:s,s:s,s:s,s:o}", "name", family->name, "type", family->type, "help",
                     family->help, "samples", samples);
}

static json_t *describe_all(const struct sight *sight)
{
    json_t *metrics = json_array();
    for (size_t i = 0; i < sizeof families / sizeof *families; i++)
        json_array_append_new(metrics, describe(&families[i], sight));
    return json_pack("{s:b,s:o}", "ok", 1, "metrics", metrics);
}

json_t *control_metrics_run(struct bus *bus, struct client *client, const json_t *command)
{
    (void)client;
    (void)command;
    struct error error;
    struct sight sight = {.bus = bus, .room = json_object(), .now_unix_ms = clock_unix_ms()};
    retention_describe(bus, sight.room);
    bool failed = sinks_seen_look(bus, &sight.seen, &error) < 0;
    json_t *answer = failed ? answer_unavailable(error.text) : describe_all(&sight);
    json_decref(sight.room);
    sinks_seen_finish(&sight.seen);
    return answer;
}
