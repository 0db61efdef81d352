/*
 * The disk under the bus's journal: SQLite's own for real files, of which reads, writes, syncs and
 * locks fail when they are told to, and on which the bus can be killed in the middle of a write.
 * Syncs are not done: what a process has written outlives it.
 */
#ifndef AFFN_TESTS_SIM_DISK_H
#define AFFN_TESTS_SIM_DISK_H

#include <stdbool.h>

/* Becomes the disk of every database that is opened from now on. Once in a process. */
void disk_install(void);

/* A new run: nothing fails. */
void disk_begin(void);

enum disk_trouble { DISK_BUSY, DISK_FULL, DISK_WRITE, DISK_SYNC, DISK_READ, DISK_TROUBLES };

/* After so many operations that it concerns, so many fail. Replaces what was to fail before. */
void disk_break(enum disk_trouble trouble, int after, int count);
void disk_mend(void);
bool disk_is_broken(void);

/* The bus dies in the write after so many: half of it is done, and nothing that follows. */
void disk_kill_in_write(int after);

/* The bus is dead: nothing that it does reaches the disk. And: a new one begins. */
void disk_cut_off(void);
bool disk_is_cut_off(void);
void disk_join(void);

/* While somebody else than the bus uses the disk, nothing fails. */
void disk_spare(bool spared);

#endif
