/*
 * Sinks that make requests: batches wait in line here, never in libcurl, and at most `concurrency`
 * of them are under way at once, each in a slot of its own. Called by host.c.
 *
 *     queue ──► slot: prepare ──► transfer ──► conclude ──► outcome
 *                        ▲                        │
 *                        └────── AFFN_AGAIN ──────┘
 *
 * After an outcome that may make the bus hold the sink, what was not begun goes back to the bus: one
 * wrong token must not cost every event that happens to stand in line.
 */
#ifndef AFFN_HOST_REQUESTS_H
#define AFFN_HOST_REQUESTS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/host/batch.h"
#include "core/host/multi.h"
#include "core/host/request_keys.h"
#include "core/host/transfer.h"
#include "core/host/trust.h"

struct blot;
struct link;
struct notifying;
struct plugin;
struct slot;

struct requests {
    const struct plugin *plugin;
    void *self;
    struct link *link;
    const struct blot *secrets;
    int64_t timeout_ms;
    uint32_t concurrency;
    bool trial; /* the conversation is told */
    struct request_keys keys;
    struct notifying *notifying; /* whose transfer is one of these */

    struct trust trust;
    struct multi multi;
    struct transfer_settings settings;
    struct batch_queue queue;
    struct slot *slots; /* chained; made when first needed, at most `concurrency` */
    struct slot *free_slots;
    uint32_t busy_count;

    uint32_t outcomes;    /* that were sent; may wrap */
    bool troubled;        /* one of them may make the bus hold the sink, and it has not heard yet */
    uint32_t troubled_at; /* how many there were with that one */
};

/* Gets ready; again when it failed. 0, or -1 with a sentence about the sink's files. */
int requests_open(struct requests *requests, int epoll_fd, struct error *error);
void requests_finish(struct requests *requests);

/* Takes the batch over; it goes back when the bus sent it before it had heard of trouble. */
void requests_add(struct requests *requests, struct batch *batch);

/* Drops what has not begun. */
void requests_drop_queue(struct requests *requests);

/* Runs what is due, settles what has ended, begins what waits: until nothing more moves at once. */
void requests_turn(struct requests *requests);

#endif
