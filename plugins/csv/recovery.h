/*
 * What the ledger says, compared with the file, when that is opened: which rows were written, and
 * where a crash has cut them. Finishes a rotation that a crash has interrupted. Called by file.c
 * for files whose rows do not tell by themselves.
 */
#ifndef CSV_RECOVERY_H
#define CSV_RECOVERY_H

#include <stdint.h>

struct affn_reply;
struct file;

/* Learns which rows were written, and mends the file. A verdict as those of file.h. */
int32_t recovery_of_file(struct file *file, struct affn_reply *reply);

/* Begins a ledger that knows what the file does; what it knows must be on the disk. */
int32_t recovery_begin_ledger(struct file *file, struct affn_reply *reply);

#endif
