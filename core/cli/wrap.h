/*
 * Text of several lines for a terminal, broken at words. A command between backticks, and a line that
 * begins with a blank, stay whole, so that they can be copied. Decides nothing else: whoever calls it
 * has made the text harmless (show_text), and asks show_columns how wide the terminal is.
 */
#ifndef AFFN_CLI_WRAP_H
#define AFFN_CLI_WRAP_H

#include <stddef.h>
#include <stdio.h>

/*
 * Prints the text and a line break. Each of its lines gets lines of at most `columns` (0: it stays as it
 * is); those after the first begin with `indent` blanks. A word that is longer has a line of its own.
 */
void wrap_print(FILE *file, size_t columns, size_t indent, const char *text);

#endif
