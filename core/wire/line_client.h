/*
 * The client's side of the public line protocol (README.md): connects to the bus's unix socket,
 * sends lines, reads answers, and never waits beyond a deadline. It knows nothing of what the lines
 * say.
 *
 * Needs nothing but libc, because `affnotify emit` must start in a millisecond.
 */
#ifndef AFFN_WIRE_LINE_CLIENT_H
#define AFFN_WIRE_LINE_CLIENT_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/buffer.h"
#include "core/base/limits.h"

struct error;

struct line_client {
    int fd;             /* -1 while not connected */
    struct buffer in;   /* what was received */
    size_t taken_bytes; /* of it, what line_client_read has handed out */
};

void line_client_init(struct line_client *client);

/* The same with memory of the caller's for what is received, answers and all: allocates nothing. */
void line_client_init_within(struct line_client *client, char *memory, size_t size);
void line_client_finish(struct line_client *client);

/*
 * Connects; the deadlines here and below are moments of clock_mono_ms. 0, or -1 with the error and
 * errno as connect(2) left it.
 */
int line_client_connect(struct line_client *client, const char *path, int64_t deadline_mono_ms,
                        struct error *error);

/*
 * Sends all bytes. Answers that come meanwhile are received, so that neither side waits for the
 * other to read. After a -1 there may still be answers to read.
 */
int line_client_send(struct line_client *client, const char *bytes, size_t length,
                     int64_t deadline_mono_ms, struct error *error);

/*
 * The next line, without its LF and with a NUL behind it; it stays until the next call. -1 when the
 * connection ended or the deadline came before it was whole.
 */
int line_client_read(struct line_client *client, const char **line, size_t *length,
                     int64_t deadline_mono_ms, struct error *error);

#endif
