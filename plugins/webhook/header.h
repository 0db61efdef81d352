/*
 * The operator's own headers, header.NAME: which may be set. They must never decide where a message
 * ends or who it is for, nor take the place of what a receiver trusts to be affnotify's. Pure; called
 * by webhook.c.
 */
#ifndef WEBHOOK_HEADER_H
#define WEBHOOK_HEADER_H

#include <stdbool.h>

#include <affnotify/sink.h>

#define HEADERS_MAX 32 /* of the 64 that a request may have */

/* Says what is wrong with them; has_token tells whether bearer_token is there, too. */
void header_check(const struct affn_map *headers, bool has_token, struct affn_mistakes *mistakes);

/* Whether a header of this name is set, in any case. */
bool header_is_set(const struct affn_map *headers, const char *name);

#endif
