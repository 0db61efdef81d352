/* Who the affiliates are, page by page. */
#ifndef AFFN_JOURNAL_ROSTER_H
#define AFFN_JOURNAL_ROSTER_H

#include "core/journal/journal.h"

struct roster_row {
    struct affiliate affiliate;
    int64_t since_unix_ms;            /* when its last event came in; 0 when that was pruned */
    char occurred_at[TIMESTAMP_SIZE]; /* of that event; "" likewise */
};

/* Which of them. */
enum roster_choice {
    ROSTER_ACTIVE,
    ROSTER_INACTIVE,
    ROSTER_ALL,
};

/*
 * Those behind the number `after`, in the order in which they first came. Returns how many. No more
 * than LIST_SCAN_MAX are looked at, so there may be fewer than `max` and still more to come: *next
 * is the `after` to go on with, and 0 at the end.
 */
int roster_after(struct journal *journal, int64_t after, enum roster_choice choice,
                 struct roster_row *rows, int max, int64_t *next, struct error *error);

#endif
