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

#define SHOW_COLUMNS 79 /* of pages for people: fits a terminal of 80, and is read at a glance */

/* Whether a stream is a terminal that wants more than plain text (NO_COLOR and TERM are heeded). */
bool show_styled(FILE *stream);

/*
 * A copy of UTF-8 text, to be freed, in which every control character is a blank, and one that turns
 * the direction of writing is U+FFFD: what a far side answered or an address holds must not steer
 * the operator's terminal, nor be read as what it is not.
 */
char *show_text(const char *text);

/*
 * The bytes of the character that text begins with when it is one that show_text replaces, beyond
 * ASCII's below the blank: a control character, or one that turns the direction. Else 0.
 */
size_t show_steering(const char *text, unsigned *character);

/* A member of an object as text, to be freed: a string, a number, or "" when absent or null. */
char *show_member(const json_t *object, const char *key);

/* The texts of a list, with `between` between them; to be freed. */
char *show_list(const json_t *texts, const char *between);

/* Characters of UTF-8 text, each taken to be one column wide. */
size_t show_width(const char *text);

/* An event's type without what all of them begin with: "created"; to be freed. */
char *show_event_type(const json_t *event);

/* How many columns the terminal has that a stream is; 0 when it is none or does not say. */
size_t show_columns(FILE *stream);

/*
 * How long ago, with one unit: "12s", "5m", "3h", "2d"; to be freed. Less than zero counts as zero.
 */
char *show_age(int64_t ms);

/*
 * How long something takes or is away, with two units at most: "12 s", "5 min", "2 h 5 min",
 * "1 d 3 h"; to be freed. Begun seconds count as whole ones; less than zero counts as zero.
 */
char *show_span(int64_t ms);

/* How long ago a timestamp in an answer was; "" when it is absent or not one. */
char *show_member_age(const json_t *object, const char *key, int64_t now_unix_ms);

#endif
