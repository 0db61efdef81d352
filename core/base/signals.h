/*
 * The signals by which somebody ends a program, and the one of an output that nobody reads any more:
 * held while something half done lies around that must not stay behind. Those that are ignored stay
 * ignored.
 */
#ifndef AFFN_BASE_SIGNALS_H
#define AFFN_BASE_SIGNALS_H

#include <signal.h>
#include <stdbool.h>

/* From here on they wait; keeps what held before. */
void signals_hold(sigset_t *before);

/* Whether one of them waits: a long work had better end soon. */
bool signals_came(void);

/* They have their effect again: one that has come may end the program here. */
void signals_release(const sigset_t *before);

#endif
