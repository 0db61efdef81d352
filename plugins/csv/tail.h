/*
 * The end of a file whose rows tell by themselves which events they are of: each begins with the
 * event's ID. Called by file.c when it opens one.
 */
#ifndef CSV_TAIL_H
#define CSV_TAIL_H

#include <stdbool.h>
#include <stdint.h>

struct affn_reply;
struct file;

/*
 * Looks at the last line, and when it may mend the file, cuts off what a crash left of a last row,
 * and learns the IDs of those before it. A verdict as those of file.h.
 */
int32_t tail_read(struct file *file, bool may_mend, struct affn_reply *reply);

#endif
