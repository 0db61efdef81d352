/*
 * Our own program as a child of the bus, for commands that take time or load plugins: it has the
 * bus's user and rights, so that it sees what the bus would see, and costs the bus nothing. It
 * prints one JSON object, which is the answer.
 */
#ifndef AFFN_BUS_OWN_CHILD_H
#define AFFN_BUS_OWN_CHILD_H

struct buffer;
struct bus;
struct client;
struct error;

/*
 * Starts `affnotifyd ARGUMENT…` (ending with NULL) for a client, which is answered when it is done.
 * `input` is what it reads from stdin; NULL for nothing. -1 when it could not be started.
 */
int own_child_start(struct bus *bus, struct client *client, const char *const *arguments,
                    const struct buffer *input, struct error *error);

/* Ends those that run. */
void own_child_stop_all(struct bus *bus);

#endif
