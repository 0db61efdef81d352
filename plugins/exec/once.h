/*
 * `mode = once`: a process for each batch. It reads the batch's lines to their end, does its work,
 * and its exit status is the verdict on all of them. Used by exec.c.
 */
#ifndef EXEC_ONCE_H
#define EXEC_ONCE_H

#include <stdint.h>

struct affn_batch;
struct affn_reply;
struct program;
struct recipe;

/* As `deliver` of a sink. */
int32_t once_deliver(struct program *program, const struct recipe *recipe,
                     const struct affn_batch *batch, struct affn_reply *reply);

#endif
