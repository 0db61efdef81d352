/*
 * The command `skip`: what is pending at a sink is given up (core/wire/README.md). It may be a
 * million events, so a skip goes by steps, one in each turn of the loop, and answers at its end.
 * Meanwhile nothing goes to that sink. Called by control.c, by its table, and by turn.c.
 */
#ifndef AFFN_BUS_SKIP_H
#define AFFN_BUS_SKIP_H

#include <stdbool.h>

struct bus;
struct client;
struct json_t;

/* NULL when a skip was begun, which answers the client at its end; else the answer. */
struct json_t *skip_run(struct bus *bus, struct client *client, const struct json_t *command);

/* Takes each skip a step further. Outside of any transaction, and before new batches go out. */
void skip_step_all(struct bus *bus);

/* Whether one works at what this sink has. */
bool skip_works_at(const struct bus *bus, const char *name);

/* Forgets all of them, when the bus ends: what was skipped so far is. Nobody is answered. */
void skip_stop_all(struct bus *bus);

#endif
