/* See domain.h. */
#include "domain.h"

#include <string.h>

#include <idn2.h>

bool domain_to_ascii(const char *domain, char *to, size_t room)
{
    uint8_t *ascii = NULL;
    int flags =
        IDN2_NONTRANSITIONAL | IDN2_USE_STD3_ASCII_RULES; /* ß stays itself, as in browsers */
    bool found = idn2_lookup_u8((const uint8_t *)domain, &ascii, flags) == IDN2_OK &&
                 strlen((const char *)ascii) < room;
    if (found)
        memcpy(to, ascii, strlen((const char *)ascii) + 1);
    idn2_free(ascii);
    return found;
}
