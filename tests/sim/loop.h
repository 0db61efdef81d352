/*
 * The bus's timers on the simulated clock, behind the functions of libevent that have them: those
 * of the program come before those of a shared library. There are no descriptors to wait for.
 */
#ifndef AFFN_TESTS_SIM_LOOP_H
#define AFFN_TESTS_SIM_LOOP_H

#include <stdint.h>

/* When the next timer fires, on the clock that does not jump; TIMES_NEVER when none runs. */
int64_t loop_next_due(void);

/* Fires what is due, but for what that starts: it is the next turn's. */
void loop_fire(void);

#endif
