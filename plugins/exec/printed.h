/*
 * What a program prints for people, line by line: the first lines of each batch go to the log, and
 * the last one is kept, for it is the best word on what went wrong. Takes any number of bytes and
 * keeps few. Secrets and control characters are the host's to blot out. Used by once.c and
 * stream.c.
 */
#ifndef EXEC_PRINTED_H
#define EXEC_PRINTED_H

#include <stddef.h>

struct affn_host;

#define PRINTED_BYTES_MAX 512 /* of a line; the rest of it is left out */
#define PRINTED_LINES_MAX 20  /* that are logged of a batch */

/* A zeroed struct with its host is empty and ready. */
struct printed {
    const struct affn_host *host;
    char line[PRINTED_BYTES_MAX + 1]; /* not yet ended */
    size_t line_bytes;
    char last[PRINTED_BYTES_MAX + 1]; /* "" for none */
    unsigned lines;                   /* that ended in this batch */
};

/* Before each batch: forgets the last line, and logs anew. */
void printed_begin(struct printed *printed);

/* Takes bytes as they come. */
void printed_take(struct printed *printed, const char *bytes, size_t length);

/* At the end of a batch: says how many lines were left out of the log. */
void printed_end(struct printed *printed);

/* When the program has ended: a line without an end is one, too. */
void printed_close(struct printed *printed);

#endif
