/*
 * The command `check` of a running bus: `affnotifyd --check` as a child, with the bus's own user
 * and rights, so that the look costs the bus nothing and sees what it would see.
 */
#ifndef AFFN_BUS_CHECK_CHILD_H
#define AFFN_BUS_CHECK_CHILD_H

struct bus;
struct client;
struct error;

/* Starts a check for a client, which is answered when it is done. */
int check_child_start(struct bus *bus, struct client *client, struct error *error);

/* Ends those that run. */
void check_child_stop_all(struct bus *bus);

#endif
