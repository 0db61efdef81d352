/*
 * UTF-8, a character at a time, and which characters could deceive a reader. Bytes that are no
 * UTF-8 come out as U+FFFD, one for each. Used by all that writes what an event or an option says.
 */
#ifndef SMTP_CHARACTER_H
#define SMTP_CHARACTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "draft.h"

#define CHARACTER_REPLACEMENT 0xfffd

/* The character that text begins with; returns its bytes, 1 or more. Not for an empty text. */
size_t character_next(const char *text, uint32_t *character);

/*
 * Whether it changes what is around it instead of showing itself: controls, what turns the
 * direction of writing, what ends a line.
 */
bool character_is_hidden(uint32_t character);

/* Whether all of the text is ASCII without controls; whether a hidden character is in it. */
bool character_all_ascii(const char *text);
bool character_any_hidden(const char *text);

/* Adds the text with each hidden character as [U+202E]. */
void character_add_shown(struct draft *draft, const char *text);

#endif
