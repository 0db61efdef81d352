/*
 * How things look to people: text from elsewhere made harmless for a terminal, members of the bus's
 * answers as text, ages. Decides nothing and reads no clock.
 */
#ifndef AFFN_CLI_SHOW_H
#define AFFN_CLI_SHOW_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

/* Whether a stream is a terminal that wants more than plain text (NO_COLOR and TERM are heeded). */
bool show_styled(FILE *stream);

/*
 * A copy of UTF-8 text, to be freed, in which every control character is a blank: what a far side
 * answered must not steer the operator's terminal.
 */
char *show_text(const char *text);

/* A member of an object as text, to be freed: a string, a number, or "" when absent or null. */
char *show_member(const json_t *object, const char *key);

/*
 * How long ago, with one unit: "12s", "5m", "3h", "2d"; to be freed. Less than zero counts as zero.
 */
char *show_age(int64_t ms);

/* The same for a timestamp in an answer; "" when it is absent or not one. */
char *show_member_age(const json_t *object, const char *key, int64_t now_unix_ms);

#endif
