/* See affiliate_id.h. */
#include "core/event/affiliate_id.h"

#include <ctype.h>
#include <string.h>

#include "core/event/digest.h"

#define PREFIX       "ia_"
#define PREFIX_BYTES (sizeof PREFIX - 1)
#define HEX_DIGITS   8

void affiliate_id_derive(const char *email_key, char id[AFFILIATE_ID_SIZE])
{
    memcpy(id, PREFIX, PREFIX_BYTES);
    digest_hex(email_key, strlen(email_key), HEX_DIGITS, id + PREFIX_BYTES);
}

int affiliate_id_parse(const char *text, char id[AFFILIATE_ID_SIZE])
{
    if (strlen(text) != AFFILIATE_ID_SIZE - 1 || strncasecmp(text, PREFIX, PREFIX_BYTES) != 0)
        return -1;
    if (strspn(text + PREFIX_BYTES, "0123456789abcdefABCDEF") != HEX_DIGITS)
        return -1;
    for (size_t i = 0; i < AFFILIATE_ID_SIZE; i++)
        id[i] = (char)tolower((unsigned char)text[i]);
    return 0;
}
