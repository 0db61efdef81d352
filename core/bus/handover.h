/*
 * What is handed over by a client that stands for others, such as affnotify-http: `take`, an event
 * with its circumstances, and `keep`, an input that the client itself had to refuse. Both are kept
 * when they are refused, for whoever sent them may never send them again. Called by client.c; see
 * core/wire/README.md for both lines.
 */
#ifndef AFFN_BUS_HANDOVER_H
#define AFFN_BUS_HANDOVER_H

struct bus;
struct client;
struct json_t;

void handover_take(struct bus *bus, struct client *client, const struct json_t *line);
void handover_keep(struct bus *bus, struct client *client, const struct json_t *line);

#endif
