/* affnotify dead --drop: dead letters are given up for good. Called by dead.c. */
#ifndef AFFN_CLI_DROP_H
#define AFFN_CLI_DROP_H

#include <stdbool.h>

struct choice;
struct invocation;

/* Asks unless `yes`. Returns the exit code. */
int drop_run(const struct invocation *invocation, const struct choice *choice, bool yes);

#endif
