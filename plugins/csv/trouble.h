/*
 * Whose fault an errno is that the file's system call gave, and what to do about it: a table, and
 * for what is not there or not allowed a sentence that names the directory and the user. Used by
 * file.c.
 */
#ifndef CSV_TROUBLE_H
#define CSV_TROUBLE_H

#include <stdint.h>

struct affn_reply;

/* The verdict on the errno `number` of the file at path; writes the remedy, if there is one. */
int32_t trouble_explain(int number, const char *path, struct affn_reply *reply);

#endif
