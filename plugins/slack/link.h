/*
 * A deep link in a message: a link that can be tapped where Slack makes one (http, https), else its
 * text. What is shown is always the link itself, never a label of our own: a text that hides its
 * target helps whoever phishes. A long one is shortened so that its host stays in sight.
 * Pure; called by message.c.
 */
#ifndef SLACK_LINK_H
#define SLACK_LINK_H

#include <stdbool.h>
#include <stddef.h>

#include "../common/draft.h"

/* How much of a link is shown, in characters: two lines of a phone. */
#define LINK_SHOWN_MAX 64

/*
 * Adds the link as mrkdwn: `<URL>`, or `<URL|the URL, shortened>`. False, with nothing added, when
 * Slack would make no link of it, or when that would take more than characters_max.
 */
bool link_add(struct draft *draft, const char *deep_link, size_t characters_max);

/* Adds the link as text, shortened. */
void link_add_text(struct draft *draft, const char *deep_link);

#endif
