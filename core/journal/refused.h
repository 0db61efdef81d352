/*
 * What was refused and kept, for whoever mends it; journal_refuse keeps it. Like all of
 * the journal's lists: page by page, by a key.
 */
#ifndef AFFN_JOURNAL_REFUSED_H
#define AFFN_JOURNAL_REFUSED_H

#include "core/journal/journal.h"

struct refused_input {
    int64_t number; /* the journal's own; never used again */
    int64_t received_unix_ms;
    char source[256];
    char key[EVENT_KEY_BYTES_MAX + 1]; /* what its sender calls it; "" for nothing */
    struct refusal refusal;
    char *raw; /* to be freed; NUL-terminated, and may hold NUL */
    size_t raw_bytes;
};
void refused_input_finish(struct refused_input *input);

/*
 * Those with a number below `before`, newest first: of one field and one rule, unless these are "". Returns how many; *next is the `before` to go on
 * with, 0 at the end.
 */
int refused_before(struct journal *journal, int64_t before, const char *field, const char *rule,
                   struct refused_input *inputs, int max, int64_t *next, struct error *error);

/* 1 and the input, or 0 when it is not kept (any more). */
int refused_find(struct journal *journal, int64_t number, struct refused_input *input,
                 struct error *error);

/* In a transaction: gives it up, or its event was taken in. 1 when it was there, 0 when not. */
int refused_delete(struct journal *journal, int64_t number, struct error *error);

#endif
