/*
 * The commands `events` and `dead`: what came in and what could not be delivered, page by page
 * (core/wire/README.md). Called by control.c, by its table.
 */
#ifndef AFFN_BUS_LISTS_H
#define AFFN_BUS_LISTS_H

struct bus;
struct client;
struct json_t;

/* Each gives the answer, a page or a refusal, at once. */
struct json_t *lists_events(struct bus *bus, struct client *client, const struct json_t *command);
struct json_t *lists_dead(struct bus *bus, struct client *client, const struct json_t *command);

#endif
