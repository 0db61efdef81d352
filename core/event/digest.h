/* SHA-256, by OpenSSL. Pure. */
#ifndef AFFN_EVENT_DIGEST_H
#define AFFN_EVENT_DIGEST_H

#include <stddef.h>

/* Writes the first `digits` lower-case hex digits of SHA-256 over bytes, at most 64, and a NUL. */
void digest_hex(const void *bytes, size_t length, size_t digits, char *hex);

#endif
