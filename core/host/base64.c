/* See base64.h. */
#include "core/host/base64.h"

#include <openssl/evp.h>

#include "core/base/memory.h"

char *base64_encode(const char *bytes, size_t length)
{
    char *text = memory_new((length + 2) / 3 * 4 + 1, 1);
    EVP_EncodeBlock((unsigned char *)text, (const unsigned char *)bytes, (int)length);
    return text;
}
