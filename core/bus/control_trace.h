/*
 * The command `trace`: one event, what became of it at every sink, and what it waits for
 * (core/wire/README.md). Called by control.c, by its table.
 */
#ifndef AFFN_BUS_CONTROL_TRACE_H
#define AFFN_BUS_CONTROL_TRACE_H

struct bus;
struct client;
struct json_t;

/* Gives the answer at once. */
struct json_t *control_trace_run(struct bus *bus, struct client *client,
                                 const struct json_t *command);

#endif
