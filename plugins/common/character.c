/* See character.h. */
#include "character.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* First bytes by the bits that tell the length, and the least character that needs so many. */
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

size_t character_next(const char *text, uint32_t *character)
{
    const unsigned char *bytes = (const unsigned char *)text;
    size_t more = 0;
    *character = CHARACTER_NONE;
    while (more < COUNT(lengths) && (bytes[0] & lengths[more].mask) != lengths[more].lead)
        more++;
    if (more == COUNT(lengths))
        return 1;
    uint32_t value = bytes[0] & (unsigned char)~lengths[more].mask;
    for (size_t i = 1; i <= more; i++) {
        if ((bytes[i] & 0xc0) != 0x80) /* so is the NUL at the end */
            return 1;
        value = value << 6 | (bytes[i] & 0x3f);
    }
    if (value < lengths[more].least || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
        return 1;
    *character = value;
    return more + 1;
}

/* The joiners U+200C and U+200D are left alone: words and emoji are made with them. */
bool character_is_hidden(uint32_t character)
{
    static const struct {
        uint32_t first;
        uint32_t last;
    } hidden[] = {
        {0x0000, 0x001f}, {0x007f, 0x009f}, /* controls */
        {0x061c, 0x061c}, {0x200e, 0x200f}, /* marks of direction */
        {0x2028, 0x202e},                   /* ends of line; embeddings and overrides */
        {0x2060, 0x206f},                   /* without width; isolates */
        {0x00ad, 0x00ad}, {0x180e, 0x180e}, /* without width */
        {0x200b, 0x200b}, {0xfeff, 0xfeff}, /* without width */
        {0xfff9, 0xfffb},                   /* annotations between the lines */
    };
    for (size_t i = 0; i < COUNT(hidden); i++) {
        if (character >= hidden[i].first && character <= hidden[i].last)
            return true;
    }
    return false;
}

bool character_all_ascii(const char *text)
{
    for (; *text; text++) {
        if (*text < ' ' || *text > '~')
            return false;
    }
    return true;
}

bool character_any_hidden(const char *text)
{
    while (*text) {
        uint32_t character;
        text += character_next(text, &character);
        if (character_is_hidden(character))
            return true;
    }
    return false;
}

void character_add_hidden(struct draft *draft, uint32_t character)
{
    draft_format(draft, "[U+%04X]", (unsigned)character);
}

void character_add_shown(struct draft *draft, const char *text)
{
    while (*text) {
        uint32_t character;
        size_t length = character_next(text, &character);
        if (character_is_hidden(character))
            character_add_hidden(draft, character);
        else if (character == CHARACTER_NONE)
            draft_add(draft, "\ufffd");
        else
            draft_add_bytes(draft, text, length);
        text += length;
    }
}
