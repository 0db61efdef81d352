/*
 * See event.h: JSON into an event_input, or a refusal that names the field, the rule and the
 * remedy. Every byte may come from a stranger. Fields are checked in the order of the table below,
 * and the first that breaks a rule is the one that is named.
 */
#include <jansson.h>
#include <string.h>

#include "core/base/text.h"
#include "core/event/affiliate_id.h"
#include "core/event/characters.h"
#include "core/event/deep_link.h"
#include "core/event/email.h"
#include "core/event/event.h"
#include "core/event/refusal.h"
#include "core/event/timestamp.h"

#define DOCUMENT "" /* the field of a refusal that is about no single field */

/* ---- The fields ---- */

/* A reader gets its field's text, which holds no NUL, and fills in its part of the input. */
static int read_event(const char *text, struct event_input *input, struct refusal *refusal)
{
    for (enum event_type type = EVENT_CREATED; type <= EVENT_DEACTIVATED; type++) {
        if (text_equal(text, event_type_name(type))) {
            input->event.type = type;
            return 0;
        }
    }
    return refusal_set(refusal, "event", "unknown_event",
                       "event is neither affiliate.created nor affiliate.deactivated; send one of "
                       "the two");
}

/*
 * An ID that is not well formed is taken as absent: what its affiliate is known by is used instead.
 */
static int read_affiliate_id(const char *text, struct event_input *input, struct refusal *refusal)
{
    (void)refusal;
    input->has_affiliate_id = affiliate_id_parse(text, input->event.affiliate_id) == 0;
    input->ignores_affiliate_id = !input->has_affiliate_id && *text;
    return 0;
}

static int read_email(const char *text, struct event_input *input, struct refusal *refusal)
{
    return email_parse(text, input->event.email, input->email_key, refusal);
}

static int read_deep_link(const char *text, struct event_input *input, struct refusal *refusal)
{
    if (deep_link_check(text, refusal) < 0)
        return -1;
    memcpy(input->event.deep_link, text, strlen(text) + 1);
    input->has_deep_link = true;
    return 0;
}

static int read_occurred_at(const char *text, struct event_input *input, struct refusal *refusal)
{
    struct event *event = &input->event;
    int result = timestamp_parse(text, &event->occurred_unix_ms);
    if (result == -2)
        return refusal_set(refusal, "occurred_at", "out_of_range",
                           "occurred_at lies outside the years 0001 to 9999 UTC; send a time "
                           "within them");
    if (result < 0)
        return refusal_set(refusal, "occurred_at", "syntax",
                           "occurred_at is not a date and time of RFC 3339; send one such as "
                           "2026-03-18T12:00:00.000Z");
    timestamp_format(event->occurred_unix_ms, event->occurred_at);
    input->has_occurred_at = true;
    return 0;
}

static int read_via(const char *text, struct event_input *input, struct refusal *refusal)
{
    for (enum event_via via = EVENT_VIA_DASHBOARD; via <= EVENT_VIA_JOIN_REQUEST; via++) {
        if (text_equal(text, event_via_name(via))) {
            input->via = via;
            return 0;
        }
    }
    return refusal_set(refusal, "via", "unknown_via",
                       "via is none of dashboard, self_signup and join_request; send one of them, "
                       "or leave it out");
}

static const struct field {
    const char *name;
    bool required;
    bool checks_characters; /* its reader does; the others leave it to the loop */
    int (*read)(const char *text, struct event_input *input, struct refusal *refusal);
} fields[] = {
    {"event", true, false, read_event},
    {"affiliate_id", false, false, read_affiliate_id},
    {"email", true, true, read_email},
    {"deep_link", false, true, read_deep_link},
    {"occurred_at", false, false, read_occurred_at},
    {"via", false, false, read_via},
};
#define FIELD_COUNT (sizeof fields / sizeof *fields)

/* ---- A document that is parsed ---- */

/* What a JSON value is, as a sentence calls it. */
static const char *kind(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return "an object";
    case JSON_ARRAY:
        return "an array";
    case JSON_STRING:
        return "a string";
    case JSON_INTEGER:
    case JSON_REAL:
        return "a number";
    case JSON_NULL:
        return "null";
    default:
        return "a boolean";
    }
}

static int read_field(const struct field *field, const json_t *value, struct event_input *input,
                      struct refusal *refusal)
{
    const char *name = field->name;
    if (!value && field->required)
        return refusal_set(refusal, name, "missing", "%s is missing; every event must have one",
                           name);
    if (!value)
        return 0;
    if (!json_is_string(value))
        return refusal_set(refusal, name, "type", "%s is %s; send a string%s", name, kind(value),
                           field->required ? "" : ", or leave it out");
    const char *text = json_string_value(value);
    size_t length = json_string_length(value);
    if (strlen(text) != length)
        return characters_refuse_control(name, 0, strlen(text), refusal);
    if (!field->checks_characters &&
        characters_check(name, text, length, character_needs_escape, "leave it out", refusal) < 0)
        return -1;
    return field->read(text, input, refusal);
}

int event_parse_object(const struct json_t *object, struct event_input *input,
                       struct refusal *refusal)
{
    if (!json_is_object(object))
        return refusal_set(refusal, DOCUMENT, "not_object",
                           "the document is %s; send an object with event, email and the rest",
                           kind(object));
    *input = (struct event_input){.via = EVENT_VIA_UNKNOWN};
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        const json_t *value = json_object_get(object, fields[i].name);
        if (read_field(&fields[i], value, input, refusal) < 0)
            return -1;
    }
    return 0;
}

/* ---- As text ---- */

int event_parse(const char *json, size_t bytes, struct event_input *input, struct refusal *refusal)
{
    json_t *document = event_parse_json(json, bytes, refusal);
    if (!document)
        return -1;
    int result = event_parse_object(document, input, refusal);
    json_decref(document);
    return result;
}
