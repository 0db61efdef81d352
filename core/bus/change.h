/*
 * What a new configuration means for a bus that runs: which sinks it changes, and which keys of
 * [bus] it cannot change. Pure; used by reload.
 */
#ifndef AFFN_BUS_CHANGE_H
#define AFFN_BUS_CHANGE_H

#include <stdbool.h>

#include "core/bus/fingerprint.h"

struct config;
struct mistakes;

enum change {
    CHANGE_NONE,
    CHANGE_ADDED,
    CHANGE_CHANGED,
    CHANGE_REMOVED,
};

/* "unchanged", "added", … */
const char *change_name(enum change change);

/* A sink as it runs. */
struct change_running {
    struct fingerprint fingerprint; /* secrets "": its host has not asked for them yet */
    bool enabled;                   /* its section does not say enabled = no */
    bool stopped;                   /* it has no host: disabled, or a mistake stopped it */
};

/* running is NULL for a new sink, next for one that is no longer configured: not both. */
enum change change_of(const struct change_running *running, const struct fingerprint *next);

/* Adds a mistake for each key of [bus] that would have to change while the bus runs. */
void change_check_bus(const struct config *running, const struct config *next,
                      struct mistakes *mistakes);

#endif
