/*
 * A notice on its way through a sink's host, at most one. Knows nothing of what it says: notice.c
 * decides that, and asks what became of it. Called by notice.c, and by sink.c as frames come.
 */
#ifndef AFFN_BUS_SINK_NOTICE_H
#define AFFN_BUS_SINK_NOTICE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/limits.h"

struct error;
struct frame;
struct message_notice;
struct sink;

/* A zeroed struct has none. */
struct sink_notice {
    bool can;        /* the plugin takes notices; known after TABLE */
    bool met;        /* notice.c knows it; a sink that a reload began anew is another */
    bool out;        /* the host has one */
    uint32_t number; /* of the last one; 0 when the host that had it is gone */
    int64_t sent_mono_ms;
    int32_t verdict; /* of the last one, when it is not out: AFFN_…; 0 before the first */
    int64_t retry_after_ms;
    char what[TEXT_BYTES_MAX];
    char remedy[TEXT_BYTES_MAX];
};

/* Whether one can be sent now: the plugin takes them, is open, and has none. */
bool sink_notice_may(const struct sink *sink);
void sink_notice_send(struct sink *sink, const struct message_notice *notice);

/* A NOTICED frame. -1 when it makes no sense. */
int sink_notice_take(struct sink *sink, struct frame *frame, struct error *error);

/* The host is gone, and with it what it had. */
void sink_notice_lost(struct sink *sink);

/* Whether batches wait for it: a plugin that delivers by itself does one thing at a time. */
bool sink_notice_blocks(const struct sink *sink);

/*
 * When its time is up, or -1 without one. A host that is over it is killed by sink_notice_expire,
 * unless it was the bus that did not run: then its time begins anew.
 */
int64_t sink_notice_limit_mono_ms(const struct sink *sink);
void sink_notice_expire(struct sink *sink, int64_t now_mono_ms);

#endif
