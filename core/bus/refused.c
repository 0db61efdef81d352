/* See refused.h. What is mended goes the way of every event, in a transaction of its own. */
#include "core/bus/refused.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/error.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/bus/answer.h"
#include "core/bus/bus.h"
#include "core/bus/intake.h"
#include "core/bus/member.h"
#include "core/bus/sender_key.h"
#include "core/event/refusal.h"
#include "core/event/timestamp.h"
#include "core/journal/journal.h"
#include "core/journal/refused.h"

#define PAGE_DEFAULT 50

/* ---- Showing them ---- */

/* The value that broke the rule, as far as it goes; else the beginning of the input. */
static json_t *value_of(const struct refused_input *input)
{
    json_t *parsed = NULL;
    char *text = NULL;
    if (input->refusal.field[0] && input->raw_bytes <= REFUSED_LOOK_BYTES_MAX)
        parsed = json_loadb(input->raw, input->raw_bytes, JSON_ALLOW_NUL, NULL);
    const json_t *member = json_object_get(parsed, input->refusal.field);
    if (member && !json_is_string(member))
        text = json_dumps(member, JSON_COMPACT | JSON_ENCODE_ANY);
    const char *bytes = text ? text : member ? json_string_value(member) : input->raw;
    size_t length = text ? strlen(text) : member ? json_string_length(member) : input->raw_bytes;
    if (length > REFUSED_VALUE_BYTES_MAX)
        length = text_cut(bytes, REFUSED_VALUE_BYTES_MAX);
    json_t *value = parsed && !member ? json_null() : answer_bytes(bytes, length);
    free(text);
    json_decref(parsed);
    return value;
}

/* The address in an input that is JSON: whom it is about, whichever field broke a rule. */
static json_t *email_of(const struct refused_input *input)
{
    json_t *parsed = NULL;
    if (input->raw_bytes <= REFUSED_LOOK_BYTES_MAX)
        parsed = json_loadb(input->raw, input->raw_bytes, JSON_ALLOW_NUL, NULL);
    const json_t *member = json_object_get(parsed, "email");
    const char *text = json_string_value(member);
    size_t length = text ? text_cut(text, EMAIL_BYTES_MAX) : 0;
    json_t *email = length > 0 ? answer_bytes(text, length) : json_null();
    json_decref(parsed);
    return email;
}

static json_t *describe(const struct refused_input *input)
{
    const struct refusal *refusal = &input->refusal;
    return json_pack("{s:I,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:I}", "number", (json_int_t)input->number,
                     "received", answer_time_or_null(input->received_unix_ms), "source",
                     answer_text(input->source), "field", answer_text(refusal->field), "rule",
                     answer_text(refusal->rule), "message", answer_text(refusal->message), "value",
                     value_of(input), "email", email_of(input), "bytes",
                     (json_int_t)input->raw_bytes);
}

/* A whole number from 1; what is in *number stays when the member is absent. */
static json_t *read_number(const json_t *command, const char *name, int64_t max, int64_t *number)
{
    const json_t *member = json_object_get(command, name);
    if (!member)
        return NULL;
    *number = json_integer_value(member);
    if (!json_is_integer(member) || *number < 1 || *number > max)
        return answer_refusal(name, json_is_integer(member) ? "out_of_range" : "type",
                              "%s: must be a whole number from 1 to %" PRId64, name, max);
    return NULL;
}

static json_t *refuse_unknown(int64_t number)
{
    return answer_refusal("number", "unknown_number",
                          "number: nothing that was refused is kept under %" PRId64
                          "; affnotify refused lists what is",
                          number);
}

/* One of them, whole. */
static json_t *show(struct bus *bus, int64_t number)
{
    struct refused_input input;
    struct error error;
    int found = refused_find(bus->journal, number, &input, &error);
    if (found <= 0)
        return found < 0 ? answer_unavailable(error.text) : refuse_unknown(number);
    json_t *answer = describe(&input);
    json_object_set_new(answer, "ok", json_true());
    json_object_set_new(answer, "raw", answer_bytes(input.raw, input.raw_bytes));
    refused_input_finish(&input);
    return answer;
}

static json_t *list(struct bus *bus, int64_t before, const char *field, const char *rule, int max)
{
    struct error error;
    int64_t next;
    struct refused_input *inputs = memory_new((size_t)max, sizeof *inputs);
    int count = refused_before(bus->journal, before, field, rule, inputs, max, &next, &error);
    json_t *refused = json_array();
    for (int i = 0; i < count; i++) {
        json_array_append_new(refused, describe(&inputs[i]));
        refused_input_finish(&inputs[i]);
    }
    free(inputs);
    if (count < 0) {
        json_decref(refused);
        return answer_unavailable(error.text);
    }
    return json_pack("{s:b,s:o,s:o}", "ok", 1, "refused", refused, "next",
                     next ? json_integer(next) : json_null());
}

json_t *refused_run(struct bus *bus, struct client *client, const json_t *command)
{
    (void)client;
    int64_t limit = PAGE_DEFAULT, before = INT64_MAX, number = 0;
    const char *field = NULL, *rule = NULL;
    json_t *wrong = read_number(command, "number", INT64_MAX, &number);
    if (!wrong)
        wrong = read_number(command, "limit", LIST_PAGE_MAX, &limit);
    if (!wrong)
        wrong = read_number(command, "before", INT64_MAX, &before);
    if (!wrong)
        wrong = member_read_text(command, "field", &field);
    if (!wrong)
        wrong = member_read_text(command, "rule", &rule);
    if (wrong)
        return wrong;
    return number ? show(bus, number)
                  : list(bus, before, field ? field : "", rule ? rule : "", (int)limit);
}

/* ---- Taking one in, and giving one up ---- */

/* The one under `number`, which must be there, to be finished; NULL, or why not. */
static json_t *find_which(struct bus *bus, const json_t *command, struct refused_input *refused)
{
    struct error error;
    int64_t number = 0;
    json_t *wrong = read_number(command, "number", INT64_MAX, &number);
    if (wrong)
        return wrong;
    if (number == 0)
        return answer_refusal("number", "missing",
                              "number: which one is meant; affnotify refused lists them");
    int found = refused_find(bus->journal, number, refused, &error);
    if (found <= 0)
        return found < 0 ? answer_unavailable(error.text) : refuse_unknown(number);
    return NULL;
}

/* The fields that are set instead of what came; null takes one out. */
static json_t *apply(json_t *object, const json_t *set)
{
    static const char *const fields[] = {
        "event", "email", "affiliate_id", "deep_link", "occurred_at", "via", NULL};
    const char *name;
    json_t *value;
    if (set && !json_is_object(set))
        return answer_refusal("set", "type", "set: must be an object of fields and texts");
    json_object_foreach((json_t *)set, name, value)
    {
        size_t i = 0;
        while (fields[i] && !text_equal(fields[i], name))
            i++;
        if (!fields[i])
            return answer_refusal("set", "unknown_field",
                                  "set: the fields are event, email, affiliate_id, deep_link, "
                                  "occurred_at and via");
        if (json_is_null(value))
            json_object_del(object, name);
        else if (json_is_string(value))
            json_object_set(object, name, value);
        else
            return answer_refusal("set", "type", "set: %s must be text, or null", name);
    }
    return NULL;
}

/*
 * What came, mended, as an event: NULL, or the refusal. One without a time is of when it came, and
 * known by what its sender calls it.
 */
static json_t *mend(struct refused_input *refused, const json_t *set, struct event_input *input)
{
    struct refusal refusal;
    char received[TIMESTAMP_SIZE];
    json_t *object = event_parse_json(refused->raw, refused->raw_bytes, &refusal);
    if (!json_is_object(object)) {
        json_decref(object);
        return answer_refusal("", "not_object",
                              "it is no JSON object, so no field can be set: look at it, hand the "
                              "event in by `affnotify emit`, then drop it here");
    }
    json_t *wrong = apply(object, set);
    if (!wrong && !json_object_get(object, "occurred_at")) {
        timestamp_format(refused->received_unix_ms, received);
        json_object_set_new(object, "occurred_at", json_string(received));
    } else
        refused->key[0] = '\0';
    if (!wrong && event_parse_object(object, input, &refusal) < 0)
        wrong = answer_refusal_of(&refusal);
    json_decref(object);
    return wrong;
}

/* Ends the transaction: NULL when it is on disk. What failed here is said to nobody else. */
static json_t *commit(struct bus *bus)
{
    struct error error;
    if (!bus->broken && journal_commit(bus->journal, &error) < 0)
        intake_break(bus, error.text);
    if (bus->broken)
        journal_rollback(bus->journal);
    bus->in_transaction = false;
    metrics_end_turn(&bus->metrics, !bus->broken);
    json_t *wrong = bus->broken ? answer_unavailable(bus->broken_text) : NULL;
    bus->broken = false;
    return wrong;
}

/* Commands run behind the turn's commit; when that failed, this would, too. */
static json_t *begin(struct bus *bus)
{
    if (bus->broken)
        return answer_unavailable(bus->broken_text);
    return intake_begin(bus) ? NULL : commit(bus);
}

static void take_away(struct bus *bus, int64_t number)
{
    struct error error;
    if (!bus->broken && refused_delete(bus->journal, number, &error) < 0)
        intake_break(bus, error.text);
}

/*
 * Taken in now, an event comes last: NULL unless its affiliate's newest event is of a later time,
 * which it would undo.
 */
static json_t *find_later(struct bus *bus, const struct event_input *input)
{
    struct error error;
    struct journal_event newest;
    struct event later;
    json_t *wrong = NULL;
    int found = journal_newest_of(bus->journal, input->email_key, &newest, &error);
    if (found <= 0)
        return found < 0 ? answer_unavailable(error.text) : NULL;
    if (event_decode(newest.canonical, newest.canonical_bytes, &later) == 0 &&
        later.occurred_unix_ms > input->event.occurred_unix_ms) {
        wrong = answer_refusal("occurred_at", "superseded",
                               "it is of %s, and %s has a later event: %s of %s, %s; taken in now, "
                               "it would come last and undo that one",
                               input->event.occurred_at, input->email_key,
                               event_type_name(later.type), later.occurred_at, newest.id);
        json_object_set_new(wrong, "by", json_string(newest.id));
    }
    journal_event_finish(&newest);
    return wrong;
}

/* Within the transaction: NULL, or why it stays where it is. */
static json_t *take_event(struct bus *bus, const struct event_input *input, const char *key,
                          bool superseded, char id[EVENT_ID_SIZE], bool *is_new)
{
    struct event_input unstamped = *input;
    unstamped.has_occurred_at = false;
    enum repeat repeat = *key ? sender_key_find(bus, &unstamped, key, id) : REPEAT_NEW;
    if (repeat == REPEAT_OTHER)
        return answer_refusal("key", "key_reused",
                              "its webhook-id or Idempotency-Key has been another event's "
                              "meanwhile, %s; if it is one of its own, set occurred_at",
                              id);
    if (repeat != REPEAT_NEW)
        return NULL;
    json_t *wrong = superseded ? NULL : find_later(bus, input);
    if (!wrong)
        sender_key_take(bus, input, key, id, is_new);
    return wrong;
}

static json_t *take_in(struct bus *bus, const struct refused_input *refused,
                       const struct event_input *input, bool superseded)
{
    int64_t number = refused->number;
    char id[EVENT_ID_SIZE];
    bool is_new = false;
    json_t *wrong = begin(bus);
    if (wrong)
        return wrong;
    wrong = take_event(bus, input, refused->key, superseded, id, &is_new);
    if (!wrong)
        take_away(bus, number);
    json_t *failed = commit(bus); /* of nothing, where it stays */
    if (failed)
        json_decref(wrong);
    if (failed || wrong)
        return failed ? failed : wrong;
    bus->again = true; /* the sinks have something to do */
    return json_pack("{s:b,s:I,s:s,s:b}", "ok", 1, "number", (json_int_t)number, "id", id, "new",
                     is_new);
}

json_t *refused_accept_run(struct bus *bus, struct client *client, const json_t *command)
{
    (void)client;
    struct refused_input refused;
    struct event_input input;
    bool superseded = false;
    json_t *wrong = member_read_bool(command, "superseded", &superseded);
    if (!wrong)
        wrong = find_which(bus, command, &refused);
    if (wrong)
        return wrong;
    wrong = mend(&refused, json_object_get(command, "set"), &input);
    if (!wrong)
        wrong = take_in(bus, &refused, &input, superseded);
    refused_input_finish(&refused);
    return wrong;
}

json_t *refused_discard_run(struct bus *bus, struct client *client, const json_t *command)
{
    (void)client;
    struct refused_input refused;
    json_t *wrong = find_which(bus, command, &refused);
    if (wrong)
        return wrong;
    int64_t number = refused.number;
    refused_input_finish(&refused);
    wrong = begin(bus);
    if (wrong)
        return wrong;
    take_away(bus, number);
    wrong = commit(bus);
    return wrong ? wrong : json_pack("{s:b,s:I}", "ok", 1, "number", (json_int_t)number);
}
