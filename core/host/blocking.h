/*
 * Sinks that deliver by themselves: batches wait in line, and one at a time is handed to `deliver`,
 * which may block. Called by host.c.
 */
#ifndef AFFN_HOST_BLOCKING_H
#define AFFN_HOST_BLOCKING_H

#include <stdbool.h>
#include <stdint.h>

#include "core/host/batch.h"
#include "core/host/reply.h"

struct blot;
struct link;
struct plugin;

struct blocking {
    const struct plugin *plugin;
    void *self;
    struct link *link;
    const struct blot *secrets;
    int64_t timeout_ms;
    struct batch_queue queue;
    struct reply reply;
};

void blocking_finish(struct blocking *blocking);

/* Takes the batch over. */
void blocking_add(struct blocking *blocking, struct batch *batch);

/* Delivers the oldest batch and sends its outcome; false when there is none. */
bool blocking_turn(struct blocking *blocking);

#endif
