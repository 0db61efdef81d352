/*
 * Values of header fields: text beyond ASCII as encoded words (RFC 2047), names before addresses
 * (RFC 5322, 3.2.5), the date. What is written is printable ASCII without line breaks, whatever
 * the text holds: nothing can begin a header of its own. Used by envelope.c and message.c.
 */
#ifndef SMTP_HEADER_H
#define SMTP_HEADER_H

#include <stdbool.h>
#include <stdint.h>

#include "../common/draft.h"

/* Text as in Subject. */
void header_add_text(struct draft *draft, const char *text);

/* Whether a byte may stand in an atom (RFC 5322, 3.2.3). */
bool header_is_atom(char byte);

/* A person's name before <address>: as it is, in quotes, or as encoded words. */
void header_add_name(struct draft *draft, const char *name);

/* "Wed, 18 Mar 2026 12:00:00 +0000" */
void header_add_date(struct draft *draft, int64_t unix_seconds);

#endif
