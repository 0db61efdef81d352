/*
 * Whoever is connected to the bus's socket: requests in, a JSON object a line; answers out, in the
 * order of the requests. See core/wire/README.md for the protocol.
 */
#ifndef AFFN_BUS_CLIENT_H
#define AFFN_BUS_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

struct bus;
struct client;
struct error;
struct json_t;

/* Binds the socket and listens; replaces a stale socket file, refuses a live one. */
int client_listen(struct bus *bus, struct error *error);

/* Once a second: takes new clients again, after there was no descriptor left for one. */
void client_listen_again(struct bus *bus);

/* Takes no new clients; those that are there are still answered. */
void client_stop_listening(struct bus *bus);

/* Reads what the clients have sent, as far as the turn has room, each client its share. */
void client_read_all(struct bus *bus);

/*
 * Receives what has come since, without a turn of the event loop, which would call back others in
 * the midst of a transaction. True when something came.
 */
bool client_receive_all(struct bus *bus);

/* Frees those that have gone. Only at the end of a turn. */
void client_sweep(struct bus *bus);
void client_free_all(struct bus *bus);

/* Sends a line, with its line break; or a JSON object as one. */
void client_send(struct client *client, const char *line, size_t length);
void client_send_json(struct client *client, const struct json_t *json);

/* Whether it may do more than hand events in. */
bool client_may_control(const struct client *client);

/*
 * Answers the command that this client waits for: it has sent one, and nothing more is read from it
 * until then. It stays until then, also when it has gone.
 */
void client_answer_command(struct client *client, const struct json_t *answer);

#endif
