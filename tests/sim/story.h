/*
 * What happened in a run, line by line: the last of it is kept for a failing seed, and with --trace
 * all of it is printed as it happens. What the bus logs is part of it.
 */
#ifndef AFFN_TESTS_SIM_STORY_H
#define AFFN_TESTS_SIM_STORY_H

#include <stdbool.h>

/* Forgets the last run; `aloud` prints every line. */
void story_begin(bool aloud);

/* A new step; a line within it, indented by whoever tells it. */
void story_step(const char *format, ...) __attribute__((format(printf, 1, 2)));
void story_tell(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Prints the last steps, unless they were printed already. */
void story_print_end(void);

#endif
