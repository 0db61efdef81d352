/* See ingest_lines.h. */
#include "core/http/ingest_lines.h"

#include <assert.h>
#include <jansson.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/event/refusal.h"
#include "core/event/timestamp.h"
#include "core/http/elements.h"

/* More than the lines of the largest body can have: 0.1 is written with seventeen digits. */
#define TEXT_BYTES_MAX_OF_BODY (16 * HTTP_BODY_BYTES_MAX)
#define DUMP                   (JSON_COMPACT | JSON_ENCODE_ANY)

/* Adds the object as a line; -1 when it is longer than a line may be. Gives the object up. */
static int add_line(struct buffer *text, json_t *object)
{
    char *dumped = json_dumps(object, DUMP);
    assert(dumped);
    json_decref(object);
    size_t length = strlen(dumped);
    int result = length > LINE_BYTES_MAX ? -1 : 0;
    if (result == 0 && (buffer_add(text, dumped, length) < 0 || buffer_add(text, "\n", 1) < 0))
        assert(!"the lines of a body are longer than they can be");
    free(dumped);
    return result;
}

static void add_item(struct ingest_lines *lines, const struct refusal *refusal)
{
    struct ingest_line *item = &lines->items[lines->count++];
    if (!refusal)
        return;
    item->refusal = memory_new(1, sizeof *refusal);
    *item->refusal = *refusal;
}

#define NO_INDEX ((size_t)-1) /* of an event that came alone */

/* Of an array, each event has a key of its own. */
static json_t *make_key(const struct ingest_source *source, size_t index)
{
    char *key = memory_text_part(source->key, source->key_bytes);
    char *whole = index != NO_INDEX ? memory_format("%s[%zu]", key, index) : memory_text(key);
    json_t *json = json_string(whole);
    free(whole);
    free(key);
    return json;
}

static void keep(struct ingest_lines *lines, const struct ingest_source *source, size_t index,
                 const char *raw, size_t raw_bytes, const struct refusal *refusal)
{
    size_t kept = raw_bytes < KEPT_INPUT_BYTES_MAX ? raw_bytes : KEPT_INPUT_BYTES_MAX;
    char *base64 = memory_new((kept + 2) / 3 * 4 + 1, 1);
    EVP_EncodeBlock((unsigned char *)base64, (const unsigned char *)raw, (int)kept);
    json_t *line =
        json_pack("{s:s,s:s,s:s,s:s,s:s}", "keep", base64, "source", source->name, "field",
                  refusal->field, "rule", refusal->rule, "message", refusal->message);
    if (source->key)
        json_object_set_new(line, "key", make_key(source, index));
    int result = add_line(&lines->text, line);
    assert(result == 0);
    (void)result;
    free(base64);
    add_item(lines, refusal);
}

/* Stamped here, before it is handed on, so that a second try would say the same. */
static void stamp(json_t *event, int64_t now_unix_ms)
{
    char text[TIMESTAMP_SIZE];
    timestamp_format(now_unix_ms, text);
    json_object_set_new(event, "occurred_at", json_string(text));
}

/* Whether a value is nested deeper than so many levels. */
static bool is_deeper(const json_t *value, int levels)
{
    const char *name;
    json_t *member;
    size_t i;
    if (!json_is_object(value) && !json_is_array(value))
        return false;
    if (levels == 0)
        return true;
    json_array_foreach(value, i, member)
    {
        if (is_deeper(member, levels - 1))
            return true;
    }
    json_object_foreach((json_t *)value, name, member)
    {
        if (is_deeper(member, levels - 1))
            return true;
    }
    return false;
}

static void keep_event(struct ingest_lines *lines, const struct ingest_source *source,
                       const json_t *event, size_t index, const struct refusal *refusal)
{
    char *raw = json_dumps(event, DUMP);
    assert(raw);
    keep(lines, source, index, raw, strlen(raw), refusal);
    free(raw);
}

/* A line adds a level, and the bus's parser would refuse it. */
static bool keep_deepest(struct ingest_lines *lines, const struct ingest_source *source,
                         const json_t *event, size_t index)
{
    struct refusal refusal;
    if (!is_deeper(event, JSON_PARSER_MAX_DEPTH - 1))
        return false;
    refusal_set(&refusal, "", "not_json",
                "the document is nested too deeply; leave out what is no field of an event");
    keep_event(lines, source, event, index, &refusal);
    return true;
}

static void take(struct ingest_lines *lines, const struct ingest_source *source, json_t *event,
                 size_t index)
{
    if (keep_deepest(lines, source, event, index))
        return;
    bool has_time = json_object_get(event, "occurred_at") != NULL;
    json_t *line = json_pack("{s:O,s:s}", "take", event, "source", source->name);
    if (json_is_object(event) && !has_time && !source->key)
        stamp(event, source->now_unix_ms);
    if (!has_time && source->key)
        json_object_set_new(line, "key", make_key(source, index));
    if (add_line(&lines->text, line) == 0) {
        add_item(lines, NULL);
        return;
    }
    struct refusal refusal;
    refusal_set(&refusal, "", "too_long",
                "the event is longer than %d bytes; leave out what is "
                "no field of an event",
                LINE_BYTES_MAX);
    keep_event(lines, source, event, index, &refusal);
}

/*
 * A body that is one event with a time goes on as it came, for the bus reads it by the same parser:
 * only line breaks, which JSON has between its tokens alone, become blanks. False when it is none
 * or does not fit.
 */
static bool take_as_it_is(struct ingest_lines *lines, const struct ingest_source *source,
                          const json_t *event, const char *body, size_t body_bytes)
{
    struct buffer *text = &lines->text;
    size_t source_bytes = strlen(source->name);
    assert(strcspn(source->name, "\"\\") == source_bytes);
    if (!json_object_get(event, "occurred_at") || is_deeper(event, JSON_PARSER_MAX_DEPTH - 1) ||
        body_bytes + source_bytes + 64 > LINE_BYTES_MAX)
        return false;
    int failed = buffer_add_text(text, "{\"take\":");
    size_t start = text->len;
    failed |= buffer_add(text, body, body_bytes);
    for (char *at = text->data + start; (at = strchr(at, '\n')) != NULL;)
        *at = ' ';
    failed |= buffer_add_text(text, ",\"source\":\"");
    failed |= buffer_add(text, source->name, source_bytes);
    failed |= buffer_add_text(text, "\"}\n");
    assert(failed == 0);
    (void)failed;
    add_item(lines, NULL);
    return true;
}

/* Room for so many events of an array; -1 with the refusal. */
static int begin_array(struct ingest_lines *lines, size_t count, struct refusal *refusal)
{
    if (count == 0)
        return refusal_set(refusal, "", "empty", "the array is empty; send at least one event");
    if (count > HTTP_EVENTS_MAX)
        return refusal_set(refusal, "", "too_many",
                           "the array has %zu events; send at most %d at a time", count,
                           HTTP_EVENTS_MAX);
    lines->items = memory_new(count, sizeof *lines->items);
    return 0;
}

static int take_array(struct ingest_lines *lines, const struct ingest_source *source,
                      const json_t *array, struct refusal *refusal)
{
    size_t count = json_array_size(array);
    if (begin_array(lines, count, refusal) < 0)
        return -1;
    for (size_t i = 0; i < count; i++)
        take(lines, source, json_array_get(array, i), i);
    return 0;
}

/* One element of a body that is no JSON as a whole: as if it had come alone. */
static void take_element(struct ingest_lines *lines, const struct ingest_source *source,
                         const struct element *element, size_t index)
{
    struct refusal refusal;
    json_t *event =
        event_parse_document(element->text, element->bytes, HTTP_BODY_BYTES_MAX, &refusal);
    if (event)
        take(lines, source, event, index);
    else
        keep(lines, source, index, element->text, element->bytes, &refusal);
    json_decref(event);
}

/* Such a body is kept whole when nobody can say where its elements are. */
static int take_text(struct ingest_lines *lines, const struct ingest_source *source,
                     const char *body, size_t body_bytes, struct refusal *refusal)
{
    struct element *elements = memory_new(HTTP_EVENTS_MAX, sizeof *elements);
    int count = elements_find(body, body_bytes, elements, HTTP_EVENTS_MAX);
    int result = begin_array(lines, count < 0 ? 1 : (size_t)count, refusal);
    if (count < 0)
        keep(lines, source, NO_INDEX, body, body_bytes, refusal);
    for (int i = 0; i < count && result == 0; i++)
        take_element(lines, source, &elements[i], (size_t)i);
    free(elements);
    return result;
}

int ingest_lines_init(struct ingest_lines *lines, const struct ingest_source *source,
                      const char *body, size_t body_bytes, struct refusal *refusal)
{
    *lines = (struct ingest_lines){.count = 0};
    buffer_init(&lines->text, TEXT_BYTES_MAX_OF_BODY);
    json_t *document = NULL;
    int result = 0;
    if (body_bytes == 0)
        refusal_set(refusal, "", "not_json", "the body is empty; send an event as JSON");
    else
        document = event_parse_document(body, body_bytes, HTTP_BODY_BYTES_MAX, refusal);
    if (!document) {
        result = take_text(lines, source, body, body_bytes, refusal);
    } else if (json_is_array(document)) {
        result = take_array(lines, source, document, refusal);
    } else {
        lines->items = memory_new(1, sizeof *lines->items);
        if (!take_as_it_is(lines, source, document, body, body_bytes))
            take(lines, source, document, NO_INDEX);
    }
    json_decref(document);
    if (result < 0)
        ingest_lines_finish(lines);
    return result;
}

void ingest_lines_keep(struct ingest_lines *lines, const struct ingest_source *source,
                       const char *body, size_t body_bytes, const struct refusal *refusal)
{
    *lines = (struct ingest_lines){.items = memory_new(1, sizeof *lines->items)};
    buffer_init(&lines->text, TEXT_BYTES_MAX_OF_BODY);
    keep(lines, source, NO_INDEX, body, body_bytes, refusal);
}

void ingest_lines_finish(struct ingest_lines *lines)
{
    for (size_t i = 0; i < lines->count; i++)
        free(lines->items[i].refusal);
    free(lines->items);
    buffer_finish(&lines->text);
    *lines = (struct ingest_lines){.count = 0};
}
