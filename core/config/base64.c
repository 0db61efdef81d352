/* See base64.h. */
#include "core/config/base64.h"

#include <openssl/evp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/text.h"

char *base64_encode(const void *bytes, size_t length)
{
    char *text = memory_new((length + 2) / 3 * 4 + 1, 1);
    EVP_EncodeBlock((unsigned char *)text, bytes, (int)length);
    return text;
}

static size_t padding(const char *text, size_t length)
{
    return (text[length - 1] == '=') + (size_t)(text[length - 1] == '=' && text[length - 2] == '=');
}

/* OpenSSL passes over blanks at both ends and over bits that no byte has: two texts for one value. */
static bool is_written_so(const char *text, const unsigned char *bytes, size_t length)
{
    char *again = base64_encode(bytes, length);
    bool is_same = text_equal(again, text);
    memory_wipe_text(again);
    return is_same;
}

unsigned char *base64_decode(const char *text, size_t *length)
{
    size_t characters = strlen(text);
    if (characters == 0 || characters % 4 != 0)
        return NULL;
    size_t room = characters / 4 * 3 + 1;
    unsigned char *bytes = memory_new(room, 1);
    int decoded = EVP_DecodeBlock(bytes, (const unsigned char *)text, (int)characters);
    *length = room - 1 - padding(text, characters);
    if (decoded == (int)room - 1 && is_written_so(text, bytes, *length))
        return bytes;
    explicit_bzero(bytes, room);
    free(bytes);
    return NULL;
}
