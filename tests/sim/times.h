/*
 * The simulated clocks, behind core/base/clock.h. Time stands still while the bus works and goes on
 * when the world says so, or while SQLite sleeps.
 */
#ifndef AFFN_TESTS_SIM_TIMES_H
#define AFFN_TESTS_SIM_TIMES_H

#include <stdint.h>

#define TIMES_NEVER INT64_MAX

void times_begin(void);

/* Both clocks go on; the civil one alone is set forward or, below 0, back. */
void times_pass(int64_t ms);
void times_set_civil_clock(int64_t by_ms);

/* The civil clock is set to the latest that it ever showed. */
void times_put_right(void);

#endif
