/*
 * One run: a world drawn from a seed, some hundred steps, and an end in which everything goes well.
 * After each moment the model is asked whether all rules hold.
 */
#ifndef AFFN_TESTS_SIM_RUN_H
#define AFFN_TESTS_SIM_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "tests/sim/clients.h"
#include "tests/sim/plan.h"

#define RUN_EVENTS_KEPT 16

struct run {
    const char *directory;
    struct plan plan;
    uint32_t affiliates;
    struct sent_event events[RUN_EVENTS_KEPT]; /* sent lately, to be sent again */
    uint32_t event_count;
    bool disk_told; /* the model knows that the disk is broken */
};

struct tally;

/*
 * The files of a run lie in this directory while it lasts, and what it has seen is added to the
 * tally. True when all rules held; else it says which one did not, and the last steps.
 */
bool run_seed(uint64_t seed, const char *directory, bool aloud, struct tally *tally);

/* For steps: time goes on, moment by moment while something is due, but not for too many. */
bool run_pass(struct run *run, int64_t ms);

/* For steps: the bus does what it can now, and the rules are looked at. False: one is broken. */
bool run_settle(struct run *run);

#endif
