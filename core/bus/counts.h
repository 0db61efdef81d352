/*
 * What a plugin counts of its own: sums by name since the bus began, however often its host began
 * anew. Pure. Kept in struct sink_metrics; told by control_status.c and control_metrics.c.
 */
#ifndef AFFN_BUS_COUNTS_H
#define AFFN_BUS_COUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/limits.h"

struct count {
    char name[COUNT_NAME_BYTES_MAX + 1];
    uint64_t number;
};

struct counts {
    struct count items[COUNTS_MAX]; /* in the order in which they were first counted */
    size_t count;
};

/*
 * Adds; a sum stays at what JSON can say, INT64_MAX. False when there are too many names. The name
 * is one that message_get_count has let pass.
 */
bool counts_add(struct counts *counts, const char *name, uint64_t number);

#endif
