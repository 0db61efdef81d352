/*
 * Folders that were made for a key: told by `keygen` and `init`, so that nobody wonders who can enter them.
 */
#ifndef AFFN_CLI_FOLDERS_H
#define AFFN_CLI_FOLDERS_H

#include <stdio.h>

#include <jansson.h>

/* A line for each path in the list, which may be NULL. */
void folders_print(FILE *file, const json_t *folders);

/* What root types to let the bus's user enter them, a line each. */
void folders_print_steps(FILE *file, const json_t *folders);

#endif
