/*
 * The command `ready`: whether the bus takes events now (core/wire/README.md). The journal is
 * written to find out, for a disk that is full shows only so. Called by control.c, by its table.
 */
#ifndef AFFN_BUS_CONTROL_READY_H
#define AFFN_BUS_CONTROL_READY_H

struct bus;
struct client;
struct json_t;

/* Gives the answer at once. */
struct json_t *control_ready_run(struct bus *bus, struct client *client,
                                 const struct json_t *command);

/* Why the bus takes no events now, or ""; `status` says it as well. */
const char *control_ready_trouble(struct bus *bus);

/* A turn's transaction has failed: for a moment that needs no trying. */
void control_ready_failed(struct bus *bus, const char *why);

#endif
