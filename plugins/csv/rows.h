/*
 * The rows of one batch that are to be written: their text, and which event each belongs to. Made
 * by csv.c, noted by ledger.c, written by file.c.
 */
#ifndef CSV_ROWS_H
#define CSV_ROWS_H

#include <stddef.h>
#include <stdint.h>

#include "recent.h"

#define ROWS_MAX 1000 /* of a batch; fewer than the rows that are remembered */
_Static_assert(ROWS_MAX <= RECENT_ROWS_MAX, "a batch of unknown fate must be remembered");

struct rows {
    char *bytes;
    size_t length;
    uint32_t count;
    const char *ids[ROWS_MAX]; /* of RECENT_ID_BYTES each */
    uint32_t lengths[ROWS_MAX];
    uint32_t guarded; /* cells that looked like formulas */
};

#endif
