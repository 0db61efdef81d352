/*
 * The command `status`: the bus and each of its sinks, with what is wrong and what to do about it
 * (core/wire/README.md). Called by control.c, by its table.
 */
#ifndef AFFN_BUS_CONTROL_STATUS_H
#define AFFN_BUS_CONTROL_STATUS_H

struct bus;
struct client;
struct json_t;

/* Gives the answer at once. */
struct json_t *control_status_run(struct bus *bus, struct client *client,
                                  const struct json_t *command);

#endif
