/*
 * A command line as words, without a shell. Blanks separate words; what stands between two quotes
 * of a kind, ' or ", is taken as it is, blanks and all. There is nothing else: no variables, no
 * patterns, no backslashes. Pure; used by exec.c.
 */
#ifndef EXEC_COMMAND_H
#define EXEC_COMMAND_H

#include <stddef.h>

struct command {
    char **words; /* ends with NULL */
    size_t count;
    const char *for_a_shell; /* the first word with a sign outside of quotes that only a shell
                                understands; NULL for none */
    char open_quote;         /* the quote that does not end, 0 for none */
};

/* 0, also when it is wrong: see open_quote; -1 when there is no memory. */
int command_split(const char *text, struct command *command);

/* Frees what it holds. A zeroed struct is fine. */
void command_finish(struct command *command);

#endif
