/*
 * See event.h: text into a JSON document, or a refusal that says where it is none. Free of
 * libcrypto, for `affnotify emit` reads lines by it, too.
 */
#include <jansson.h>
#include <string.h>

#include "core/event/event.h"
#include "core/event/refusal.h"

#define DOCUMENT "" /* the field of a refusal that is about no single field */

/* Which known field the key is that ends before byte `end` of the document; DOCUMENT for others. */
static const char *field_of_key(const char *json, size_t end)
{
    static const char *const fields[] = {"event",     "affiliate_id", "email",
                                         "deep_link", "occurred_at",  "via"};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        size_t length = strlen(fields[i]);
        if (end >= length + 2 && json[end - 1] == '"' && json[end - length - 2] == '"' &&
            memcmp(json + end - length - 1, fields[i], length) == 0)
            return fields[i];
    }
    return DOCUMENT;
}

/* Why text is not JSON, in our words: Jansson's would quote what came in. */
static const char *reason(enum json_error_code code)
{
    switch (code) {
    case json_error_premature_end_of_input:
        return "it ends too early";
    case json_error_end_of_input_expected:
        return "something stands behind its end";
    case json_error_null_byte_in_key:
        return "a key holds U+0000";
    case json_error_numeric_overflow:
        return "a number is out of range";
    case json_error_stack_overflow:
        return "it is nested too deeply";
    default:
        return "its syntax is wrong";
    }
}

static int refuse_text(const char *json, const json_error_t *error, struct refusal *refusal)
{
    enum json_error_code code = json_error_code(error);
    size_t at = (size_t)error->position;
    if (code == json_error_invalid_utf8)
        return refusal_set(refusal, DOCUMENT, "invalid_utf8",
                           "the document is not UTF-8 at byte %zu; send all text in UTF-8", at + 1);
    if (code == json_error_duplicate_key)
        return refusal_set(refusal, field_of_key(json, at), "duplicate_key",
                           "the key that ends at byte %zu is there twice; send it once", at);
    return refusal_set(refusal, DOCUMENT, "not_json",
                       "the document is not JSON: %s, near byte %zu; send one JSON object",
                       reason(code), at);
}

struct json_t *event_parse_document(const char *json, size_t bytes, size_t max_bytes,
                                    struct refusal *refusal)
{
    if (bytes > max_bytes) {
        refusal_set(refusal, DOCUMENT, "too_long",
                    "the document is %zu bytes long; at most %zu are allowed", bytes, max_bytes);
        return NULL;
    }
    json_error_t error;
    const size_t flags = JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL;
    json_t *document = json_loadb(json, bytes, flags, &error);
    if (!document)
        refuse_text(json, &error, refusal);
    return document;
}

struct json_t *event_parse_json(const char *json, size_t bytes, struct refusal *refusal)
{
    return event_parse_document(json, bytes, LINE_BYTES_MAX, refusal);
}
