/* See event_line.h. */
#include "core/cli/event_line.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <jansson.h>

#include "core/base/buffer.h"
#include "core/base/limits.h"
#include "core/base/text.h"
#include "core/cli/outcome.h"
#include "core/event/deep_link.h"
#include "core/event/email.h"
#include "core/event/event.h"
#include "core/event/timestamp.h"

const char *event_line_type(const char *word)
{
    static const char *const names[] = {"affiliate.created", "affiliate.deactivated"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (text_equal(word, names[i]) || text_equal(word, strchr(names[i], '.') + 1))
            return names[i];
    }
    return NULL;
}

static int refuse_long(struct outcome *refusal)
{
    return outcome_refuse(refusal, "", "too_long", "the line is longer than %d bytes",
                          LINE_BYTES_MAX);
}

static void add_line(struct buffer *lines, const char *head, const char *rest, size_t rest_length)
{
    int result = buffer_add_text(lines, head);
    result += buffer_add(lines, rest, rest_length);
    result += buffer_add_text(lines, "\n");
    assert(result == 0);
    (void)result;
}

int event_line_make(const struct event_fields *fields, int64_t now_unix_ms, struct buffer *lines,
                    struct outcome *refusal)
{
    char now[TIMESTAMP_SIZE];
    timestamp_format(now_unix_ms, now);
    const struct {
        const char *name;
        const char *value;
    } members[] = {
        {"event", fields->event},
        {"affiliate_id", fields->affiliate_id},
        {"email", fields->email},
        {"deep_link", fields->deep_link},
        {"occurred_at", fields->occurred_at ? fields->occurred_at : now},
        {"via", fields->via},
    };
    int result = 0;
    json_t *object = json_object();
    for (size_t i = 0; result == 0 && i < sizeof members / sizeof *members; i++) {
        if (members[i].value &&
            json_object_set_new(object, members[i].name, json_string(members[i].value)) < 0)
            result = outcome_refuse(refusal, members[i].name, "invalid_utf8",
                                    "%s is not UTF-8; write all text in UTF-8", members[i].name);
    }
    char *text = result == 0 ? json_dumps(object, JSON_COMPACT) : NULL;
    if (text && strlen(text) > LINE_BYTES_MAX)
        result = refuse_long(refusal);
    else if (text)
        add_line(lines, "", text, strlen(text));
    free(text);
    json_decref(object);
    return result;
}

/* The document that a line holds; NULL with the refusal when the bus could not even look at it. */
static json_t *read_event(const char *line, size_t length, struct outcome *refusal)
{
    *refusal = (struct outcome){.kind = OUTCOME_REFUSED};
    json_t *document = event_parse_json(line, length, &refusal->refusal);
    if (!document)
        return NULL;
    if (!json_is_object(document))
        outcome_refuse(refusal, "", "not_object", "not a JSON object; write one event a line");
    else if (!json_object_get(document, "event"))
        outcome_refuse(refusal, "event", "missing", "event is missing; every event must have one");
    else
        return document;
    json_decref(document);
    return NULL;
}

/* The line is carried on as it stands, with the time put in front: nothing is encoded anew. */
int event_line_stamp(const char *line, size_t length, int64_t now_unix_ms, struct buffer *lines,
                     struct outcome *refusal)
{
    if (length > LINE_BYTES_MAX)
        return refuse_long(refusal);
    json_t *document = read_event(line, length, refusal);
    if (!document)
        return -1;
    bool is_stamped = json_object_get(document, "occurred_at") != NULL;
    json_decref(document);
    if (is_stamped) {
        add_line(lines, "", line, length);
        return 0;
    }
    char now[TIMESTAMP_SIZE];
    char head[64];
    timestamp_format(now_unix_ms, now);
    snprintf(head, sizeof head, "{\"occurred_at\":\"%s\",", now);
    const char *rest = (const char *)memchr(line, '{', length) + 1;
    size_t rest_length = length - (size_t)(rest - line);
    if (strlen(head) + rest_length > LINE_BYTES_MAX)
        return refuse_long(refusal);
    add_line(lines, head, rest, rest_length);
    return 0;
}

bool event_line_is_affiliate_id(const char *text)
{
    static const char digits[] = "0123456789abcdefABCDEF";
    return strncasecmp(text, "ia_", 3) == 0 && strlen(text) == 11 && strspn(text + 3, digits) == 8;
}

int event_line_check(const struct event_fields *fields, struct outcome *refusal)
{
    char email[EMAIL_BYTES_MAX + 1], email_key[EMAIL_BYTES_MAX + 1];
    int64_t unix_ms;
    refusal->kind = OUTCOME_REFUSED;
    if (email_parse(fields->email, email, email_key, &refusal->refusal) < 0)
        return -1;
    if (fields->deep_link && deep_link_check(fields->deep_link, &refusal->refusal) < 0)
        return -1;
    if (fields->occurred_at && timestamp_parse(fields->occurred_at, &unix_ms) < 0)
        return outcome_refuse(refusal, "occurred_at", "syntax",
                              "occurred_at is not a time such as 2026-03-18T12:00:00Z; mend it, or "
                              "leave it out");
    return 0;
}
