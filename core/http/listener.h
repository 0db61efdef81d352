/* Where the door listens: an address, its sockets, and what it is for. */
#ifndef AFFN_HTTP_LISTENER_H
#define AFFN_HTTP_LISTENER_H

#include <stdbool.h>
#include <stddef.h>

#include "core/wire/door_message.h"

struct door;
struct error;
struct evconnlistener;

#define LISTENER_ADDRESSES_MAX 4 /* that one name stands for, such as localhost */

struct listener {
    struct door *door;
    enum door_role role;
    bool is_tls;
    struct evconnlistener *sockets[LISTENER_ADDRESSES_MAX];
    size_t socket_count;
};

/*
 * Listens at the address of a URL: on those of the handed-down sockets that are bound to its port,
 * else on new ones. A socket that is taken becomes -1 in `handed`. -1 with the error.
 */
int listener_open(struct listener *listener, struct door *door, const struct door_listener *wanted,
                  int *handed, size_t handed_count, struct error *error);
void listener_close(struct listener *listener);

/* Takes connections, or lets them wait in the kernel. */
void listener_enable(struct listener *listener, bool enabled);

#endif
