/*
 * Where a callback says more than a verdict: the host's memory behind struct affn_reply. Called by
 * whoever calls open, deliver, prepare or conclude; read by outcome.c.
 */
#ifndef AFFN_HOST_REPLY_H
#define AFFN_HOST_REPLY_H

#include <affnotify/sink.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/base/limits.h"

/* The verdict of one event of its own. */
struct reply_item {
    bool set;
    int32_t verdict;
    int32_t code;
    char *text;
};

struct reply {
    struct affn_reply face; /* what the plugin sees; first, so that it can be found */
    char what[TEXT_BYTES_MAX];
    char remedy[TEXT_BYTES_MAX];
    uint32_t count;           /* events in the batch; 0 in `open` */
    struct reply_item *items; /* count of them; NULL until one is set */
    bool strayed;             /* `set` was called for an event that the batch does not have */
};

/* Makes it empty, ready for a batch of count events. A zeroed struct may be begun or finished. */
void reply_begin(struct reply *reply, uint32_t count);
void reply_finish(struct reply *reply);

/* Writes what and remedy, where the plugin has said nothing. */
void reply_default(struct reply *reply, const char *what, const char *remedy);

#endif
