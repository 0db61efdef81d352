/*
 * The children that the bus starts from its own program, behind core/bus/own_child.h. The one kind
 * that a simulated bus has checks the configuration before a reload; it takes its time, and now
 * and then it dies or never ends.
 */
#ifndef AFFN_TESTS_SIM_CHILDREN_H
#define AFFN_TESTS_SIM_CHILDREN_H

#include <stdbool.h>

/* From now on, or until the next run, everything goes well. */
void children_set_calm(bool calm);

#endif
