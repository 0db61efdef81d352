/* See tally.h. */
#include "tests/sim/tally.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "tests/sim/witness.h"

struct tally *tally_new(size_t count)
{
    struct tally *tallies = mmap(NULL, count * sizeof *tallies, PROT_READ | PROT_WRITE,
                                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert(tallies != MAP_FAILED);
    return tallies;
}

void tally_free(struct tally *tallies, size_t count)
{
    munmap(tallies, count * sizeof *tallies);
}

void tally_add(struct tally *tally)
{
    size_t rules;
    const struct model_count *counts = witness_counts(&rules);
    assert(rules <= TALLY_RULES_MAX);
    tally->runs++;
    for (size_t i = 0; i < rules; i++) {
        tally->rule_names[i] = counts[i].rule;
        tally->rules[i] += counts[i].checked;
    }
    for (size_t i = 0; i < FAULTS; i++)
        tally->faults[i] += fault_counts[i];
    memset(fault_counts, 0, sizeof fault_counts);
}

/* A line; true when there is nothing to print in it. */
static bool print(const char *name, uint64_t sum)
{
    printf("%12" PRIu64 "  %s%s\n", sum, name, sum ? "" : "   <-- never");
    return sum == 0;
}

size_t tally_print(const struct tally *tallies, size_t count)
{
    size_t never = 0;
    struct tally sum = {0};
    for (size_t i = 0; i < count; i++) {
        sum.runs += tallies[i].runs;
        for (size_t k = 0; k < FAULTS; k++)
            sum.faults[k] += tallies[i].faults[k];
        for (size_t k = 0; k < TALLY_RULES_MAX; k++) {
            sum.rules[k] += tallies[i].rules[k];
            if (tallies[i].rule_names[k])
                sum.rule_names[k] = tallies[i].rule_names[k];
        }
    }
    printf("\nWhat happened in %" PRIu64 " runs:\n", sum.runs);
    for (size_t i = 0; i < FAULTS; i++)
        never += print(fault_name((enum fault)i), sum.faults[i]);
    printf("\nHow often each rule had something to look at:\n");
    for (size_t i = 0; i < TALLY_RULES_MAX && sum.rule_names[i]; i++)
        never += print(sum.rule_names[i], sum.rules[i]);
    return never;
}
