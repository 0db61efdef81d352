/*
 * The socket to the bus: frames in, frames out, both buffered, so that many go by one system call.
 * Never loses a frame: when the bus does not read, the host waits. Called by host.c and by whoever
 * has something to say.
 */
#ifndef AFFN_HOST_LINK_H
#define AFFN_HOST_LINK_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/buffer.h"
#include "core/wire/frame.h"

struct link {
    int fd;
    struct buffer in;
    size_t in_used; /* bytes at the front of `in` whose frames were handed out */
    struct buffer out;
    bool ended; /* the bus has closed its end, or the socket is broken */
    bool lost;  /* somebody in our own process has closed it */
};

/* The fd is not closed by finish: it was open before the program began. */
void link_init(struct link *link, int fd);
void link_finish(struct link *link);

/* Reads what has come, without waiting; sets `ended`. Frames handed out before are gone then. */
void link_receive(struct link *link);

/* The next whole frame with its bytes: 1, 0 when there is none yet, -1 when it is too long. */
int link_next(struct link *link, struct frame *frame, const char **bytes, size_t *length);

/* The buffer to put one frame into; waits for the bus when much is queued already. */
struct buffer *link_out(struct link *link);

/* Sends what the socket takes now; link_drain waits until all is sent or the bus is gone. */
void link_flush(struct link *link);
void link_drain(struct link *link);

#endif
