/* What operators command in a run: holds, skips, replays, and looks at it all. */
#ifndef AFFN_TESTS_SIM_ORDERS_H
#define AFFN_TESTS_SIM_ORDERS_H

#include <stdbool.h>

struct run;

/* A step: one drawn command is sent to the bus. */
bool orders_give(struct run *run);

#endif
