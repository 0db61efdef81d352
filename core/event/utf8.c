/* See utf8.h. */
#include "core/event/utf8.h"

/* First bytes by the bits that name their length, and the least character that needs so many. */
static const struct {
    unsigned char mask;
    unsigned char lead;
    uint32_t least;
} lengths[] = {
    {0x80, 0x00, 0x0},
    {0xe0, 0xc0, 0x80},
    {0xf0, 0xe0, 0x800},
    {0xf8, 0xf0, 0x10000},
};

size_t utf8_next(const char *text, size_t length, uint32_t *character)
{
    const unsigned char *bytes = (const unsigned char *)text;
    size_t more = 0;
    while (more < 4 && (bytes[0] & lengths[more].mask) != lengths[more].lead)
        more++;
    if (more == 4 || more >= length)
        return 0;
    uint32_t value = bytes[0] & (unsigned char)~lengths[more].mask;
    for (size_t i = 1; i <= more; i++) {
        if ((bytes[i] & 0xc0) != 0x80)
            return 0;
        value = value << 6 | (bytes[i] & 0x3f);
    }
    if (value < lengths[more].least || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
        return 0;
    *character = value;
    return more + 1;
}
