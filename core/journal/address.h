/*
 * Whether a text names an e-mail address, in whatever spelling it came in: any case, with JSON's or
 * a URL's escapes. Pure. Called by forget.c, and by the bus for texts that it has in memory.
 */
#ifndef AFFN_JOURNAL_ADDRESS_H
#define AFFN_JOURNAL_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

/*
 * email_key is trimmed and in lower case. An address that only ends or begins like it is another:
 * "a@x.org" is not named by "data@x.org" nor by "a@x.org.uk".
 */
bool address_in(const char *text, size_t length, const char *email_key);

#endif
