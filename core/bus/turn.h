/*
 * One turn of the loop: events taken in, written together with what the sinks settled, and answered
 * once that is durable. Only bus.c, client.c and spool.c call it.
 */
#ifndef AFFN_BUS_TURN_H
#define AFFN_BUS_TURN_H

#include <stdbool.h>
#include <stddef.h>

#include "core/event/event.h"

struct bus;
struct client;
struct json_t;

/*
 * Takes one event in: completes it, gives it its ID, and appends it to the journal inside this
 * turn's transaction. false when the journal cannot take it: then bus->broken is set.
 */
bool turn_take_event(struct bus *bus, const struct event_input *input, char id[EVENT_ID_SIZE],
                     bool *is_new);

/* Opens this turn's transaction if it is not open yet. false, and bus->broken, when that fails. */
bool turn_begin(struct bus *bus);

/*
 * Looks whether the journal is still the file of its name: what is unlinked is lost at the next
 * start.
 */
void turn_watch_journal(struct bus *bus);

/* Marks the turn's transaction as failed. */
void turn_break(struct bus *bus, const char *reason);

/* Whether the turn has room for another request. */
bool turn_has_room(const struct bus *bus);

/* The kinds of answer that a client is owed. Each is sent, in order, after the commit. */
void turn_answer_accepted(struct bus *bus, struct client *client, const char *id, bool is_new);
void turn_answer_unavailable(struct bus *bus, struct client *client);
void turn_answer_refused(struct bus *bus, struct client *client, const struct refusal *refusal);
void turn_answer_command(struct bus *bus, struct client *client, struct json_t *command);

/* Takes back what is owed to a client that has gone. */
void turn_forget_client(struct bus *bus, const struct client *client);

/* Writes, commits, answers, and hands new batches out. */
void turn_end(struct bus *bus);

#endif
