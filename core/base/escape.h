/*
 * One character as JSON, a URL or HTML writes it when it does not stand for itself. For whoever looks
 * for something in a text of others, who may have escaped it: secrets, addresses. Pure.
 */
#ifndef AFFN_BASE_ESCAPE_H
#define AFFN_BASE_ESCAPE_H

#include <stddef.h>

#define ESCAPE_BYTES_MAX 4 /* of a character in UTF-8 */

/*
 * Reads the escape at the front of text: `%2F`, `\/`, `\u002f`, `\x2f`, `&sol;`, `&#47;`, `&#x2f;`.
 * How many bytes of text it takes, and what it stands for: of a URL one byte, else a character in
 * UTF-8; never more bytes than it takes. 0 when there is none.
 */
size_t escape_read(const char *text, size_t length, char bytes[ESCAPE_BYTES_MAX], size_t *count);

#endif
