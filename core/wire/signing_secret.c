/* See signing_secret.h. */
#include "core/wire/signing_secret.h"

#include <stddef.h>
#include <string.h>

#include "core/base/text.h"

const char *signing_secret_base64(const char *text)
{
    static const char prefix[] = "whsec_";
    if (!text_starts(text, prefix))
        return NULL;
    const char *base64 = text + strlen(prefix);
    size_t length = strlen(base64);
    size_t digits =
        strspn(base64, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
    size_t padding = length - digits;
    if (length == 0 || length % 4 != 0 || padding > 2 || strspn(base64 + digits, "=") != padding ||
        length / 4 * 3 > SIGNING_SECRET_BYTES_MAX)
        return NULL;
    return base64;
}
