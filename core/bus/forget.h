/*
 * The command `forget`: a person is erased from the journal (core/wire/README.md). It goes by steps,
 * one in each turn of the loop, and answers at its end; while the person's events go, the sinks are
 * at rest. The log names no address. Called by control.c, by its table, and by turn.c.
 */
#ifndef AFFN_BUS_FORGET_H
#define AFFN_BUS_FORGET_H

struct bus;
struct client;
struct json_t;

/* NULL when it was begun, and answers the client at its end; else the answer. */
struct json_t *forget_run(struct bus *bus, struct client *client, const struct json_t *command);

/* Takes it a step further. Outside of any transaction, and before new batches go out. */
void forget_step(struct bus *bus);

/* Gives it up, when the bus ends: nobody is answered. */
void forget_stop(struct bus *bus);

#endif
