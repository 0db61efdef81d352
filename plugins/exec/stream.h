/*
 * `mode = stream`: one process for many batches. It reads lines as they come and answers each with
 * a line of its own, in any order. It is started with the first batch, and after its end with the
 * next one. Used by exec.c.
 */
#ifndef EXEC_STREAM_H
#define EXEC_STREAM_H

#include <stddef.h>
#include <stdint.h>

#include "program.h"

struct affn_batch;
struct affn_reply;

#define STREAM_ANSWER_BYTES_MAX 2048 /* of a line; a longer one is no answer */

struct stream {
    struct program program;
    char line[STREAM_ANSWER_BYTES_MAX + 1]; /* not yet ended */
    size_t line_bytes;
    int is_too_long;
    unsigned strays; /* lines of this batch that answer nothing */
    /* Of the batch that is on its way: */
    const struct affn_batch *batch; /* NULL for none */
    struct affn_reply *reply;
    unsigned char *is_answered; /* of each event */
    uint32_t answered;
    uint32_t next; /* where the next answer is most likely for */
};

void stream_init(struct stream *stream, const struct affn_host *host);

/* As the callbacks of a sink. */
int32_t stream_deliver(struct stream *stream, const struct recipe *recipe,
                       const struct affn_batch *batch, struct affn_reply *reply);
void stream_idle(struct stream *stream);
void stream_close(struct stream *stream);

#endif
