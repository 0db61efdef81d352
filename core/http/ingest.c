/* See ingest.h. What a body says and what the sender is told is decided by the files beside this. */
#include "core/http/ingest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/event/refusal.h"
#include "core/http/connection.h"
#include "core/http/door.h"
#include "core/http/ingest_lines.h"
#include "core/http/ingest_outcome.h"
#include "core/http/response.h"

#define KEY_RULE "webhook-id and Idempotency-Key have at most 256 bytes of ASCII"

/* A request whose events are at the bus. */
struct ingest {
    struct bus_order order;        /* first: it is how the link knows it */
    struct connection *connection; /* NULL when it has gone */
    struct ingest_lines lines;
    struct ingest_outcome outcome;
};

static void free_ingest(struct ingest *ingest)
{
    ingest_lines_finish(&ingest->lines);
    ingest_outcome_finish(&ingest->outcome);
    free(ingest);
}

static void take_answer(struct bus_order *order, const char *line, size_t length)
{
    struct ingest *ingest = (struct ingest *)order;
    size_t index = order->answered - 1;
    ingest_outcome_take(&ingest->outcome, index, ingest->lines.items[index].refusal, line, length);
}

static void end(struct bus_order *order)
{
    struct ingest *ingest = (struct ingest *)order;
    if (ingest->connection) {
        int status;
        char *body = ingest_outcome_tell(&ingest->outcome, &status);
        struct response response = {.status = status,
                                    .content_type = status >= 400 ? "application/problem+json"
                                                                  : "application/json",
                                    .body = body,
                                    .body_bytes = strlen(body),
                                    .retry_after_s = status == 503};
        connection_answer(ingest->connection, &response);
        free(body);
    }
    free_ingest(ingest);
}

static void abandon(void *owner)
{
    struct ingest *ingest = owner;
    ingest->connection = NULL;
}

static void hand_in(struct connection *connection, struct ingest *ingest)
{
    ingest->connection = connection;
    ingest->order =
        (struct bus_order){.lines = ingest->lines.count, .take = take_answer, .end = end};
    ingest_outcome_init(&ingest->outcome, ingest->lines.count);
    connection->abandon = abandon;
    connection->owner = ingest;
    bus_link_send(&connection->door->bus, &ingest->order, &ingest->lines.text);
    buffer_finish(&ingest->lines.text); /* it is on its way */
}

/*
 * `webhook-id` or `Idempotency-Key`: what the sender calls this request, with every try. -1 with the
 * refusal when it is none.
 */
static int find_key(const struct connection *connection, struct ingest_source *source,
                    struct refusal *refusal)
{
    const struct span *headers = connection->head.headers;
    struct span key = headers[HEAD_WEBHOOK_ID];
    if (!key.start)
        key = headers[HEAD_IDEMPOTENCY_KEY];
    if (!key.start || key.length == 0)
        return 0;
    for (size_t i = 0; i < key.length; i++) {
        if (key.start[i] < ' ' || key.start[i] > '~')
            return refusal_set(refusal, "key", "syntax", KEY_RULE);
    }
    if (key.length > INGEST_KEY_BYTES_MAX)
        return refusal_set(refusal, "key", "too_long", KEY_RULE);
    source->key = key.start;
    source->key_bytes = key.length;
    return 0;
}

static int check_type(const struct connection *connection, struct refusal *refusal)
{
    const char *unreadable = connection->admission.unreadable;
    return unreadable ? refusal_set(refusal, "", INGEST_RULE_UNREAD, "%s", unreadable) : 0;
}

static void read_body(struct connection *connection, struct ingest_source *source)
{
    const struct buffer *body = &connection->body.bytes;
    struct refusal refusal;
    struct ingest *ingest = memory_new(1, sizeof *ingest);
    if (find_key(connection, source, &refusal) < 0 || check_type(connection, &refusal) < 0) {
        ingest_lines_keep(&ingest->lines, source, body->data, body->len, &refusal);
        hand_in(connection, ingest);
        return;
    }
    if (ingest_lines_init(&ingest->lines, source, body->data, body->len, &refusal) == 0) {
        hand_in(connection, ingest);
        return;
    }
    free_ingest(ingest);
    connection_refuse(connection, strcmp(refusal.rule, "too_many") == 0 ? 413 : 400,
                      refusal.message);
}

void ingest_serve(struct connection *connection)
{
    char name[SOURCE_BYTES_MAX];
    snprintf(name, sizeof name, "%s %s", connection->stream.is_tls ? "https" : "http",
             connection->peer);
    struct ingest_source source = {.name = name, .now_unix_ms = clock_unix_ms()};
    enum bus_link_room room = bus_link_room(&connection->door->bus);
    if (room == BUS_LINK_AWAY)
        connection_refuse(connection, 503, "The bus is away; send it again.");
    else if (room == BUS_LINK_FULL)
        connection_refuse(connection, 429, "Too much waits for the bus; send it again.");
    else
        read_body(connection, &source);
}
