/*
 * The configuration of a simulated bus: drawn from the seed, changed now and then, written as the
 * INI that the bus reads, and told to the model.
 */
#ifndef AFFN_TESTS_SIM_PLAN_H
#define AFFN_TESTS_SIM_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "tests/sim/model.h"

#define PLAN_SINKS_MAX  4
#define PLAN_NAME_BYTES 8

struct plan_sink {
    char name[PLAN_NAME_BYTES];
    char was[PLAN_NAME_BYTES];
    struct model_sink_config told; /* its names are set by plan_tell */
    const char *retry;             /* as the INI has it; told.retry_ms says the same */
};

struct plan {
    struct plan_sink sinks[PLAN_SINKS_MAX];
    size_t count;
    unsigned names_given;
    unsigned changes;
};

void plan_draw(struct plan *plan);

/* Some keys, a sink more or less, a new name. */
void plan_change(struct plan *plan);

/* All that there is runs: for the end of a run. */
void plan_enable_all(struct plan *plan);

void plan_write(const struct plan *plan, const char *directory, const char *path,
                bool with_mistake);

/* Valid until the next call. */
const struct model_config *plan_tell(const struct plan *plan);

/* For what plan_tell tells next: the bus has begun a sink anew, or has not. */
void plan_set_anew(struct plan *plan, size_t at, bool anew);

/* Whether the plugin of a sink of this name makes requests. */
bool plan_makes_requests(const char *name);

#endif
