/*
 * Our own program as a child of the bus, for commands that take time or load plugins: it has the
 * bus's user and rights, so that it sees what the bus would see, and costs the bus nothing. It
 * prints one JSON object, which is the answer.
 */
#ifndef AFFN_BUS_OWN_CHILD_H
#define AFFN_BUS_OWN_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

struct buffer;
struct bus;
struct client;
struct error;
struct json_t;
struct own_child;

/*
 * Starts `affnotifyd ARGUMENT…` (ending with NULL) for a client, which is answered when it is done.
 * `input` is what it reads from stdin; NULL for nothing. -1 when it could not be started.
 */
int own_child_start(struct bus *bus, struct client *client, const char *const *arguments,
                    const struct buffer *input, struct error *error);

/*
 * The same for the bus itself, however many run for clients: `done` is called once, with what it
 * printed, or with NULL when that was no answer; it takes a reference of its own to keep it. NULL
 * with the error.
 */
struct own_child *own_child_ask(struct bus *bus, const char *const *arguments,
                                void (*done)(struct bus *bus, struct json_t *answer),
                                struct error *error);

/* It takes too long: `done` follows, with NULL. */
void own_child_kill(struct own_child *child);

/* For each child that ended: its number may be another process's now. True when it was one of ours. */
bool own_child_reaped(struct bus *bus, pid_t pid);

/* Ends those that run, without a call. */
void own_child_stop_all(struct bus *bus);

#endif
