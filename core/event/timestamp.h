/*
 * Points in time as text (RFC 3339). Pure, and free of libraries, because `affnotify emit` stamps
 * events and must start in a millisecond.
 */
#ifndef AFFN_EVENT_TIMESTAMP_H
#define AFFN_EVENT_TIMESTAMP_H

#include <stdint.h>

#include "core/event/event.h"

/*
 * Reads `YYYY-MM-DDTHH:MM:SS`, 0 to 9 fractional digits (cut, not rounded), and `Z` or an offset;
 * second 60 becomes 59.999; `t` and `z` may be lower-case (RFC 3339 5.6). -1 when it is not such a
 * time or no such day exists, -2 when it lies outside the years 0001 to 9999 UTC.
 */
int timestamp_parse(const char *text, int64_t *unix_ms);

/* Writes `YYYY-MM-DDTHH:MM:SS.mmmZ`; unix_ms must lie in the years 0001 to 9999. */
void timestamp_format(int64_t unix_ms, char text[TIMESTAMP_SIZE]);

#endif
