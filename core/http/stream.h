/*
 * The bytes of one connection, both ways, in the clear or over TLS: a socket, what was received and
 * not taken yet, what is not sent yet. Reads once when there is something, and sends at once, so
 * that a request costs two system calls. Knows nothing of what the bytes say. For the connections
 * from the network, and for the one to the bus.
 */
#ifndef AFFN_HTTP_STREAM_H
#define AFFN_HTTP_STREAM_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/buffer.h"
#include "core/http/cipher.h"

struct event;
struct event_base;

struct stream {
    int fd;
    struct event *readable;
    struct event *writable; /* waited for while something is unsent */
    bool is_tls;
    struct cipher cipher;
    struct buffer in;
    size_t taken_bytes; /* of them */
    struct buffer out;
    size_t sent_bytes; /* of them */
    bool muted;        /* nothing is received for now */
    bool at_end;       /* they send no more */
    bool failed;       /* it is of no use any more */
    void (*changed)(void *owner);
    void *owner;
};

#define STREAM_PIECE_BYTES (64 * 1024) /* received at a time, beyond what is unread */

/*
 * Takes a connected socket over, also when it fails: -1. `tls` is NULL for none. So many bytes that
 * were not taken, or not sent, are kept; with more it fails.
 */
int stream_open(struct stream *stream, struct event_base *base, int fd, struct ssl_ctx_st *tls,
                size_t in_bytes_max, size_t out_bytes_max);

/*
 * From now on calls `changed` when something was received or sent, at the end, and at a failure. It
 * may close the stream.
 */
void stream_listen(struct stream *stream, void (*changed)(void *owner), void *owner);
void stream_close(struct stream *stream);

/* What was received and is not taken yet, in one piece, valid until more is received. */
char *stream_unread(const struct stream *stream, size_t *length);
void stream_take(struct stream *stream, size_t length);

/* While it is off, what they send waits in the kernel. */
void stream_receive(struct stream *stream, bool on);

/* Sends, now or as soon as they read. */
void stream_send(struct stream *stream, const char *bytes, size_t length);

/* The same in the clear, with what else is sent in this turn of the loop. */
void stream_gather(struct stream *stream, const char *bytes, size_t length);

size_t stream_unsent(const struct stream *stream);

/* Once everything is sent: says that nothing more comes. They may go on. */
void stream_end(struct stream *stream);

#endif
