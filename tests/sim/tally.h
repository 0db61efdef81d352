/*
 * What all runs together have seen: shared by the processes that run them. Printed at the end; what
 * never happened in many runs is a failure.
 */
#ifndef AFFN_TESTS_SIM_TALLY_H
#define AFFN_TESTS_SIM_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/sim/faults.h"
#include "tests/sim/model.h"

#define TALLY_JOBS_MAX  16
#define TALLY_RULES_MAX 64

/* One process writes it, the first one reads it. */
struct tally {
    uint64_t seed; /* that is run now */
    uint64_t runs;
    bool broken; /* in this seed a rule was */
    uint64_t faults[FAULTS];
    const char *rule_names[TALLY_RULES_MAX]; /* of the program, and so the same in all processes */
    uint64_t rules[TALLY_RULES_MAX];
};

/* Room for so many, zeroed, that outlives a fork. */
struct tally *tally_new(size_t count);
void tally_free(struct tally *tallies, size_t count);

/* What a run has seen is added; the faults' counts begin anew. */
void tally_add(struct tally *tally);

/* Prints the sums; returns how many faults or rules had nothing. */
size_t tally_print(const struct tally *tallies, size_t count);

#endif
