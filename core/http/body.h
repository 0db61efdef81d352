/*
 * A request's body, taken as it comes: so many bytes, or chunks (RFC 9112, 7.1). Its limit is kept
 * whatever a Content-Length or a chunk's size says. Pure.
 */
#ifndef AFFN_HTTP_BODY_H
#define AFFN_HTTP_BODY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buffer.h"

struct fault;
struct head;

struct body {
    struct buffer bytes; /* what has come so far, without the chunks' framing */
    int state;
    uint64_t left;     /* of the body, or of this chunk */
    size_t line_bytes; /* of the line that is being read: a chunk's size, a trailer */
    size_t trailer_bytes;
    bool has_digits;
};

/* For a head without a fault; one without a body is complete at once. */
void body_init(struct body *body, const struct head *head);
void body_finish(struct body *body);

/*
 * Takes what belongs to the body from the front of `bytes`; *used says how much that was. 1 once
 * the body is complete, 0 while there is more to come, -1 with the fault.
 */
int body_take(struct body *body, const char *bytes, size_t length, size_t *used,
              struct fault *fault);

#endif
