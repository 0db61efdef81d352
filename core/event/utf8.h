/* Characters out of UTF-8 bytes (RFC 3629), read strictly. Pure, and free of libraries. */
#ifndef AFFN_EVENT_UTF8_H
#define AFFN_EVENT_UTF8_H

#include <stddef.h>
#include <stdint.h>

/*
 * How many bytes the character at the front of `text` takes, and the character itself. 0 when those
 * bytes are not UTF-8: cut short, overlong, a surrogate, beyond U+10FFFF. `length` is at least 1.
 */
size_t utf8_next(const char *text, size_t length, uint32_t *character);

#endif
