/*
 * Listening sockets that systemd opened for us (sd_listen_fds(3)): they outlive a restart, so that
 * whoever connects meanwhile waits instead of being refused. The bus only hands them on.
 */
#ifndef AFFN_BUS_HANDED_SOCKETS_H
#define AFFN_BUS_HANDED_SOCKETS_H

#include <stddef.h>

#include "core/base/limits.h"

/* Their descriptors are at least this, beyond those that they get in the door: 4 and above. */
#define HANDED_FD_LOWEST 16

struct handed_sockets {
    int fds[HTTP_SOCKETS_MAX];
    size_t count;
};

/*
 * Takes what $LISTEN_FDS says, when $LISTEN_PID is this process, out of the way of our children, and
 * clears the environment. Once, before any other descriptor is opened.
 */
void handed_sockets_take(struct handed_sockets *sockets);
void handed_sockets_finish(struct handed_sockets *sockets);

#endif
