/*
 * A batch as it came from the bus: its events decoded and laid out as plugins see them. Queues of
 * batches, oldest first. Called by the two ways to deliver: blocking.c and requests.c.
 */
#ifndef AFFN_HOST_BATCH_H
#define AFFN_HOST_BATCH_H

#include <affnotify/sink.h>
#include <stddef.h>
#include <stdint.h>

struct batch {
    uint32_t number;        /* the bus's, for the outcome */
    uint32_t heard;         /* outcomes that the bus knew of when it sent this */
    int64_t started_ms;     /* when the plugin was first called with it, on the monotonic clock */
    struct affn_batch face; /* what the plugin sees; deadline_mono_ms is set at the start */
    struct batch *next;

    /* What face.events points into. */
    char *frame;
    struct event *decoded;
    struct affn_event *events;
    const struct affn_event **pointers;
};

/* From the bytes of a DELIVER frame, which are copied; NULL when they are not well formed. */
struct batch *batch_new(const char *bytes, size_t length);
void batch_free(struct batch *batch);

/* Sets its start and its deadline. */
void batch_start(struct batch *batch, int64_t now_ms, int64_t timeout_ms);

/* A zeroed struct is an empty queue. */
struct batch_queue {
    struct batch *first;
    struct batch *last;
};

void batch_queue_add(struct batch_queue *queue, struct batch *batch);
struct batch *batch_queue_take(struct batch_queue *queue); /* NULL when it is empty */
void batch_queue_drop(struct batch_queue *queue);

#endif
