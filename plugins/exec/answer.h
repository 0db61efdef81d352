/*
 * One line that a program of `mode = stream` answers an event with: `ID VERDICT TEXT`, a blank or a
 * TAB between them, the text left out or not. Pure; used by stream.c.
 */
#ifndef EXEC_ANSWER_H
#define EXEC_ANSWER_H

#include <stdint.h>

#define ANSWER_WORDS "ok, retry, refused, down, misset"

struct answer {
    const char *id;
    const char *word; /* "" when there is none */
    const char *text; /* "" when there is none */
    int32_t verdict;  /* AFFN_…; 0 when the word is none of ANSWER_WORDS */
};

/* Takes the line apart, in place: LF is gone, NUL is at its end. An empty line has the ID "". */
struct answer answer_read(char *line);

#endif
