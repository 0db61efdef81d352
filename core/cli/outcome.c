/* See outcome.h. */
#include "core/cli/outcome.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "core/base/error.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/cli/show.h"
#include "core/event/refusal.h"

/* Keeps what fits of a member's text; whole characters only. */
static void copy_member(const json_t *answer, const char *key, char *copy, size_t size)
{
    char *text = show_member(answer, key);
    size_t length = text_cut(text, size - 1);
    memcpy(copy, text, length);
    copy[length] = '\0';
    free(text);
}

static int read_accepted(const json_t *answer, struct outcome *outcome)
{
    const char *id = json_string_value(json_object_get(answer, "id"));
    const json_t *is_new = json_object_get(answer, "new");
    if (!id || strlen(id) >= sizeof outcome->id || !json_is_boolean(is_new))
        return -1;
    outcome->kind = OUTCOME_ACCEPTED;
    outcome->is_new = json_is_true(is_new);
    strcpy(outcome->id, id);
    return 0;
}

static int read_refused(const json_t *answer, struct outcome *outcome)
{
    struct refusal *refusal = &outcome->refusal;
    copy_member(answer, "field", refusal->field, sizeof refusal->field);
    copy_member(answer, "rule", refusal->rule, sizeof refusal->rule);
    copy_member(answer, "message", refusal->message, sizeof refusal->message);
    outcome->kind =
        text_equal(refusal->rule, "unavailable") ? OUTCOME_UNAVAILABLE : OUTCOME_REFUSED;
    return *refusal->rule ? 0 : -1;
}

int outcome_read(const char *answer, size_t bytes, struct outcome *outcome, struct error *error)
{
    *outcome = (struct outcome){0};
    json_t *object = json_loadb(answer, bytes, JSON_REJECT_DUPLICATES, NULL);
    const json_t *ok = json_object_get(object, "ok");
    int result = -1;
    if (json_is_true(ok))
        result = read_accepted(object, outcome);
    else if (json_is_false(ok))
        result = read_refused(object, outcome);
    json_decref(object);
    if (result < 0)
        error_set(error, "what answered is not affnotifyd: it does not speak the line protocol");
    return result;
}

/* A path in a message may be any bytes, and a message may be cut inside of a character. */
static void keep_utf8(char *text)
{
    json_t *checked = json_string(text);
    for (char *byte = text; !checked && *byte; byte++) {
        if ((unsigned char)*byte >= 0x80)
            *byte = '?';
    }
    json_decref(checked);
}

int outcome_refuse(struct outcome *outcome, const char *field, const char *rule, const char *format,
                   ...)
{
    char message[sizeof outcome->refusal.message];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    keep_utf8(message);
    *outcome = (struct outcome){.kind = OUTCOME_REFUSED};
    return refusal_set(&outcome->refusal, field, rule, "%s", message);
}

char *outcome_sentence(const struct outcome *outcome)
{
    const struct refusal *refusal = &outcome->refusal;
    bool is_named = text_starts(refusal->message, refusal->field); /* also when there is none */
    return memory_format("%s%s%s", is_named ? "" : refusal->field, is_named ? "" : ": ",
                         refusal->message);
}

char *outcome_json(const struct outcome *outcome, size_t line_number)
{
    json_t *object = json_object();
    if (line_number)
        json_object_set_new(object, "line", json_integer((json_int_t)line_number));
    json_t *rest;
    const struct refusal *refusal = &outcome->refusal;
    if (outcome->kind == OUTCOME_ACCEPTED)
        rest = json_pack("{s:b, s:s, s:b}", "ok", 1, "id", outcome->id, "new", outcome->is_new);
    else if (outcome->kind == OUTCOME_SPOOLED)
        rest = json_pack("{s:b, s:b}", "ok", 1, "spooled", 1);
    else
        rest = json_pack("{s:b, s:s, s:s, s:s}", "ok", 0, "field", refusal->field, "rule",
                         refusal->rule, "message", refusal->message);
    assert(rest);
    json_object_update(object, rest);
    json_decref(rest);
    char *text = json_dumps(object, JSON_COMPACT);
    json_decref(object);
    assert(text);
    return text;
}
