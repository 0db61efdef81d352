/*
 * Values as readers see them: escaped for Slack, and unable to play tricks on the rest of the line.
 *
 * Slack reads exactly three characters of its texts as syntax: `&`, `<` and `>`. Characters that
 * turn the direction of a line or cannot be seen at all are made visible instead of being obeyed.
 * Pure; called by message.c and link.c.
 */
#ifndef SLACK_ESCAPE_H
#define SLACK_ESCAPE_H

#include <stdbool.h>

#include "../common/draft.h"

/* Adds text that is readable already, with `&`, `<` and `>` escaped. */
void escape_text(struct draft *draft, const char *text);

/*
 * Adds a value: escaped, hidden characters as [U+202E], and isolated (FSI … PDI) when it holds
 * letters that run from right to left.
 */
void escape_value(struct draft *draft, const char *value);

/* Whether the text holds letters that run from right to left. */
bool escape_runs_left(const char *text);

/* Stand around what runs left, so that it moves nothing beside it: U+2068 and U+2069. */
#define ESCAPE_ISOLATE     "\u2068"
#define ESCAPE_ISOLATE_END "\u2069"

#endif
