/*
 * A body becomes lines for the bus: each event a `take`, and what is no event that a line can hold a
 * `keep`, with why. What is wrong with one element of an array concerns no other. See core/wire/README.md for both. Pure.
 */
#ifndef AFFN_HTTP_INGEST_LINES_H
#define AFFN_HTTP_INGEST_LINES_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/buffer.h"
#include "core/event/event.h"

struct ingest_source {
    const char *name; /* where it came from, for `refused` */
    const char *key;  /* by which the sender knows it again; NULL for none */
    size_t key_bytes;
    int64_t now_unix_ms;
};

/* What one line asks for. */
struct ingest_line {
    struct refusal *refusal; /* of a `keep`: why; NULL for a `take` */
};

struct ingest_lines {
    struct buffer text;
    struct ingest_line *items;
    size_t count;
};

/*
 * -1 with the refusal, which is not kept, when there are no events in it or more than
 * HTTP_EVENTS_MAX.
 */
int ingest_lines_init(struct ingest_lines *lines, const struct ingest_source *source,
                      const char *body, size_t body_bytes, struct refusal *refusal);

/* A body that is refused unread is kept whole, as one. */
void ingest_lines_keep(struct ingest_lines *lines, const struct ingest_source *source,
                       const char *body, size_t body_bytes, const struct refusal *refusal);
void ingest_lines_finish(struct ingest_lines *lines);

#endif
