/*
 * Points in time as operators write and read them. Pure: `now` is an argument. All times are UTC, as
 * everywhere in affnotify; the headings say so.
 */
#ifndef AFFN_CLI_MOMENT_H
#define AFFN_CLI_MOMENT_H

#include <stdint.h>

#include <jansson.h>

/*
 * Reads a time of RFC 3339, a date alone (its midnight), or how long ago: 90s, 2h, 3d. 0, or -1 when
 * it is none of them.
 */
int moment_parse(const char *text, int64_t now_unix_ms, int64_t *unix_ms);

/*
 * A timestamp in an answer to the second, "2026-03-18 12:00:00", to be freed; "" when it is absent.
 */
char *moment_member(const json_t *object, const char *key);

/* Reads a timestamp in an answer. 0, or -1 when it is absent or not one. */
int moment_read(const json_t *object, const char *key, int64_t *unix_ms);

/* A time to come, to the minute, and with the date unless it is today's: "14:02 UTC"; to be freed. */
char *moment_ahead(int64_t unix_ms, int64_t now_unix_ms);

#endif
