/* See intake.h. */
#include "core/bus/intake.h"

#include <jansson.h>
#include <stdio.h>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/log.h"
#include "core/base/memory.h"
#include "core/bus/answer.h"
#include "core/bus/bus.h"

#define ANSWERS_A_TURN_MAX   16384
#define IGNORED_LOG_EVERY_MS 60000

/* ---- The transaction ---- */

void intake_break(struct bus *bus, const char *reason)
{
    if (bus->broken)
        return;
    bus->broken = true;
    snprintf(bus->broken_text, sizeof bus->broken_text, "%s", reason);
}

bool intake_begin(struct bus *bus)
{
    struct error error;
    if (bus->journal_gone)
        intake_break(bus,
                     "the journal was removed or replaced; put it back, or restart affnotifyd");
    if (bus->broken || bus->in_transaction)
        return !bus->broken;
    if (journal_begin(bus->journal, &error) < 0)
        intake_break(bus, error.text);
    else
        bus->in_transaction = true;
    return bus->in_transaction;
}

/* ---- Events ---- */

static void report_collisions(const struct event *event, const struct arrival *arrival)
{
    if (arrival->id_has_other_email)
        log_warning(
            "one affiliate ID, two e-mails: the events are delivered as they came; find out "
            "which is right",
            {"affiliate_id", .text = event->affiliate_id}, {"seq", .number = arrival->seq});
    if (arrival->email_has_other_id)
        log_warning(
            "one e-mail, two affiliate IDs: the events are delivered as they came; find out "
            "which is right",
            {"affiliate_id", .text = event->affiliate_id}, {"before", .text = arrival->other_id},
            {"seq", .number = arrival->seq});
}

/* Nobody is refused for it, and one sender may do it always: so it is said once a minute at most. */
static void report_ignored_id(struct bus *bus, const struct event *event, int64_t seq)
{
    int64_t now_mono_ms = clock_mono_ms();
    bus->ids_ignored++;
    if (bus->ids_ignored_log_mono_ms && now_mono_ms < bus->ids_ignored_log_mono_ms)
        return;
    log_warning("an affiliate_id that is not ia_ and 8 hex digits counts as absent: the affiliate "
                "has the one that is remembered, or derived from the e-mail",
                {"count", .number = bus->ids_ignored}, {"last_has", .text = event->affiliate_id},
                {"last_seq", .number = seq});
    bus->ids_ignored = 0;
    bus->ids_ignored_log_mono_ms = now_mono_ms + IGNORED_LOG_EVERY_MS;
}

bool intake_take_event(struct bus *bus, const struct event_input *input, char id[EVENT_ID_SIZE],
                       bool *is_new)
{
    if (!intake_begin(bus))
        return false;
    struct error error;
    struct affiliate affiliate;
    int known = journal_affiliate(bus->journal, input->email_key, &affiliate, &error);
    if (known < 0) {
        intake_break(bus, error.text);
        return false;
    }
    struct event event;
    char canonical[EVENT_CANONICAL_BYTES_MAX + 1];
    int64_t now_unix_ms = clock_unix_ms();
    event_complete(input, known ? affiliate.affiliate_id : affiliate.derived_id,
                   known ? affiliate.deep_link : NULL, now_unix_ms, &event);
    size_t length = event_encode(&event, canonical);
    event_id(canonical, length, id);
    struct arrival arrival;
    if (journal_append(bus->journal, &event, input->email_key, &affiliate, id, canonical, length,
                       input->via, now_unix_ms, &arrival, &error) < 0) {
        intake_break(bus, error.text);
        return false;
    }
    report_collisions(&event, &arrival);
    if (input->ignores_affiliate_id && arrival.is_new)
        report_ignored_id(bus, &event, arrival.seq);
    *is_new = arrival.is_new;
    bus->metrics.turn.repeated += !arrival.is_new;
    return true;
}

/* ---- Answers ---- */

bool intake_has_room(const struct bus *bus)
{
    return bus->answer_count < ANSWERS_A_TURN_MAX;
}

static struct answer *add_answer(struct bus *bus, struct client *client, enum answer_kind kind)
{
    if (bus->answer_count == bus->answer_capacity) {
        bus->answer_capacity = bus->answer_capacity ? 2 * bus->answer_capacity : 64;
        bus->answers = memory_resize(bus->answers, bus->answer_capacity, sizeof *bus->answers);
    }
    struct answer *answer = &bus->answers[bus->answer_count++];
    *answer = (struct answer){.client = client, .kind = kind};
    return answer;
}

void intake_answer_accepted(struct bus *bus, struct client *client, const char *id, bool is_new)
{
    struct answer *answer = add_answer(bus, client, ANSWER_ACCEPTED);
    snprintf(answer->id, sizeof answer->id, "%s", id);
    answer->is_new = is_new;
}

void intake_answer_unavailable(struct bus *bus, struct client *client)
{
    add_answer(bus, client, ANSWER_UNAVAILABLE);
}

void intake_answer_refused(struct bus *bus, struct client *client, const struct refusal *refusal)
{
    metrics_refused(&bus->metrics, refusal->rule);
    add_answer(bus, client, ANSWER_REFUSED)->json = answer_refusal_of(refusal);
}

void intake_answer_kept(struct bus *bus, struct client *client, const struct refusal *refusal)
{
    json_t *json = refusal ? answer_refusal_of(refusal) : json_pack("{s:b}", "ok", 1);
    json_object_set_new(json, "kept", json_true());
    add_answer(bus, client, ANSWER_KEPT)->json = json;
}

void intake_answer_command(struct bus *bus, struct client *client, json_t *command)
{
    add_answer(bus, client, ANSWER_COMMAND)->json = command;
}

void intake_forget_client(struct bus *bus, const struct client *client)
{
    for (size_t i = 0; i < bus->answer_count; i++) {
        if (bus->answers[i].client == client)
            bus->answers[i].client = NULL;
    }
}
