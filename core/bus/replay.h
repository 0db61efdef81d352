/*
 * The commands `replay` and `drop`: what a sink has behind it is sent to it again, or to another;
 * dead letters are dropped (core/wire/README.md). It may be a million events, so both go by steps,
 * one in each turn of the loop, and answer at their end. The sink that gets the events rests
 * meanwhile: first until nothing of it is in flight. Called by control.c, by its table, and by
 * turn.c.
 */
#ifndef AFFN_BUS_REPLAY_H
#define AFFN_BUS_REPLAY_H

#include <stdbool.h>

struct bus;
struct client;
struct json_t;

/* NULL when it was begun, which answers the client at its end; else the answer. */
struct json_t *replay_run(struct bus *bus, struct client *client, const struct json_t *command);
struct json_t *replay_drop_run(struct bus *bus, struct client *client,
                               const struct json_t *command);

/* Takes each a step further. Outside of any transaction, and before new batches go out. */
void replay_step_all(struct bus *bus);

/* Whether one works at what this sink has, or takes from it. */
bool replay_works_at(const struct bus *bus, const char *name);

/* Forgets all of them, when the bus ends: what was put back so far is. Nobody is answered. */
void replay_stop_all(struct bus *bus);

#endif
