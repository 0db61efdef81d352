/* See digest.h. Never called from what `affnotify emit` links: libcrypto costs it milliseconds. */
#include "core/event/digest.h"

#include <assert.h>
#include <openssl/evp.h>

void digest_hex(const void *bytes, size_t length, size_t digits, char *hex)
{
    static EVP_MD *algorithm; /* fetched once: looking it up costs more than a short digest */
    static EVP_MD_CTX *context;
    if (!context) {
        algorithm = EVP_MD_fetch(NULL, "SHA256", NULL);
        context = EVP_MD_CTX_new();
    }
    assert(algorithm && context);
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned digest_bytes = 0;
    int done = EVP_DigestInit_ex2(context, algorithm, NULL) == 1 &&
               EVP_DigestUpdate(context, bytes, length) == 1 &&
               EVP_DigestFinal_ex(context, digest, &digest_bytes) == 1;
    assert(done && digits <= 2 * (size_t)digest_bytes);
    (void)done;
    for (size_t i = 0; i < digits; i++)
        hex[i] = "0123456789abcdef"[i % 2 ? digest[i / 2] & 0xf : digest[i / 2] >> 4];
    hex[digits] = '\0';
}
