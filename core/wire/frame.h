/*
 * Frames between the bus and a host: a length, a type, and typed fields, read strictly. A frame
 * that is too long, has a field missing or bytes left over is an error, and whoever sent it is not
 * trusted further. Numbers are little-endian. Both ends are always of one build, so there is no
 * version.
 *
 *     u32 length of what follows the type | u32 type | fields …
 *     text, bytes: u32 length | bytes | NUL        numbers: 4 or 8 bytes
 */
#ifndef AFFN_WIRE_FRAME_H
#define AFFN_WIRE_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buffer.h"
#include "core/base/limits.h"

#define FRAME_HEAD_BYTES 8

/* ---- Writing: frames are added to a buffer, to be sent as one piece ---- */

struct frame_writer {
    struct buffer *buffer;
    size_t start;
    bool failed;
};

/* buffer's own limit bounds what may be queued; a frame beyond FRAME_BYTES_MAX fails too. */
struct frame_writer frame_begin(struct buffer *buffer, uint32_t type);
void frame_put_u32(struct frame_writer *writer, uint32_t value);
void frame_put_i64(struct frame_writer *writer, int64_t value);
void frame_put_bytes(struct frame_writer *writer, const void *bytes, size_t length);
void frame_put_text(struct frame_writer *writer, const char *text); /* NULL is sent as "" */

/* Completes the frame. -1 when it did not fit: then the buffer is as it was before frame_begin. */
int frame_end(struct frame_writer *writer);

/* ---- Reading: one whole frame at a time, out of received bytes ---- */

struct frame {
    uint32_t type;
    const char *next; /* of the fields, not read yet */
    size_t left;
    bool failed; /* a field was missing or malformed */
};

/*
 * The frame at the front of `bytes`: 1 and the frame with its whole length in *used; 0 when more
 * bytes are needed; -1 when no frame may be that long. The frame's texts point into `bytes`.
 */
int frame_read(const char *bytes, size_t length, struct frame *frame, size_t *used);

/* Each returns the next field, or 0 or "" once the frame has failed. */
uint32_t frame_get_u32(struct frame *frame);
int64_t frame_get_i64(struct frame *frame);
const char *frame_get_bytes(struct frame *frame, size_t *length); /* NUL-terminated */
const char *frame_get_text(struct frame *frame);                  /* fails when it holds a NUL */

/* A count of things that take at least bytes_each: fails when the frame cannot hold so many. */
uint32_t frame_get_count(struct frame *frame, size_t bytes_each);

/* 0 when every field was there and nothing is left over. */
int frame_done(const struct frame *frame);

#endif
