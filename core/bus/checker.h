/*
 * `check`: a configuration is looked at as a whole, every plugin loaded in a host, nothing opened.
 *
 * checker_main does it, as `affnotifyd --check`. A running bus starts just that as a child, with its own
 * user and rights, so that the look costs the bus nothing and sees what it would see.
 */
#ifndef AFFN_BUS_CHECKER_H
#define AFFN_BUS_CHECKER_H

#include <stdbool.h>

struct bus;
struct client;
struct config;
struct error;

/* Adds what the hosts say to config->mistakes: each sink's plugin is loaded, as far as CHECKED. */
void checker_load_plugins(struct config *config);

/* `affnotifyd --check -c FILE`: prints every mistake, or all as JSON; exit status 0, or 1 for some. */
int checker_main(const char *config_path, bool json);

/* Starts a check for a client, which is answered when it is done. */
int checker_start(struct bus *bus, struct client *client, struct error *error);

/* The client has gone: nobody is answered. */
void checker_forget_client(struct bus *bus, const struct client *client);

/* Ends those that run. */
void checker_stop_all(struct bus *bus);

#endif
