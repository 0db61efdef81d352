/* See handover.h. */
#include "core/bus/handover.h"

#include <jansson.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/bus/bus.h"
#include "core/bus/intake.h"
#include "core/bus/sender_key.h"
#include "core/event/refusal.h"

/* ---- Members ---- */

/* An optional text of at most so many bytes, "" when it is not there; -1 with the refusal. */
static int get_text(const json_t *line, const char *name, size_t max_bytes, const char **text,
                    struct refusal *refusal)
{
    const json_t *value = json_object_get(line, name);
    *text = value ? json_string_value(value) : "";
    if (!*text)
        return refusal_set(refusal, name, "type", "%s is no string", name);
    if (strlen(*text) != (value ? json_string_length(value) : 0))
        return refusal_set(refusal, name, "control_character", "%s holds a NUL", name);
    if (strlen(*text) > max_bytes)
        return refusal_set(refusal, name, "too_long", "%s has at most %zu bytes", name, max_bytes);
    return 0;
}

static int get_source(const json_t *line, const char **source, struct refusal *refusal)
{
    if (get_text(line, "source", SOURCE_BYTES_MAX, source, refusal) < 0)
        return -1;
    if (!**source)
        *source = "socket";
    return 0;
}

/* ---- Keeping what is refused ---- */

/* False when the journal cannot take it. */
static bool keep(struct bus *bus, const char *source, const char *key,
                 const struct refusal *refusal, const char *raw, size_t raw_bytes)
{
    struct error error;
    if (!intake_begin(bus))
        return false;
    if (journal_refuse(bus->journal, source, key, refusal, raw, raw_bytes, clock_unix_ms(),
                       &error) < 0) {
        intake_break(bus, error.text);
        return false;
    }
    metrics_refused_in_turn(&bus->metrics, refusal->rule);
    return true;
}

static void refuse_and_keep(struct bus *bus, struct client *client, const char *source,
                            const char *key, const json_t *event, const struct refusal *refusal)
{
    char *raw = json_dumps(event, JSON_COMPACT | JSON_ENCODE_ANY);
    bool kept = keep(bus, source, key, refusal, raw ? raw : "", raw ? strlen(raw) : 0);
    free(raw);
    if (kept)
        intake_answer_kept(bus, client, refusal);
    else
        intake_answer_unavailable(bus, client);
}

/* ---- take ---- */

/* An event with a time of its own is known by what it says: its key is not needed. */
static void take_input(struct bus *bus, struct client *client, const json_t *event,
                       const struct event_input *input, const char *key, const char *source)
{
    char id[EVENT_ID_SIZE];
    bool is_new = false;
    struct refusal refusal;
    if (input->has_occurred_at)
        key = "";
    enum repeat repeat = *key ? sender_key_find(bus, input, key, id) : REPEAT_NEW;
    bus->metrics.turn.repeated += repeat == REPEAT_KNOWN;
    if (repeat == REPEAT_OTHER) {
        refusal_set(&refusal, "key", "key_reused",
                    "this webhook-id or Idempotency-Key was another event's, %s; use a new one "
                    "for each event, or send occurred_at",
                    id);
        refuse_and_keep(bus, client, source, "", event, &refusal);
    } else if (repeat == REPEAT_KNOWN ||
               (repeat == REPEAT_NEW && sender_key_take(bus, input, key, id, &is_new))) {
        intake_answer_accepted(bus, client, id, is_new);
    } else {
        intake_answer_unavailable(bus, client);
    }
}

void handover_take(struct bus *bus, struct client *client, const json_t *line)
{
    const json_t *event = json_object_get(line, "take");
    const char *source, *key;
    struct event_input input;
    struct refusal refusal;
    if (get_source(line, &source, &refusal) < 0 ||
        get_text(line, "key", EVENT_KEY_BYTES_MAX, &key, &refusal) < 0)
        intake_answer_refused(bus, client, &refusal);
    else if (event_parse_object(event, &input, &refusal) < 0)
        refuse_and_keep(bus, client, source, key, event, &refusal);
    else
        take_input(bus, client, event, &input, key, source);
}

/* ---- keep ---- */

/* The bytes, to be freed; NULL when it is no base64: OpenSSL takes padding anywhere. */
static char *decode(const char *base64, size_t *bytes)
{
    size_t length = strlen(base64);
    size_t digits = strcspn(base64, "=");
    size_t padding = length - digits;
    if (length % 4 != 0 || padding > 2 || strspn(base64 + digits, "=") != padding)
        return NULL;
    char *raw = memory_new(length / 4 * 3 + 1, 1);
    int decoded = EVP_DecodeBlock((unsigned char *)raw, (const unsigned char *)base64, (int)length);
    if (decoded < 0) {
        free(raw);
        return NULL;
    }
    *bytes = (size_t)decoded - padding;
    return raw;
}

static int get_reason(const json_t *line, struct refusal *why, struct refusal *refusal)
{
    const char *field, *rule, *message;
    if (get_text(line, "field", sizeof why->field - 1, &field, refusal) < 0 ||
        get_text(line, "rule", sizeof why->rule - 1, &rule, refusal) < 0 ||
        get_text(line, "message", sizeof why->message - 1, &message, refusal) < 0)
        return -1;
    refusal_set(why, field, rule, "%s", message);
    return 0;
}

void handover_keep(struct bus *bus, struct client *client, const json_t *line)
{
    const char *base64, *source, *key;
    struct refusal why, refusal;
    size_t bytes = 0;
    char *raw = NULL;
    int result = get_text(line, "keep", LINE_BYTES_MAX, &base64, &refusal);
    if (result == 0)
        result = get_source(line, &source, &refusal);
    if (result == 0)
        result = get_text(line, "key", EVENT_KEY_BYTES_MAX, &key, &refusal);
    if (result == 0)
        result = get_reason(line, &why, &refusal);
    if (result == 0 && !(raw = decode(base64, &bytes)))
        result = refusal_set(&refusal, "keep", "syntax", "keep is not base64");
    if (result < 0)
        intake_answer_refused(bus, client, &refusal);
    else if (keep(bus, source, key, &why, raw, bytes))
        intake_answer_kept(bus, client, NULL);
    else
        intake_answer_unavailable(bus, client);
    free(raw);
}
