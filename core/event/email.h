/*
 * E-mail addresses: the syntax of WHATWG's HTML standard (input type=email), with UTF-8 local parts
 * (RFC 6531). Pure.
 */
#ifndef AFFN_EVENT_EMAIL_H
#define AFFN_EVENT_EMAIL_H

#include "core/event/event.h"

/*
 * Checks an address and writes it trimmed of ASCII white space, otherwise as given, and its e-mail
 * key. -1 with the refusal, whose field is "email".
 */
int email_parse(const char *text, char email[EMAIL_BYTES_MAX + 1],
                char email_key[EMAIL_BYTES_MAX + 1], struct refusal *refusal);

#endif
