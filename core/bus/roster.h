/*
 * The command `roster`: who the affiliates are, page by page (core/wire/README.md). Called by
 * control.c, by its table.
 */
#ifndef AFFN_BUS_ROSTER_H
#define AFFN_BUS_ROSTER_H

struct bus;
struct client;
struct json_t;

/* Gives the answer, a page or a refusal, at once. */
struct json_t *roster_run(struct bus *bus, struct client *client, const struct json_t *command);

#endif
