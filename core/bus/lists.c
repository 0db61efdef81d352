/* See lists.h. Reading a command comes first in each half: a member that is wrong is refused. */
#include "core/bus/lists.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/error.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/bus/answer.h"
#include "core/bus/bus.h"
#include "core/bus/member.h"
#include "core/bus/sink_names.h"
#include "core/event/email.h"

#define PAGE_DEFAULT 50

/* What far sides said may need six bytes a character in JSON. */
#define ROW_BYTES_MAX (EVENT_CANONICAL_BYTES_MAX + 2 * 6 * TEXT_BYTES_MAX + 1024)
_Static_assert(LIST_PAGE_MAX *ROW_BYTES_MAX < ANSWER_BYTES_MAX, "a page fits an answer");

/* ---- Members of a command: each reader gives NULL, or the refusal ---- */

/* A whole number from 1 to max; what is in *number stays when the member is absent. */
static json_t *read_number(const json_t *command, const char *name, int64_t max, int64_t *number,
                           const char *message)
{
    const json_t *member = json_object_get(command, name);
    if (!member)
        return NULL;
    if (!json_is_integer(member))
        return answer_refusal(name, "type", "%s", message);
    *number = json_integer_value(member);
    if (*number < 1 || *number > max)
        return answer_refusal(name, "out_of_range", "%s", message);
    return NULL;
}

static json_t *read_limit(const json_t *command, int64_t *limit)
{
    _Static_assert(LIST_PAGE_MAX == 100, "as the sentence says");
    *limit = PAGE_DEFAULT;
    return read_number(command, "limit", LIST_PAGE_MAX, limit,
                       "limit: must be a whole number from 1 to 100; ask again with `next` for "
                       "more");
}

/* The event as sinks get it; null when another hand has spoilt the row. */
static json_t *event_of(const struct journal_event *event)
{
    json_t *parsed = json_loadb(event->canonical, event->canonical_bytes, 0, NULL);
    return parsed ? parsed : json_null();
}

/* ---- events ---- */

struct events_query {
    int64_t limit;
    int64_t before;
    char email_key[EMAIL_BYTES_MAX + 1]; /* "" for all */
    enum event_type type;                /* 0 for all */
};

static json_t *read_email(const json_t *command, struct events_query *query)
{
    const char *email;
    char trimmed[EMAIL_BYTES_MAX + 1];
    struct refusal refusal;
    json_t *wrong = member_read_text(command, "email", &email);
    if (!wrong && email && email_parse(email, trimmed, query->email_key, &refusal) < 0)
        wrong = answer_refusal_of(&refusal);
    return wrong;
}

/* The member is not called `event`: an object that has that is an event, and would be taken in. */
static json_t *read_type(const json_t *command, struct events_query *query)
{
    const char *name;
    json_t *wrong = member_read_text(command, "type", &name);
    if (wrong || !name)
        return wrong;
    for (enum event_type type = EVENT_CREATED; type <= EVENT_DEACTIVATED; type++) {
        if (text_equal(name, event_type_name(type))) {
            query->type = type;
            return NULL;
        }
    }
    return answer_refusal("type", "unknown_type",
                          "type: must be affiliate.created or affiliate.deactivated; leave it out "
                          "for all");
}

static json_t *read_events_query(const json_t *command, struct events_query *query)
{
    *query = (struct events_query){.before = INT64_MAX};
    json_t *wrong = read_limit(command, &query->limit);
    if (!wrong)
        wrong = read_number(command, "before", INT64_MAX, &query->before,
                            "before: must be the `next` of an earlier answer, a whole number from "
                            "1; leave it out to begin with the newest");
    if (!wrong)
        wrong = read_email(command, query);
    if (!wrong)
        wrong = read_type(command, query);
    return wrong;
}

static json_t *describe_event(const struct listed_event *listed)
{
    const struct journal_event *event = &listed->event;
    return json_pack("{s:I,s:s,s:o,s:s,s:o}", "seq", (json_int_t)event->seq, "id", event->id,
                     "received", answer_time_or_null(event->received_unix_ms), "via",
                     event_via_name(listed->via), "event", event_of(event));
}

json_t *lists_events(struct bus *bus, struct client *client, const json_t *command)
{
    (void)client;
    struct events_query query;
    struct listed_event page[LIST_PAGE_MAX];
    struct error error;
    int64_t next;
    json_t *wrong = read_events_query(command, &query);
    if (wrong)
        return wrong;
    int count = journal_events_before(bus->journal, query.before,
                                      query.email_key[0] ? query.email_key : NULL, query.type, page,
                                      (int)query.limit, &next, &error);
    if (count < 0)
        return answer_unavailable(error.text);
    json_t *events = json_array();
    for (int i = 0; i < count; i++) {
        json_array_append_new(events, describe_event(&page[i]));
        journal_event_finish(&page[i].event);
    }
    return json_pack("{s:b,s:o,s:o}", "ok", 1, "events", events, "next",
                     next ? json_integer(next) : json_null());
}

/* ---- dead ---- */

struct dead_query {
    int64_t limit;
    const char *sink; /* NULL for all */
    struct dead_place after;
};

static json_t *read_sink(const struct bus *bus, const json_t *command, const char **sink)
{
    json_t *wrong = member_read_text(command, "sink", sink);
    if (wrong || !*sink)
        return wrong;
    return sink_names_in_journal(bus, *sink) ? NULL : sink_names_refuse(bus, *sink, true);
}

static json_t *read_after(const json_t *command, struct dead_place *after)
{
    const json_t *member = json_object_get(command, "after");
    if (!member)
        return NULL;
    const json_t *sink = json_object_get(member, "sink");
    const json_t *seq = json_object_get(member, "seq");
    size_t length = json_string_length(sink);
    if (length == 0 || length >= sizeof after->sink || strlen(json_string_value(sink)) != length ||
        json_integer_value(seq) < 1)
        return answer_refusal("after", "type",
                              "after: must be the `next` of an earlier answer, with its `sink` and "
                              "`seq`; leave it out to begin at the top");
    memcpy(after->sink, json_string_value(sink), length + 1);
    after->seq = json_integer_value(seq);
    return NULL;
}

static json_t *describe_letter(const struct bus *bus, const struct dead_letter *letter)
{
    const struct delivery *delivery = &letter->delivery;
    return json_pack("{s:s,s:b,s:I,s:s,s:o,s:o,s:i,s:i,s:o,s:o,s:o}", "sink", delivery->sink,
                     "configured", sink_names_find(bus, delivery->sink) != NULL, "seq",
                     (json_int_t)letter->event.seq, "id", letter->event.id, "event",
                     event_of(&letter->event), "verdict", answer_verdict(delivery->verdict), "code",
                     delivery->code, "attempts", (int)delivery->attempts, "at",
                     answer_time_or_null(delivery->at_unix_ms), "what", answer_text(delivery->what),
                     "remedy", answer_text(delivery->remedy));
}

static json_t *describe_place(const struct dead_place *place)
{
    if (!place->sink[0])
        return json_null();
    return json_pack("{s:s,s:I}", "sink", place->sink, "seq", (json_int_t)place->seq);
}

json_t *lists_dead(struct bus *bus, struct client *client, const json_t *command)
{
    (void)client;
    struct dead_query query = {.sink = NULL};
    struct dead_place next;
    struct error error;
    json_t *wrong = read_limit(command, &query.limit);
    if (!wrong)
        wrong = read_sink(bus, command, &query.sink);
    if (!wrong)
        wrong = read_after(command, &query.after);
    if (wrong)
        return wrong;
    struct dead_letter *letters = memory_new((size_t)query.limit, sizeof *letters);
    int count = journal_dead_after(bus->journal, &query.after, query.sink, letters,
                                   (int)query.limit, &next, &error);
    json_t *dead = json_array();
    for (int i = 0; i < count; i++) {
        json_array_append_new(dead, describe_letter(bus, &letters[i]));
        journal_event_finish(&letters[i].event);
    }
    free(letters);
    if (count < 0) {
        json_decref(dead);
        return answer_unavailable(error.text);
    }
    return json_pack("{s:b,s:o,s:o}", "ok", 1, "dead", dead, "next", describe_place(&next));
}
