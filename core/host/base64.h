/*
 * Base64 (RFC 4648, 4), by OpenSSL, of a short text: for Basic authentication. See request.c,
 * blot.c.
 */
#ifndef AFFN_HOST_BASE64_H
#define AFFN_HOST_BASE64_H

#include <stddef.h>

/* A new text; wipe and free it by memory_wipe_text. */
char *base64_encode(const char *bytes, size_t length);

#endif
