/*
 * How much a plugin may say in the log: so many lines in a while, the rest is counted. Pure; used
 * for what a plugin prints and for what it logs, together. Lines that are left out are never left
 * out silently: whoever asks flood_admits says what flood_take gives, when the while is over.
 */
#ifndef AFFN_BUS_FLOOD_H
#define AFFN_BUS_FLOOD_H

#include <stdbool.h>
#include <stdint.h>

struct flood {
    int64_t begun_ms; /* of the while that runs; 0 before the first line */
    uint32_t shown;
    uint64_t left_out;
};

/* Whether one more line may be shown now; else it is counted. */
bool flood_admits(struct flood *flood, int64_t now_ms);

/* How long until the while is over. */
int64_t flood_left_ms(const struct flood *flood, int64_t now_ms);

/* How many lines were left out since this was last asked. */
uint64_t flood_take(struct flood *flood);

#endif
