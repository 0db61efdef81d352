/* See admin.h. */
#include "core/http/admin.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buffer.h"
#include "core/base/clock.h"
#include "core/base/limits.h"
#include "core/base/memory.h"
#include "core/http/connection.h"
#include "core/http/door.h"
#include "core/http/exposition.h"
#include "core/http/fault.h"
#include "core/http/response.h"
#include "core/http/tls.h"

static void tell_ready(struct connection *connection, struct admin_topic *topic);
static void tell_metrics(struct connection *connection, struct admin_topic *topic);

static const struct {
    const char *command;
    void (*tell)(struct connection *connection, struct admin_topic *topic);
} topics[] = {
    [ADMIN_READY] = {"ready", tell_ready},
    [ADMIN_METRICS] = {"metrics", tell_metrics},
};

/* ---- Questions to the bus ---- */

static void send_question(struct door *door, struct admin_topic *topic)
{
    struct buffer line;
    topic->asked = topic->next;
    topic->next = NULL;
    topic->out = true;
    buffer_init(&line, 64);
    buffer_printf(&line, "{\"command\":\"%s\"}\n", topics[topic - door->topics].command);
    bus_link_send(&door->admin_bus, &topic->order, &line);
    buffer_finish(&line);
}

static void take_answer(struct bus_order *order, const char *line, size_t length)
{
    struct admin_topic *topic = (struct admin_topic *)order;
    topic->answer = json_loadb(line, length, 0, NULL);
}

static void tell(struct admin_topic *topic, struct connection *connection)
{
    const char *message = json_string_value(json_object_get(topic->answer, "message"));
    if (json_is_true(json_object_get(topic->answer, "ok")))
        topics[topic - connection->door->topics].tell(connection, topic);
    else
        connection_refuse(connection, 503, message ? message : "The bus is away; send it again.");
}

/* Each may ask again while it is told: that is for the next question. */
static void tell_all(struct admin_topic *topic, struct admin_asker **askers)
{
    while (*askers) {
        struct admin_asker *asker = *askers;
        struct connection *connection = asker->connection;
        *askers = asker->next;
        free(asker);
        tell(topic, connection);
    }
}

static void end(struct bus_order *order)
{
    struct admin_topic *topic = (struct admin_topic *)order;
    bool is_away = bus_link_room(&topic->door->admin_bus) == BUS_LINK_AWAY;
    buffer_init(&topic->text, METRICS_BYTES_MAX);
    tell_all(topic, &topic->asked);
    buffer_finish(&topic->text);
    json_decref(topic->answer);
    topic->answer = NULL;
    topic->out = false;
    if (topic->next && !is_away)
        send_question(topic->door, topic);
    else
        tell_all(topic, &topic->next); /* without an answer */
}

static void take_out(struct admin_asker **askers, const struct admin_asker *asker)
{
    while (*askers && *askers != asker)
        askers = &(*askers)->next;
    if (*askers)
        *askers = asker->next;
}

static void abandon(void *owner)
{
    struct admin_asker *asker = owner;
    take_out(&asker->topic->asked, asker);
    take_out(&asker->topic->next, asker);
    free(asker);
}

static void add_asker(struct connection *connection, struct admin_topic *topic)
{
    struct admin_asker *asker = memory_new(1, sizeof *asker);
    *asker = (struct admin_asker){.next = topic->next, .connection = connection, .topic = topic};
    topic->next = asker;
    connection->abandon = abandon;
    connection->owner = asker;
    connection->deadline_mono_ms = clock_mono_ms() + ADMIN_WAIT_MS;
}

static void ask(struct connection *connection, enum admin_subject subject)
{
    struct door *door = connection->door;
    struct admin_topic *topic = &door->topics[subject];
    topic->door = door;
    if (!topic->out)
        topic->order = (struct bus_order){.lines = 1, .take = take_answer, .end = end};
    if (door->stopping) {
        connection_refuse(connection, 503, "affnotifyd is stopping");
    } else if (bus_link_room(&door->admin_bus) == BUS_LINK_AWAY) {
        connection_refuse(connection, 503, "The bus is away; send it again.");
    } else {
        add_asker(connection, topic);
        if (!topic->out)
            send_question(door, topic);
    }
}

/* ---- Health ---- */

static void tell_status(struct connection *connection, const char *json)
{
    struct response response = {.status = 200,
                                .content_type = "application/json",
                                .body = json,
                                .body_bytes = strlen(json)};
    connection_answer(connection, &response);
}

void admin_healthz(struct connection *connection)
{
    tell_status(connection, "{\"status\":\"alive\"}\n");
}

static void tell_ready(struct connection *connection, struct admin_topic *topic)
{
    const char *reason = json_string_value(json_object_get(topic->answer, "reason"));
    if (json_is_true(json_object_get(topic->answer, "ready")))
        tell_status(connection, "{\"status\":\"ready\"}\n");
    else
        connection_refuse(connection, 503, reason ? reason : "The bus does not say why.");
}

void admin_readyz(struct connection *connection)
{
    ask(connection, ADMIN_READY);
}

/* ---- Metrics ---- */

/* What only the door knows, in the form of the bus's. */
static json_t *responses_of(const struct door *door)
{
    json_t *samples = json_array();
    int status;
    for (size_t i = 0; (status = fault_status(i)) != 0; i++) {
        char code[8];
        snprintf(code, sizeof code, "%d", status);
        json_array_append_new(samples, json_pack("{s:{s:s},s:I}", "labels", "code", code, "value",
                                                 (json_int_t)door->answers[status]));
    }
    return json_pack("{s:s,s:s,s:s,s:o}", "name", "affnotify_http_responses_total", "type",
                     "counter", "help", "Answers at `listen` by their status.", "samples", samples);
}

static json_t *connections_of(const struct door *door)
{
    size_t count = door->connections.count - door->connections.admin_count;
    return json_pack("{s:s,s:s,s:s,s:[{s:{},s:I}]}", "name", "affnotify_http_connections", "type",
                     "gauge", "help", "Connections to `listen`.", "samples", "labels", "value",
                     (json_int_t)count);
}

/* Without a certificate there is no sample. */
static json_t *expiry_of(const struct door *door)
{
    int64_t expiry_unix_ms;
    json_t *samples = json_array();
    if (door->tls && tls_expiry(door->tls, &expiry_unix_ms) == 0)
        json_array_append_new(samples, json_pack("{s:{},s:I}", "labels", "value",
                                                 (json_int_t)(expiry_unix_ms / 1000)));
    return json_pack("{s:s,s:s,s:s,s:o}", "name",
                     "affnotify_http_certificate_expiry_timestamp_seconds", "type", "gauge", "help",
                     "When the certificate expires that is served.", "samples", samples);
}

static json_t *misled_of(const struct door *door)
{
    return json_pack("{s:s,s:s,s:s,s:[{s:{},s:I}]}", "name", "affnotify_http_misled_total", "type",
                     "counter", "help", "Requests of known senders that hand no event in.",
                     "samples", "labels", "value", (json_int_t)door->misled.total);
}

/* Empty when it makes no sense. */
static void write_metrics(struct buffer *text, const struct door *door, const json_t *answer)
{
    json_t *own = json_pack("[o,o,o,o]", responses_of(door), connections_of(door), expiry_of(door),
                            misled_of(door));
    if (exposition_write(text, json_object_get(answer, "metrics")) < 0 ||
        exposition_write(text, own) < 0)
        buffer_clear(text);
    json_decref(own);
}

static void tell_metrics(struct connection *connection, struct admin_topic *topic)
{
    struct buffer *text = &topic->text;
    if (text->len == 0)
        write_metrics(text, connection->door, topic->answer);
    if (text->len == 0) {
        connection_refuse(connection, 503, "What the bus says of its metrics makes no sense.");
        return;
    }
    struct response response = {.status = 200,
                                .content_type = EXPOSITION_TYPE,
                                .body = text->data,
                                .body_bytes = text->len};
    connection_answer(connection, &response);
}

void admin_metrics(struct connection *connection)
{
    ask(connection, ADMIN_METRICS);
}
