/*
 * Commands on the socket, as a table: `id` is answered here, the others by the files that the table
 * names. Each answers with one JSON object.
 */
#ifndef AFFN_BUS_CONTROL_H
#define AFFN_BUS_CONTROL_H

#include <stdbool.h>

struct bus;
struct client;
struct journal;
struct json_t;

/* Carries a command out and answers the client: at once, or later when it takes time. */
void control_run(struct bus *bus, struct client *client, const struct json_t *command);

/*
 * The answer to `id`, for an e-mail that may be NULL or unusable; without a journal (NULL) nothing is
 * remembered.
 */
struct json_t *control_id_answer(const char *email, struct journal *journal);

#endif
