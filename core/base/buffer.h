/*
 * Bytes that grow at the end, up to a limit that must be named. There is always a NUL after the
 * last byte, so that text in a buffer can be read as a string.
 */
#ifndef AFFN_BASE_BUFFER_H
#define AFFN_BASE_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

struct buffer {
    char *data; /* "" while nothing was added */
    size_t len;
    size_t capacity;
    size_t max;     /* bytes; more is refused */
    bool is_lent;   /* the memory is somebody else's */
    bool is_secret; /* what is no longer in it stays nowhere */
};

void buffer_init(struct buffer *buffer, size_t max_bytes);

/* For secrets: what is taken away, or moved from, or freed is overwritten before. */
void buffer_init_secret(struct buffer *buffer, size_t max_bytes);

/* In memory of the caller's, one byte more than it takes: then nothing is ever allocated. */
void buffer_init_within(struct buffer *buffer, char *memory, size_t size);
void buffer_finish(struct buffer *buffer);

/* Each adds at the end and returns 0, or -1 and changes nothing when the limit would be passed. */
int buffer_add(struct buffer *buffer, const void *bytes, size_t length);
int buffer_add_text(struct buffer *buffer, const char *text);
int buffer_printf(struct buffer *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Takes length bytes away from the front. */
void buffer_drop(struct buffer *buffer, size_t length);

/* Empties it and keeps the memory. */
void buffer_clear(struct buffer *buffer);

#endif
