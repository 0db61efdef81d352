/*
 * Text as man(7) source. What is printed reads in `man` as it stood, whatever letters it holds: no
 * backslash, leading dot or quote is taken for a request. Words between backquotes become bold.
 */
#ifndef AFFN_CLI_ROFF_H
#define AFFN_CLI_ROFF_H

#include <stdio.h>

/* Text of one paragraph, and a line break; its own line breaks count as blanks. */
void roff_text(FILE *out, const char *text);

/* The same without markup and without a line break, for use within a line of source. */
void roff_words(FILE *out, const char *text);

/*
 * Paragraphs that end at an empty line; a line that begins with a blank stands as it is, as in the
 * help of a command.
 */
void roff_paragraphs(FILE *out, const char *text);

#endif
