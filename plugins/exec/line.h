/*
 * Events as the lines that a program reads: ID, attempt, kind and the canonical JSON, with a TAB
 * between them. No value holds a TAB or a line break, so the JSON is there byte for byte, and
 * `read -r id attempt kind event` of a shell takes the line apart. Pure; used by exec.c, once.c and
 * stream.c.
 */
#ifndef EXEC_LINE_H
#define EXEC_LINE_H

#include <stddef.h>

struct affn_batch;
struct affn_event;

#define LINE_BYTES_MAX (128 + 4096) /* ID, attempt, kind, three TABs; the JSON; LF */

/* Writes the event's line to `line` and returns its length; no NUL is written. */
size_t line_format(const struct affn_event *event, char line[LINE_BYTES_MAX]);

/* All lines of a batch in new memory, to be freed; NULL when there is none. */
char *line_format_all(const struct affn_batch *batch, size_t *length);

#endif
