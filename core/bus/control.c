/* See control.h; the fields of each answer are described in core/wire/README.md. */
#include "core/bus/control.h"

#include <jansson.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/base/error.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/bus/answer.h"
#include "core/bus/bus.h"
#include "core/bus/client.h"
#include "core/bus/control_child.h"
#include "core/bus/lists.h"
#include "core/event/affiliate_id.h"
#include "core/event/email.h"

static json_t *unavailable(const struct error *error)
{
    return answer_refusal("", "unavailable", error->text);
}

/* ---- status ---- */

/* What keeps a sink from being open comes before what last went wrong with an event. */
static json_t *describe_sink(const struct sink *sink, const struct journal_sink *now,
                             int64_t oldest_unix_ms)
{
    bool troubled = sink->problem[0];
    return json_pack("{s:s,s:s,s:s,s:I,s:o,s:I,s:I,s:I,s:o,s:o,s:o}", "name", sink->config->name,
                     "plugin", sink->config->plugin ? sink->config->plugin : "", "state",
                     sink_state_name(sink->state), "pending", (json_int_t)now->pending, "oldest",
                     answer_time_or_null(oldest_unix_ms), "in_flight",
                     (json_int_t)sink->schedule.in_flight, "delivered", (json_int_t)now->delivered,
                     "dead", (json_int_t)now->dead, "error",
                     answer_text_or_null(troubled ? sink->problem : now->last_error), "error_at",
                     troubled ? json_null() : answer_time_or_null(now->last_error_unix_ms),
                     "remedy", answer_text_or_null(troubled ? sink->remedy : now->last_remedy));
}

static json_t *run_status(struct bus *bus, struct client *client, const json_t *command)
{
    (void)client;
    (void)command;
    json_t *sinks = json_array();
    for (size_t i = 0; i < bus->sink_count; i++) {
        const struct sink *sink = &bus->sinks[i];
        struct journal_sink now;
        struct error error;
        int64_t oldest_unix_ms = 0;
        if (journal_sink_status(bus->journal, sink->config->name, &now, &error) < 0 ||
            (now.pending > 0 &&
             journal_oldest_pending(bus->journal, sink->record.number, sink->tuning.event_mask,
                                    &oldest_unix_ms, &error) < 0)) {
            json_decref(sinks);
            return unavailable(&error);
        }
        json_array_append_new(sinks, describe_sink(sink, &now, oldest_unix_ms));
    }
    return json_pack("{s:b,s:{s:i,s:s,s:o,s:o,s:I,s:I,s:o},s:o}", "ok", 1, "bus", "pid",
                     (int)getpid(), "version", AFFN_VERSION, "config",
                     answer_text(bus->config.path), "started",
                     answer_time_or_null(bus->started_unix_ms), "accepted",
                     (json_int_t)journal_last_seq(bus->journal), "refused",
                     (json_int_t)journal_refused_count(bus->journal), "journal",
                     answer_text(bus->journal_path), "sinks", sinks);
}

/* ---- trace ---- */

/* What the journal calls pending may be on its way just now. */
static const char *state_name(const struct bus *bus, const struct delivery *delivery, int64_t seq)
{
    bool pending = delivery->state == DELIVERY_PENDING || delivery->state == DELIVERY_WAITING;
    for (size_t i = 0; i < bus->sink_count && pending; i++) {
        const struct sink *sink = &bus->sinks[i];
        if (!text_equal(sink->config->name, delivery->sink))
            continue;
        const struct slot *slot = schedule_find(&sink->schedule, seq);
        if (slot && slot->state != SLOT_READY)
            return "in flight";
    }
    return delivery_state_name(delivery->state);
}

static json_t *describe_delivery(const struct bus *bus, const struct delivery *delivery,
                                 int64_t seq)
{
    return json_pack("{s:s,s:s,s:o,s:i,s:i,s:I,s:o,s:o,s:o}", "sink", delivery->sink, "state",
                     state_name(bus, delivery, seq), "verdict", answer_verdict(delivery->verdict),
                     "code", delivery->code, "attempts", (int)delivery->attempts, "ms",
                     (json_int_t)delivery->duration_ms, "at",
                     answer_time_or_null(delivery->at_unix_ms), "what", answer_text(delivery->what),
                     "remedy", answer_text(delivery->remedy));
}

static json_t *describe_event(struct bus *bus, const struct journal_event *event,
                              enum event_via via)
{
    static struct delivery deliveries[SINKS_MAX * 4]; /* sinks that were removed count too */
    struct error error;
    int count = journal_trace(bus->journal, event, deliveries, SINKS_MAX * 4, &error);
    if (count < 0)
        return unavailable(&error);
    json_t *list = json_array();
    for (int i = 0; i < count; i++)
        json_array_append_new(list, describe_delivery(bus, &deliveries[i], event->seq));
    json_t *canonical = json_loadb(event->canonical, event->canonical_bytes, 0, NULL);
    return json_pack("{s:b,s:s,s:o,s:o,s:s,s:o}", "ok", 1, "id", event->id, "event", canonical,
                     "received", answer_time_or_null(event->received_unix_ms), "via",
                     event_via_name(via), "deliveries", list);
}

static json_t *run_trace(struct bus *bus, struct client *client, const json_t *command)
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
        return unavailable(&error);
    if (found == 0)
        return answer_refusal("id", "unknown_id",
                              "id: no event has this ID; it is evt_ and 32 hex digits, as `emit` "
                              "prints it");
    json_t *answer = describe_event(bus, &event, via);
    journal_event_finish(&event);
    return answer;
}

/* ---- id ---- */

json_t *control_id_answer(const char *email, struct journal *journal)
{
    char trimmed[EMAIL_BYTES_MAX + 1], email_key[EMAIL_BYTES_MAX + 1], derived[AFFILIATE_ID_SIZE];
    struct refusal refusal;
    struct affiliate known;
    struct error error;
    if (!email)
        return answer_refusal("email", "missing", "email: an e-mail address is needed, as text");
    if (email_parse(email, trimmed, email_key, &refusal) < 0)
        return answer_refusal(refusal.field, refusal.rule, refusal.message);
    int found = journal ? journal_affiliate(journal, email_key, &known, &error) : 0;
    if (found < 0)
        return unavailable(&error);
    affiliate_id_derive(email_key, derived);
    return json_pack("{s:b,s:s,s:s,s:o}", "ok", 1, "email_key", email_key, "derived", derived,
                     "remembered", found ? json_string(known.affiliate_id) : json_null());
}

static json_t *run_id(struct bus *bus, struct client *client, const json_t *command)
{
    (void)client;
    const char *email = json_string_value(json_object_get(command, "email"));
    return control_id_answer(email, bus->journal);
}

/* ---- All commands ---- */

static const struct control_command {
    const char *name;
    json_t *(*run)(struct bus *bus, struct client *client, const json_t *command);
} commands[] = {
    {"status", run_status},          {"trace", run_trace},        {"id", run_id},
    {"events", lists_events},        {"dead", lists_dead},        {"check", control_child_run},
    {"render", control_child_run},   {"test", control_child_run}, {"plugins", control_child_run},
    {"describe", control_child_run},
};

#define COMMANDS (sizeof commands / sizeof *commands)

static json_t *refuse_unknown(void)
{
    char *message = memory_text("command: must be one of");
    for (size_t i = 0; i < COMMANDS; i++) {
        char *longer = memory_format("%s%s %s", message, i > 0 ? "," : "", commands[i].name);
        free(message);
        message = longer;
    }
    json_t *answer = answer_refusal("command", "unknown_command", message);
    free(message);
    return answer;
}

static json_t *run(struct bus *bus, struct client *client, const json_t *command)
{
    const char *name = json_string_value(json_object_get(command, "command"));
    if (!client_may_control(client))
        return answer_refusal("command", "forbidden",
                              "command: members of `publishers` may hand events in and no more; "
                              "commands are for `operators`");
    for (size_t i = 0; name && i < COMMANDS; i++) {
        if (text_equal(name, commands[i].name))
            return commands[i].run(bus, client, command);
    }
    return refuse_unknown();
}

void control_run(struct bus *bus, struct client *client, const json_t *command)
{
    json_t *answer = run(bus, client, command);
    if (!answer)
        return; /* the child that was started answers */
    client_answer_command(client, answer);
    json_decref(answer);
}
