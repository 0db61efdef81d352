/*
 * Every sink as it is now, in memory and in the journal: those of the configuration in its order, then
 * those that were removed and still owe events. For `status` and `metrics`.
 */
#ifndef AFFN_BUS_SINKS_SEEN_H
#define AFFN_BUS_SINKS_SEEN_H

#include <stddef.h>
#include <stdint.h>

#include "core/bus/sink.h"

struct bus;
struct error;

struct seen_sink {
    const char *name;        /* the bus's */
    const struct sink *sink; /* NULL for a removed one */
    struct sink_view view;
    struct journal_sink now;
    int64_t oldest_unix_ms; /* 0: nothing is pending */
};

struct sinks_seen {
    struct seen_sink *items;
    size_t count;
};

/* -1 with the error when the journal cannot be read. To be finished in any case. */
int sinks_seen_look(struct bus *bus, struct sinks_seen *seen, struct error *error);
void sinks_seen_finish(struct sinks_seen *seen);

#endif
