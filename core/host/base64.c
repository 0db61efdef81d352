/* See base64.h. */
#include "core/host/base64.h"

#include <stdint.h>

#include "core/base/memory.h"

char *base64_encode(const char *bytes, size_t length)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *text = memory_new((length + 2) / 3 * 4 + 1, 1);
    char *to = text;
    for (size_t at = 0; at < length; at += 3) {
        size_t left = length - at;
        uint32_t group = (uint32_t)(unsigned char)bytes[at] << 16;
        group |= left > 1 ? (uint32_t)(unsigned char)bytes[at + 1] << 8 : 0;
        group |= left > 2 ? (unsigned char)bytes[at + 2] : 0;
        *to++ = digits[group >> 18];
        *to++ = digits[group >> 12 & 63];
        *to++ = left > 1 ? digits[group >> 6 & 63] : '=';
        *to++ = left > 2 ? digits[group & 63] : '=';
    }
    return text;
}
