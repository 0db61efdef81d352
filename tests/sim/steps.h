/* What may happen next in a run: a table of steps, each with its weight. */
#ifndef AFFN_TESTS_SIM_STEPS_H
#define AFFN_TESTS_SIM_STEPS_H

#include <stdbool.h>

struct run;

/* Draws a step and takes it. False when a rule was found broken in it. */
bool steps_take(struct run *run);

#endif
