/*
 * `check`: a configuration is looked at as a whole, every plugin loaded in a host, nothing opened.
 * Done by `affnotifyd --check`, and by --strict before the start.
 */
#ifndef AFFN_BUS_CHECKER_H
#define AFFN_BUS_CHECKER_H

#include <stdbool.h>

struct config;

/* Adds what the hosts say to config->mistakes: each sink's plugin is loaded, as far as CHECKED. */
void checker_load_plugins(struct config *config);

/*
 * `affnotifyd --check -c FILE`: prints every mistake, or all as JSON; exit status 0, or 1 for some.
 */
int checker_main(const char *config_path, bool json);

#endif
