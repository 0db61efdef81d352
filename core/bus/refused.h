/*
 * The commands `refused`, `accept` and `discard`: what was refused at the door and kept, taken in
 * after mending or given up (core/wire/README.md). Called by control.c, by its table.
 */
#ifndef AFFN_BUS_REFUSED_H
#define AFFN_BUS_REFUSED_H

struct bus;
struct client;
struct json_t;

/* Each gives the answer at once. */
struct json_t *refused_run(struct bus *bus, struct client *client, const struct json_t *command);
struct json_t *refused_accept_run(struct bus *bus, struct client *client,
                                  const struct json_t *command);
struct json_t *refused_discard_run(struct bus *bus, struct client *client,
                                   const struct json_t *command);

#endif
