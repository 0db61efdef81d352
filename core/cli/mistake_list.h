/* The mistakes of a configuration, as the bus answers them, for people. */
#ifndef AFFN_CLI_MISTAKE_LIST_H
#define AFFN_CLI_MISTAKE_LIST_H

#include <jansson.h>

/* A line each, then how many they are. */
void mistake_list_print(const json_t *mistakes);

#endif
