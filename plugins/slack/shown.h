/*
 * Values as readers see them: escaped for Slack, and unable to play tricks on the rest of the line.
 *
 * Slack reads exactly three characters of its texts as syntax: `&`, `<` and `>`. Characters that
 * turn the direction of a line or cannot be seen at all are made visible instead of being obeyed.
 * Pure; called by message.c and link.c.
 */
#ifndef SLACK_SHOWN_H
#define SLACK_SHOWN_H

#include <stdint.h>

#include "draft.h"

/* What shown_next gives for a byte that is not UTF-8. No character has this number. */
#define SHOWN_NOT_UTF8 UINT32_MAX

/* The first character of a text that is not empty; returns its bytes, 1 for what is not UTF-8. */
size_t shown_next(const char *text, uint32_t *character);

/* Whether a character turns the direction of what follows it, breaks the line, or has no width and
 * no use inside an address or a link. */
bool shown_is_hidden(uint32_t character);

/* Adds text that is readable already, with `&`, `<` and `>` escaped. */
void shown_escape(struct draft *draft, const char *text);

/* Adds a value: escaped, hidden characters as [U+202E], and isolated (FSI … PDI) when it holds
 * letters that run from right to left. */
void shown_value(struct draft *draft, const char *value);

/* Whether the text holds letters that run from right to left. */
bool shown_runs_left(const char *text);

/* Stand around what runs left, so that it moves nothing beside it: U+2068 and U+2069. */
#define SHOWN_ISOLATE     "\u2068"
#define SHOWN_ISOLATE_END "\u2069"

#endif
