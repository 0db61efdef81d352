/* See ingest_outcome.h. */
#include "core/http/ingest_outcome.h"

#include <assert.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buffer.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/event/refusal.h"
#include "core/http/response.h"

#define EVENT_TEXT_BYTES_MAX 96 /* {"id":"evt_…","new":false}, and a comma */

void ingest_outcome_init(struct ingest_outcome *outcome, size_t count)
{
    *outcome =
        (struct ingest_outcome){.results = memory_new(count, sizeof *outcome->results), count};
}

void ingest_outcome_finish(struct ingest_outcome *outcome)
{
    for (size_t i = 0; i < outcome->count; i++)
        free(outcome->results[i].refusal);
    free(outcome->results);
    *outcome = (struct ingest_outcome){.count = 0};
}

/* ---- The bus's answers ---- */

static struct refusal *new_refusal(const char *field, const char *rule, const char *message)
{
    struct refusal *refusal = memory_new(1, sizeof *refusal);
    int bytes = message ? (int)text_cut(message, sizeof refusal->message - 1) : 0;
    refusal_set(refusal, field ? field : "", rule ? rule : "", "%.*s", bytes,
                message ? message : "");
    return refusal;
}

static void take_refusal(struct ingest_result *result, const json_t *answer)
{
    const char *rule = json_string_value(json_object_get(answer, "rule"));
    bool is_refused = rule && !text_equal(rule, "unavailable") && !text_equal(rule, "forbidden");
    result->kind = is_refused ? INGEST_REFUSED : INGEST_UNAVAILABLE;
    result->refusal = new_refusal(json_string_value(json_object_get(answer, "field")), rule,
                                  json_string_value(json_object_get(answer, "message")));
}

/*
 * What the bus says nearly always, read without a tree of JSON; false when it says it in any other
 * way.
 */
static bool read_taken(struct ingest_result *result, const char *line, size_t length)
{
    static const char before[] = "{\"ok\":true,\"id\":\"";
    static const char after_new[] = "\",\"new\":true}", after_known[] = "\",\"new\":false}";
    const size_t id_bytes = EVENT_ID_SIZE - 1, start = sizeof before - 1;
    if (length < start + id_bytes || memcmp(line, before, start) != 0)
        return false;
    const char *after = line + start + id_bytes;
    size_t left = length - start - id_bytes;
    bool is_new = left == sizeof after_new - 1 && memcmp(after, after_new, left) == 0;
    bool is_known = left == sizeof after_known - 1 && memcmp(after, after_known, left) == 0;
    char id[EVENT_ID_SIZE] = {0};
    memcpy(id, line + start, id_bytes);
    if ((!is_new && !is_known) || !event_id_valid(id))
        return false;
    result->kind = INGEST_TAKEN;
    result->is_new = is_new;
    memcpy(result->id, id, sizeof id);
    return true;
}

void ingest_outcome_take(struct ingest_outcome *outcome, size_t index, const struct refusal *own,
                         const char *line, size_t length)
{
    struct ingest_result *result = &outcome->results[index];
    assert(index < outcome->count && result->kind == INGEST_UNANSWERED);
    if (!own && read_taken(result, line, length))
        return;
    json_t *answer = json_loadb(line, length, 0, NULL);
    const char *id = json_string_value(json_object_get(answer, "id"));
    if (!json_is_true(json_object_get(answer, "ok"))) {
        take_refusal(result, answer);
    } else if (own) {
        result->kind = INGEST_REFUSED;
        result->refusal = new_refusal(own->field, own->rule, own->message);
    } else if (id && event_id_valid(id)) {
        result->kind = INGEST_TAKEN;
        result->is_new = json_is_true(json_object_get(answer, "new"));
        snprintf(result->id, sizeof result->id, "%s", id);
    } /* else it stays unanswered */
    json_decref(answer);
}

/* ---- What the sender is told ---- */

static char *tell_taken(const struct ingest_outcome *outcome, int *status)
{
    struct buffer text;
    buffer_init(&text, 32 + outcome->count * EVENT_TEXT_BYTES_MAX);
    *status = 200;
    buffer_add_text(&text, "{\"events\":[");
    for (size_t i = 0; i < outcome->count; i++) {
        const struct ingest_result *result = &outcome->results[i];
        buffer_printf(&text, "%s{\"id\":\"%s\",\"new\":%s}", i > 0 ? "," : "", result->id,
                      result->is_new ? "true" : "false");
        if (result->is_new)
            *status = 202;
    }
    buffer_add_text(&text, "]}\n");
    char *copy = memory_text_part(text.data, text.len);
    buffer_finish(&text);
    return copy;
}

/* Which events were taken and which refused, by their places in the array. */
static json_t *describe(const struct ingest_outcome *outcome, const struct refusal *first)
{
    json_t *errors = json_array();
    json_t *events = json_array();
    for (size_t i = 0; i < outcome->count; i++) {
        const struct ingest_result *result = &outcome->results[i];
        const struct refusal *refusal = result->refusal;
        if (result->kind == INGEST_REFUSED)
            json_array_append_new(errors, json_pack("{s:I,s:s,s:s,s:s}", "index", (json_int_t)i,
                                                    "field", refusal->field, "rule", refusal->rule,
                                                    "message", refusal->message));
        else if (result->kind == INGEST_TAKEN)
            json_array_append_new(events, json_pack("{s:I,s:s,s:b}", "index", (json_int_t)i, "id",
                                                    result->id, "new", result->is_new));
    }
    return json_pack("{s:s,s:s,s:o,s:o}", "field", first->field, "rule", first->rule, "errors",
                     errors, "events", events);
}

static const char *others_in(size_t count)
{
    return count == 0 ? "" : count == 1 ? ", the other is in" : ", the others are in";
}

static char *tell_refused(const struct ingest_outcome *outcome, size_t refused,
                          const struct ingest_result *first, int status)
{
    char *detail;
    size_t left = outcome->count - refused;
    if (outcome->count == 1)
        detail = memory_text(first->refusal->message);
    else
        detail = memory_format("%zu of %zu events %s refused%s; event %zu: %s", refused,
                               outcome->count, refused == 1 ? "is" : "are", others_in(left),
                               (size_t)(first - outcome->results) + 1, first->refusal->message);
    char *problem = response_problem(status, detail, describe(outcome, first->refusal));
    free(detail);
    return problem;
}

char *ingest_outcome_tell(const struct ingest_outcome *outcome, int *status)
{
    const struct ingest_result *refused = NULL;
    size_t refused_count = 0;
    for (size_t i = 0; i < outcome->count; i++) {
        const struct ingest_result *result = &outcome->results[i];
        if (result->kind == INGEST_UNANSWERED || result->kind == INGEST_UNAVAILABLE) {
            *status = 503;
            return response_problem(
                503, result->refusal ? result->refusal->message : "The bus is away; send it again.",
                NULL);
        }
        if (result->kind == INGEST_REFUSED && refused_count++ == 0)
            refused = result;
    }
    if (!refused)
        return tell_taken(outcome, status);
    *status = text_equal(refused->refusal->rule, INGEST_RULE_UNREAD) ? 415 : 400;
    return tell_refused(outcome, refused_count, refused, *status);
}
