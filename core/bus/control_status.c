/* See control_status.h; the fields of the answer are described in core/wire/README.md. */
#include "core/bus/control_status.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/memory.h"
#include "core/bus/answer.h"
#include "core/bus/bus.h"
#include "core/bus/control_ready.h"
#include "core/bus/remedy.h"
#include "core/bus/rest.h"
#include "core/bus/retention.h"
#include "core/bus/sinks_seen.h"

/* ---- What went wrong ---- */

static json_t *remedy_json(const struct sink *sink, const struct sink_view *view)
{
    char *remedy = remedy_of_sink(sink, view);
    json_t *json = answer_text_or_null(remedy);
    free(remedy);
    return json;
}

/* What keeps a sink from being open comes before what last went wrong with an event. */
static void add_error(json_t *described, const struct sink *sink, const struct sink_view *view,
                      const struct journal_sink *now)
{
    bool troubled = view->what[0] || view->remedy[0];
    json_object_set_new(described, "error",
                        answer_text_or_null(troubled ? view->what : now->last_error));
    json_object_set_new(described, "error_at",
                        troubled ? json_null() : answer_time_or_null(now->last_error_unix_ms));
    bool has_error = !troubled && now->last_error_unix_ms > 0;
    bool is_old = has_error && now->last_error_unix_ms <= sink->anew_unix_ms;
    json_object_set_new(described, "error_is_old", json_boolean(is_old));
    json_object_set_new(described, "delivered_since",
                        json_integer(has_error ? sink->delivered_since : 0));
    bool fails = view->failing_ms >= 0;
    json_object_set_new(described, "failing_since",
                        answer_time_or_null(fails ? clock_unix_ms() - view->failing_ms : 0));
    json_object_set_new(described, "failed_attempts",
                        json_integer(fails ? sink->failing.attempts : 0));
    json_object_set_new(described, "remedy",
                        troubled ? remedy_json(sink, view)
                                 : answer_text_or_null(is_old ? "" : now->last_remedy));
}

/* ---- Sinks ---- */

/* The members that every sink has, whether it is configured or not. */
static json_t *describe_figures(const char *name, const struct journal_sink *now,
                                int64_t oldest_unix_ms)
{
    return json_pack("{s:s,s:I,s:o,s:I,s:I,s:I,s:I}", "name", name, "pending",
                     (json_int_t)now->pending, "oldest", answer_time_or_null(oldest_unix_ms),
                     "delivered", (json_int_t)now->delivered, "dead", (json_int_t)now->dead,
                     "expired", (json_int_t)now->expired, "skipped", (json_int_t)now->skipped);
}

/* What the plugin has counted since the bus began. */
static json_t *describe_counts(const struct counts *counts)
{
    json_t *described = json_object();
    for (size_t i = 0; i < counts->count; i++)
        json_object_set_new(described, counts->items[i].name,
                            json_integer((json_int_t)counts->items[i].number));
    return described;
}

static void add_configured(json_t *described, const struct sink *sink, const struct sink_view *view,
                           const struct journal_sink *now)
{
    json_t *members =
        json_pack("{s:b,s:s,s:s,s:s?,s:I,s:b,s:b,s:o,s:o,s:o}", "configured", 1, "plugin",
                  sink->config->plugin ? sink->config->plugin : "", "state", view->state, "at_rest",
                  rest_work(sink), "in_flight", (json_int_t)sink->schedule.in_flight, "by_hand",
                  view->by_hand, "needs_somebody", view->needs_somebody, "until",
                  answer_time_or_null(view->until_unix_ms), "next",
                  answer_time_or_null(view->next_due_unix_ms), "counts",
                  describe_counts(&sink->metrics.counts));
    json_object_update(described, members);
    json_decref(members);
    add_error(described, sink, view, now);
}

static void add_removed(json_t *described, const char *name)
{
    char *remedy = remedy_of_removed(name);
    json_t *members =
        json_pack("{s:b,s:s,s:s,s:n,s:i,s:b,s:b,s:n,s:n,s:{},s:s,s:n,s:b,s:i,s:n,s:i,s:s}",
                  "configured", 0, "plugin", "", "state", "removed", "at_rest", "in_flight", 0,
                  "by_hand", 0, "needs_somebody", 1, "until", "next", "counts", "error",
                  "the configuration has no such sink any more; its events are kept", "error_at",
                  "error_is_old", 0, "delivered_since", 0, "failing_since", "failed_attempts", 0,
                  "remedy", remedy);
    json_object_update(described, members);
    json_decref(members);
    free(remedy);
}

static json_t *describe(const struct seen_sink *seen)
{
    json_t *described = describe_figures(seen->name, &seen->now, seen->oldest_unix_ms);
    if (seen->sink)
        add_configured(described, seen->sink, &seen->view, &seen->now);
    else
        add_removed(described, seen->name);
    return described;
}

/* NULL with the error. */
static json_t *describe_sinks(struct bus *bus, struct error *error)
{
    struct sinks_seen seen;
    json_t *sinks = sinks_seen_look(bus, &seen, error) < 0 ? NULL : json_array();
    for (size_t i = 0; sinks && i < seen.count; i++)
        json_array_append_new(sinks, describe(&seen.items[i]));
    sinks_seen_finish(&seen);
    return sinks;
}

/* ---- The bus ---- */

json_t *control_status_run(struct bus *bus, struct client *client, const json_t *command)
{
    (void)client;
    (void)command;
    struct error error;
    json_t *sinks = describe_sinks(bus, &error);
    if (!sinks)
        return answer_unavailable(error.text);
    json_t *answer = json_pack(
        "{s:b,s:{s:i,s:s,s:o,s:o,s:o,s:I,s:I,s:o,s:o},s:o}", "ok", 1, "bus", "pid", (int)getpid(),
        "version", AFFN_VERSION, "config", answer_text(bus->config.path), "started",
        answer_time_or_null(bus->started_unix_ms), "trouble",
        answer_text_or_null(control_ready_trouble(bus)), "accepted",
        (json_int_t)journal_last_seq(bus->journal), "refused",
        (json_int_t)journal_refused_count(bus->journal), "journal", answer_text(bus->journal_path),
        "http", doorkeeper_describe(&bus->door), "sinks", sinks);
    retention_describe(bus, json_object_get(answer, "bus"));
    return answer;
}
