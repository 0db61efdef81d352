/*
 * Base64 (RFC 4648, 4), by OpenSSL, of short texts: for sealed values and key files, and in the host
 * for Basic authentication.
 */
#ifndef AFFN_CONFIG_BASE64_H
#define AFFN_CONFIG_BASE64_H

#include <stddef.h>

/* A new text; wipe and free it by memory_wipe_text. */
char *base64_encode(const void *bytes, size_t length);

/*
 * The bytes of a whole text, a NUL after them; NULL when it is not just what base64_encode would
 * write. To be wiped over *length bytes when they are a secret, and freed.
 */
unsigned char *base64_decode(const char *text, size_t *length);

#endif
