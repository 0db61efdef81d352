/*
 * The canonical event: made once from what came in, then carried as bytes that nobody re-encodes.
 * Pure: no I/O, no clock of its own; `now` is an argument.
 *
 *     JSON text ── event_parse ──► event_input ── event_complete ──► event ── event_encode ──► bytes
 *                                                                        bytes ── event_id ──► evt_…
 *
 * The bus calls all of it; the host calls event_decode on bytes that the bus made.
 */
#ifndef AFFN_EVENT_EVENT_H
#define AFFN_EVENT_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/limits.h"

#define AFFILIATE_ID_SIZE (3 + 8 + 1)  /* "ia_" and 8 hex digits */
#define EVENT_ID_SIZE     (4 + 32 + 1) /* "evt_" and 32 hex digits */
#define TIMESTAMP_SIZE    (24 + 1)     /* "2026-03-18T12:00:00.000Z" */

enum event_type {
    EVENT_CREATED = 1,
    EVENT_DEACTIVATED = 2,
};

/* How the affiliate joined; kept in the journal, never in the payload. */
enum event_via {
    EVENT_VIA_UNKNOWN = 0,
    EVENT_VIA_DASHBOARD = 1,
    EVENT_VIA_SELF_SIGNUP = 2,
    EVENT_VIA_JOIN_REQUEST = 3,
};

struct event {
    enum event_type type;
    char affiliate_id[AFFILIATE_ID_SIZE];
    char email[EMAIL_BYTES_MAX + 1];
    char deep_link[DEEP_LINK_BYTES_MAX + 1]; /* "" for none */
    char occurred_at[TIMESTAMP_SIZE];
    int64_t occurred_unix_ms;
};

/* An event as it came in: checked, but what was absent is still to be filled in. */
struct event_input {
    struct event event;
    char email_key[EMAIL_BYTES_MAX + 1]; /* trimmed and ASCII-lower-cased: names the affiliate */
    enum event_via via;
    bool has_affiliate_id;
    bool ignores_affiliate_id; /* there was one, not well formed nor empty: it counts as absent */
    bool has_deep_link;
    bool has_occurred_at;
};

/* Why an input is not an event. */
struct refusal {
    char field[32]; /* "email"; "" when it is about the document as a whole */
    char rule[32];  /* a fixed word for programs: "syntax", "too_long", "control_character", … */
    char message[512]; /* a sentence that names field, rule and remedy */
};

/* "affiliate.created" or "affiliate.deactivated". */
const char *event_type_name(enum event_type type);

/* "dashboard", "self_signup", "join_request", or "" for unknown. */
const char *event_via_name(enum event_via via);

/* Reads one JSON object. 0, or -1 with the refusal. */
int event_parse(const char *json, size_t bytes, struct event_input *input, struct refusal *refusal);

/* The same for a document that is already parsed (a json_t of Jansson's). */
struct json_t;
int event_parse_object(const struct json_t *object, struct event_input *input,
                       struct refusal *refusal);

/*
 * Parses JSON strictly: at most LINE_BYTES_MAX, no duplicate keys, nothing behind the document,
 * which need not be an object. NULL with the refusal; else to be given to json_decref. A string may
 * hold U+0000 (unknown fields may hold anything): compare its length before it is read as C text.
 */
struct json_t *event_parse_json(const char *json, size_t bytes, struct refusal *refusal);

/* The same for a document that may be longer: it may hold many events. */
struct json_t *event_parse_document(const char *json, size_t bytes, size_t max_bytes,
                                    struct refusal *refusal);

/*
 * Fills in what was absent: the affiliate ID (the remembered one, else derived from the e-mail
 * key), the deep link (of a deactivated: the remembered one; else empty), and the time (now). The
 * remembered values are NULL when this affiliate is not known yet.
 */
void event_complete(const struct event_input *input, const char *remembered_id,
                    const char *remembered_link, int64_t now_unix_ms, struct event *event);

/* Writes the canonical JSON and a NUL; returns its length without the NUL. */
size_t event_encode(const struct event *event, char canonical[EVENT_CANONICAL_BYTES_MAX + 1]);

/* The way back, for bytes that event_encode wrote; -1 for any others. */
int event_decode(const char *canonical, size_t bytes, struct event *event);

/* "evt_" and the first 32 hex digits of SHA-256 over the canonical bytes. */
void event_id(const char *canonical, size_t bytes, char id[EVENT_ID_SIZE]);

/* Whether text has the form of an event ID. */
bool event_id_valid(const char *text);

#endif
