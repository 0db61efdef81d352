/*
 * Why a request is not served: an HTTP status and a sentence about what to send instead. Pure.
 */
#ifndef AFFN_HTTP_FAULT_H
#define AFFN_HTTP_FAULT_H

#include <stddef.h>

struct fault {
    int status;         /* 400 and up */
    const char *detail; /* a sentence, static */
};

/* Fills it in and returns -1, so that a check ends with `return fault_set(…)`. */
int fault_set(struct fault *fault, int status, const char *detail);

/* The words of a status: "Bad Request". */
const char *fault_reason(int status);

/* All statuses that are ever answered, in order; 0 behind the last. */
int fault_status(size_t index);

#endif
