/* See digest.h. Never called from what `affnotify emit` links: libcrypto costs it milliseconds. */
#include "core/event/digest.h"

#include <assert.h>
#include <openssl/evp.h>

void digest_hex(const void *bytes, size_t length, size_t digits, char *hex)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned digest_bytes = 0;
    int done = EVP_Digest(bytes, length, digest, &digest_bytes, EVP_sha256(), NULL);
    assert(done == 1 && digits <= 2 * (size_t)digest_bytes);
    (void)done;
    for (size_t i = 0; i < digits; i++)
        hex[i] = "0123456789abcdef"[i % 2 ? digest[i / 2] & 0xf : digest[i / 2] >> 4];
    hex[digits] = '\0';
}
