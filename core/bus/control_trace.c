/* See control_trace.h; the fields of the answer are described in core/wire/README.md. */
#include "core/bus/control_trace.h"

#include <jansson.h>
#include <string.h>

#include "core/base/error.h"
#include "core/bus/answer.h"
#include "core/bus/bus.h"
#include "core/bus/sink_names.h"

/* What the attempts at all sinks may say together, so that the answer keeps to its limit. */
#define SAID_BUDGET_BYTES (1024 * 1024)

/* ---- Attempts ---- */

/* How long a text is in JSON, at most. */
static size_t json_bytes(const char *text)
{
    size_t bytes = 0;
    for (; *text; text++)
        bytes += (unsigned char)*text < ' ' ? sizeof "\\u0000" - 1 : 2;
    return bytes;
}

static json_t *describe_attempt(const struct attempt *attempt, size_t *budget)
{
    size_t bytes = json_bytes(attempt->what);
    const char *what = bytes <= *budget ? attempt->what : "";
    *budget -= bytes <= *budget ? bytes : 0;
    return json_pack("{s:i,s:i,s:o,s:o,s:i,s:I,s:o}", "attempt", (int)attempt->attempt, "times",
                     (int)attempt->times, "at", answer_time_or_null(attempt->at_unix_ms), "verdict",
                     answer_verdict(attempt->verdict), "code", attempt->code, "ms",
                     (json_int_t)attempt->duration_ms, "what", answer_text(what));
}

/* NULL with the error. */
static json_t *list_attempts(struct bus *bus, const struct delivery *delivery, int64_t seq,
                             size_t *budget, struct error *error)
{
    static struct attempt attempts[ATTEMPTS_MAX];
    int count =
        journal_attempts(bus->journal, delivery->sink_number, seq, attempts, ATTEMPTS_MAX, error);
    if (count < 0)
        return NULL;
    json_t *list = json_array();
    for (int i = 0; i < count; i++)
        json_array_append_new(list, describe_attempt(&attempts[i], budget));
    return list;
}

/* ---- What it waits for ---- */

/* Another event of its affiliate, where that sink keeps their order; else null. */
static json_t *describe_behind(const struct sink *sink, const struct delivery *delivery)
{
    bool in_order = !sink || sink->tuning.order != SINK_ORDER_NONE;
    if (!delivery->behind[0] || !in_order)
        return json_null();
    return json_pack("{s:s,s:i,s:o}", "id", delivery->behind, "attempts",
                     (int)delivery->behind_attempts, "next",
                     answer_time_or_null(delivery->behind_due_unix_ms));
}

static bool is_under_way(const struct sink *sink, int64_t seq)
{
    const struct slot *slot = sink ? schedule_find(&sink->schedule, seq) : NULL;
    return slot && slot->state != SLOT_READY;
}

/* ---- Deliveries ---- */

/* NULL with the error. */
static json_t *describe_delivery(struct bus *bus, const struct delivery *delivery, int64_t seq,
                                 size_t *budget, struct error *error)
{
    const struct sink *sink = sink_names_find(bus, delivery->sink);
    bool pending = delivery->state == DELIVERY_PENDING || delivery->state == DELIVERY_WAITING;
    bool under_way = pending && is_under_way(sink, seq);
    bool waits = pending && !under_way;
    json_t *attempts = list_attempts(bus, delivery, seq, budget, error);
    if (!attempts)
        return NULL;
    return json_pack(
        "{s:s,s:s,s:o,s:i,s:i,s:I,s:o,s:o,s:o,s:o,s:o,s:o,s:b}", "sink", delivery->sink, "state",
        under_way ? "in flight" : delivery_state_name(delivery->state), "verdict",
        answer_verdict(delivery->verdict), "code", delivery->code, "attempts",
        (int)delivery->attempts, "ms", (json_int_t)delivery->duration_ms, "at",
        answer_time_or_null(delivery->at_unix_ms), "what", answer_text(delivery->what), "remedy",
        answer_text(delivery->remedy), "attempts_made", attempts, "next",
        answer_time_or_null(waits ? delivery->due_unix_ms : 0), "waits_for",
        waits ? describe_behind(sink, delivery) : json_null(), "replay", delivery->replay);
}

static json_t *describe_event(struct bus *bus, const struct journal_event *event,
                              enum event_via via)
{
    static struct delivery deliveries[SINKS_MAX * 4]; /* sinks that were removed count too */
    struct error error;
    size_t budget = SAID_BUDGET_BYTES;
    int count = journal_trace(bus->journal, event, deliveries, SINKS_MAX * 4, &error);
    if (count < 0)
        return answer_unavailable(error.text);
    json_t *list = json_array();
    for (int i = 0; i < count; i++) {
        json_t *delivery = describe_delivery(bus, &deliveries[i], event->seq, &budget, &error);
        if (!delivery) {
            json_decref(list);
            return answer_unavailable(error.text);
        }
        json_array_append_new(list, delivery);
    }
    json_t *canonical = json_loadb(event->canonical, event->canonical_bytes, 0, NULL);
    return json_pack("{s:b,s:s,s:o,s:o,s:s,s:o}", "ok", 1, "id", event->id, "event", canonical,
                     "received", answer_time_or_null(event->received_unix_ms), "via",
                     event_via_name(via), "deliveries", list);
}

json_t *control_trace_run(struct bus *bus, struct client *client, const json_t *command)
{
    (void)client;
    const char *id = json_string_value(json_object_get(command, "id"));
    struct journal_event event;
    enum event_via via;
    struct error error;
    if (!id)
        return answer_refusal("id", "missing", "id: an event ID is needed, as text");
    int found = event_id_valid(id) ? journal_find(bus->journal, id, &event, &via, &error) : 0;
    if (found < 0)
        return answer_unavailable(error.text);
    if (found == 0)
        return answer_refusal("id", "unknown_id",
                              "id: no event has this ID; it is evt_ and 32 hex digits, as `emit` "
                              "prints it");
    json_t *answer = describe_event(bus, &event, via);
    journal_event_finish(&event);
    return answer;
}
