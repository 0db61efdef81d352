/*
 * Files that get full: a file in work has a name of its own, and a finished one appears by rename
 * under a name that says when its last row was written. Called by csv.c, and by recovery.c for a
 * rotation that a crash has interrupted. It must never take the name of another file.
 */
#ifndef CSV_ROTATION_H
#define CSV_ROTATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct affn_reply;
struct file;

/* The name of the file in work, to be freed: PATH.part. NULL when there is no memory. */
char *rotation_working_path(const char *path);

/* Whether the file is to be finished before so many more rows of so many bytes are written. */
bool rotation_is_due(const struct file *file, int64_t rows, size_t bytes);

/*
 * Finishes the file and closes it; the next file_open begins another. A verdict as those of file.h:
 * when it is not AFFN_DELIVERED, the next file_open goes on where this stopped.
 */
int32_t rotation_run(struct file *file, struct affn_reply *reply);

/* What follows the rename: the marker. Nothing when the finished file was taken away already. */
int32_t rotation_finish(struct file *file, const char *final_path, struct affn_reply *reply);

#endif
