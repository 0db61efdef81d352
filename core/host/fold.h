/*
 * Folding of a mail's header lines (RFC 5322, 2.2.3): a line break before a blank that is there
 * already, so that unfolding gives the line back. Pure. Called by mime.c.
 */
#ifndef AFFN_HOST_FOLD_H
#define AFFN_HOST_FOLD_H

#include <stddef.h>

struct buffer;

/* A line with an encoded word may have 76 characters (RFC 2047, 2); others 78, RFC 5322, 2.1.1. */
#define FOLD_LINE_BYTES_MAX 76

/*
 * Adds "Name: value", which has no line break, in lines of at most FOLD_LINE_BYTES_MAX where there
 * are blanks to break at: a word that is longer stays whole. No line is of blanks only, and the
 * first holds something beside the name. Ends with CR LF. Returns 0, or -1 when the buffer is full.
 */
int fold_add(struct buffer *out, const char *line, size_t length);

#endif
