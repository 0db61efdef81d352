/* Addresses to listen at, as `listen` and `admin_listen` name them: URLs that end behind the port. */
#ifndef AFFN_CONFIG_LISTEN_H
#define AFFN_CONFIG_LISTEN_H

#include <stdbool.h>

struct error;

/* Checks of both keys: -1 with what is wrong. For admin_listen a port alone will do, too. */
int listen_check(const char *text, struct error *error);
int listen_check_admin(const char *text, struct error *error);

/* Whether it is https, in whatever case. */
bool listen_is_https(const char *url);

/* The parts of a URL that was checked, both to be freed: the host without brackets. */
void listen_split(const char *url, char **host, char **port);

/* Whether one of two that were checked would take the other's port. */
bool listen_clash(const char *one, const char *other);

#endif
