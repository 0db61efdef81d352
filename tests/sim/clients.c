/* See clients.h. What core/bus/client.c does with a line is done here with a request. */
#include "tests/sim/clients.h"

#include <assert.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/bus/bus.h"
#include "core/bus/client.h"
#include "core/bus/intake.h"
#include "core/event/event.h"
#include "core/event/timestamp.h"
#include "tests/sim/draw.h"
#include "tests/sim/faults.h"
#include "tests/sim/story.h"
#include "tests/sim/witness.h"

#define IDS_KEPT 64

struct client {
    struct bus *bus;
    char *line;
    bool is_command;
    bool stays;
    bool was_read;
    bool waits; /* for the answer to a command */
    struct sent_event event;
    struct command command;
    char sink[64]; /* the command's */
    struct client *next;
};

static struct client *waiting; /* not read by any bus yet */
static char ids[IDS_KEPT][EVENT_ID_SIZE];
static uint32_t id_count;

static void free_client(struct client *client)
{
    free(client->line);
    free(client);
}

void clients_begin(void)
{
    while (waiting) {
        struct client *client = waiting;
        waiting = client->next;
        free_client(client);
    }
    id_count = 0;
}

const char *clients_draw_id(void)
{
    uint32_t kept = id_count < IDS_KEPT ? id_count : IDS_KEPT;
    return kept ? ids[draw_below(DRAW_STEPS, kept)] : NULL;
}

/* ---- Requests ---- */

static void add(const struct client *client)
{
    struct client **link = &waiting;
    while (*link)
        link = &(*link)->next;
    *link = memory_new(1, sizeof *client);
    **link = *client;
}

void clients_send_event(const struct sent_event *event, bool stays)
{
    char occurred_at[TIMESTAMP_SIZE];
    timestamp_format(event->occurred_unix_ms, occurred_at);
    add(&(struct client){
        .line =
            memory_format("{\"event\":\"affiliate.%s\",\"email\":\"%s\",\"deep_link\":"
                          "\"https://example.com/\",\"occurred_at\":\"%s\"}",
                          event->created ? "created" : "deactivated", event->email, occurred_at),
        .stays = stays,
        .event = *event,
    });
}

void clients_send_command(const struct command *command)
{
    struct client client = {
        .line = memory_text(command->json), .is_command = true, .stays = true, .command = *command};
    snprintf(client.sink, sizeof client.sink, "%s", command->sink);
    add(&client);
}

static void take_event(struct client *client)
{
    struct event_input input;
    struct refusal refusal;
    char id[EVENT_ID_SIZE];
    bool is_new = false;
    int parsed = event_parse(client->line, strlen(client->line), &input, &refusal);
    assert(parsed == 0);
    struct client *answered = client->stays ? client : NULL;
    if (intake_take_event(client->bus, &input, id, &is_new))
        intake_answer_accepted(client->bus, answered, id, is_new);
    else
        intake_answer_unavailable(client->bus, answered);
}

/* What a command changes by steps, the model is to expect from here on. */
static void announce(const struct client *client)
{
    if (client->command.kind == COMMAND_RELOAD)
        witness_reloading(true);
    else if (client->command.kind == COMMAND_SKIP)
        witness_asked(client->sink, MODEL_SKIPS);
    else if (client->command.kind == COMMAND_DROP)
        witness_asked(client->sink, MODEL_DROPS);
    else if (client->command.kind == COMMAND_REPLAY)
        witness_asked(client->sink,
                      client->command.superseded ? MODEL_REPLAYS_SUPERSEDED : MODEL_REPLAYS);
}

static void take_command(struct client *client)
{
    struct refusal refusal;
    json_t *json = event_parse_json(client->line, strlen(client->line), &refusal);
    assert(json);
    client->waits = true;
    announce(client);
    intake_answer_command(client->bus, client, json);
}

void client_read_all(struct bus *bus)
{
    while (waiting && intake_has_room(bus)) {
        struct client *client = waiting;
        waiting = client->next;
        client->next = bus->clients;
        client->bus = bus;
        client->was_read = true;
        bus->clients = client;
        bus->client_count++;
        (client->is_command ? take_command : take_event)(client);
    }
    bus->again = bus->again || waiting;
}

/* ---- Answers ---- */

static void hear_accepted(const struct client *client, const json_t *answer)
{
    const char *id = json_string_value(json_object_get(answer, "id"));
    assert(id && strlen(id) < EVENT_ID_SIZE);
    memcpy(ids[id_count++ % IDS_KEPT], id, strlen(id) + 1);
    witness_accepted(id, client->event.email, client->event.created, client->event.occurred_unix_ms,
                     json_is_true(json_object_get(answer, "new")));
}

static void hear_event_answer(const struct client *client, const json_t *answer)
{
    if (!witness_is_awake())
        return;
    if (json_is_true(json_object_get(answer, "ok"))) {
        hear_accepted(client, answer);
        return;
    }
    fault_fired(FAULT_UNAVAILABLE);
    story_tell("    %s", json_string_value(json_object_get(answer, "message")));
}

static void hear_failure(const struct client *client, const json_t *answer)
{
    const char *rule = json_string_value(json_object_get(answer, "rule"));
    bool unavailable = rule && strcmp(rule, "unavailable") == 0;
    fault_fired(unavailable ? FAULT_COMMAND_FAILED : FAULT_COMMAND_REFUSED);
    story_tell("    %s: %s", rule, json_string_value(json_object_get(answer, "message")));
    if (client->command.kind == COMMAND_SKIP || client->command.kind == COMMAND_REPLAY ||
        client->command.kind == COMMAND_DROP)
        witness_failed(client->sink, unavailable);
}

static void hear_command_answer(const struct client *client, const json_t *answer)
{
    const struct command *command = &client->command;
    if (!witness_is_awake())
        return;
    if (command->kind == COMMAND_RELOAD)
        witness_reloading(false);
    if (!json_is_true(json_object_get(answer, "ok"))) {
        hear_failure(client, answer);
        return;
    }
    switch (command->kind) {
    case COMMAND_HOLD:
        witness_held(client->sink);
        return;
    case COMMAND_RESUME:
        witness_resumed(client->sink);
        return;
    case COMMAND_SKIP:
        witness_skipped(client->sink, command->until_unix_ms == 0, command->until_unix_ms);
        return;
    case COMMAND_REPLAY:
        witness_replayed(client->sink, command->dead_only);
        return;
    case COMMAND_DROP:
        witness_dropped(client->sink);
        return;
    case COMMAND_RELOAD:
    case COMMAND_LOOK:
        return;
    }
}

void client_send(struct client *client, const char *line, size_t length)
{
    json_t *answer = json_loadb(line, length, 0, NULL);
    assert(answer);
    hear_event_answer(client, answer);
    json_decref(answer);
}

void client_send_json(struct client *client, const json_t *json)
{
    hear_event_answer(client, json);
}

bool client_may_control(const struct client *client)
{
    return client->is_command;
}

void client_answer_command(struct client *client, const json_t *answer)
{
    assert(client->waits);
    client->waits = false;
    client->bus->again = true;
    hear_command_answer(client, answer);
}

/* ---- The socket that is none ---- */

int client_listen(struct bus *bus, struct error *error)
{
    (void)bus;
    (void)error;
    return 0;
}

void client_listen_again(struct bus *bus)
{
    (void)bus;
}

void client_stop_listening(struct bus *bus)
{
    (void)bus;
}

static void free_all(struct bus *bus, bool also_those_that_wait)
{
    for (struct client **link = &bus->clients; *link;) {
        struct client *client = *link;
        if (client->waits && !also_those_that_wait) {
            link = &client->next;
            continue;
        }
        *link = client->next;
        intake_forget_client(bus, client);
        bus->client_count--;
        free_client(client);
    }
}

void client_sweep(struct bus *bus)
{
    free_all(bus, false);
}

void client_free_all(struct bus *bus)
{
    free_all(bus, true);
}
