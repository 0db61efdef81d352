/*
 * The event IDs of the last rows of the file. Pure.
 *
 * With `order = journal` one batch is in flight, and the next comes only after the outcome of the
 * last was committed. So the rows whose fate affnotify does not know, after a crash, are always the
 * last ones, and no more than one batch. A batch has at most 1,000 events; the window is larger.
 */
#ifndef CSV_RECENT_H
#define CSV_RECENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RECENT_ROWS_MAX 1024
#define RECENT_ID_BYTES 36 /* "evt_" and 32 hex digits */

struct recent {
    char ids[RECENT_ROWS_MAX][RECENT_ID_BYTES];
    uint32_t count;
    uint32_t next; /* where the next ID goes: over the oldest, when it is full */
};

/* Forgets all; forgets all but the newest `count`. */
void recent_clear(struct recent *recent);
void recent_keep(struct recent *recent, uint32_t count);

/* Remembers an ID of RECENT_ID_BYTES, and forgets the oldest when there are too many. */
void recent_add(struct recent *recent, const char *id);

/* Whether this ID is remembered. */
bool recent_has(const struct recent *recent, const char *id);

/* The ID at `index`, 0 being the oldest; it has no NUL. */
const char *recent_at(const struct recent *recent, uint32_t index);

/*
 * Remembers the IDs of whole rows, oldest first. Lines that do not begin with an event ID and the
 * byte after it are someone else's and are passed over; so are those with a NUL, which a power cut
 * left.
 */
void recent_add_rows(struct recent *recent, char after, const char *rows, size_t length);

#endif
