/*
 * Core files, and who may look into our memory: a core would hold every secret. Forbidden by the bus,
 * its hosts, the door, and the commands that are given a secret; the bus alone may allow them, when the
 * configuration says so. A limit on files is no bar where the kernel hands cores to a program, so the
 * process is also marked as one that leaves none: that mark keeps other processes of the same user from
 * reading its memory, too (prctl(2), PR_SET_DUMPABLE).
 */
#ifndef AFFN_BASE_CORES_H
#define AFFN_BASE_CORES_H

#include <stdbool.h>

/* No core for now; cores_forbid or cores_allow decides later. */
void cores_hold_back(void);

/* For good, and for every program that is started from here. */
void cores_forbid(void);

/* As far as whoever started us allows them; false when that is not at all: then they are forbidden. */
bool cores_allow(void);

/* In a program that the bus starts: forbids them, unless the bus has allowed them. */
void cores_follow(void);

#endif
