/*
 * UTF-8, a character at a time, and which characters could deceive a reader. Pure. Used by all that
 * writes what an event or an option says.
 */
#ifndef COMMON_CHARACTER_H
#define COMMON_CHARACTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "draft.h"

/* What a byte that is not UTF-8 gives. No character has this number. */
#define CHARACTER_NONE UINT32_MAX

/* The character that text begins with; returns its bytes, 1 or more. Not for an empty text. */
size_t character_next(const char *text, uint32_t *character);

/*
 * Whether it changes what is around it instead of showing itself, or cannot be seen: controls, what
 * turns the direction of writing, what ends a line, what has no width.
 */
bool character_is_hidden(uint32_t character);

/* Whether all of the text is ASCII without controls; whether a hidden character is in it. */
bool character_all_ascii(const char *text);
bool character_any_hidden(const char *text);

/* Adds a hidden character so that it can be seen: [U+202E]. */
void character_add_hidden(struct draft *draft, uint32_t character);

/* Adds the text with each hidden character made visible, and as U+FFFD what is not UTF-8. */
void character_add_shown(struct draft *draft, const char *text);

#endif
