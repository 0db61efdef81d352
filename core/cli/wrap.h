/*
 * Text for a terminal, broken at words. Decides nothing else: whoever calls it has made the text harmless
 * (show_text), and asks show_columns how wide the terminal is.
 */
#ifndef AFFN_CLI_WRAP_H
#define AFFN_CLI_WRAP_H

#include <stddef.h>
#include <stdio.h>

/*
 * Prints text in lines of at most `columns` (0: in one), each after `indent` blanks; the first one
 * goes on where `used` columns are filled already. A longer word has a line of its own.
 */
void wrap_words(FILE *file, const char *text, size_t indent, size_t used, size_t columns);

/* The same from a line's beginning, `first` blanks before the first line and `others` before more. */
void wrap_hanging(FILE *file, const char *text, size_t first, size_t others, size_t columns);

/*
 * Text of several lines and a line break. Each of its lines gets lines of at most `columns` (0: it stays
 * as it is); those after the first begin with `indent` blanks. A command between backticks, and a line
 * that begins with a blank, stay whole, so that they can be copied.
 */
void wrap_print(FILE *file, size_t columns, size_t indent, const char *text);

#endif
