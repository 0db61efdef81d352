/* See shown.h. */
#include "shown.h"

#include <string.h>

struct range {
    uint32_t first;
    uint32_t last;
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

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

size_t shown_next(const char *text, uint32_t *character)
{
    const unsigned char *bytes = (const unsigned char *)text;
    size_t more = 0;
    *character = SHOWN_NOT_UTF8;
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

static bool is_in(uint32_t character, const struct range *ranges, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (character >= ranges[i].first && character <= ranges[i].last)
            return true;
    }
    return false;
}

/*
 * Unicode's Bidi_Control, the separators of lines, C0, C1, and what has no width. The joiners
 * U+200C and U+200D are left alone: words and emoji are made with them.
 */
bool shown_is_hidden(uint32_t character)
{
    static const struct range hidden[] = {
        {0x0000, 0x001f}, {0x007f, 0x009f}, {0x00ad, 0x00ad}, {0x061c, 0x061c},
        {0x180e, 0x180e}, {0x200b, 0x200b}, {0x200e, 0x200f}, {0x2028, 0x202e},
        {0x2060, 0x206f}, {0xfeff, 0xfeff}, {0xfff9, 0xfffb},
    };
    return is_in(character, hidden, COUNT(hidden));
}

/* The blocks of scripts that Unicode gives the direction R or AL (DerivedBidiClass). */
bool shown_runs_left(const char *text)
{
    static const struct range left[] = {
        {0x0590, 0x08ff},   {0xfb1d, 0xfdff},   {0xfe70, 0xfefc},
        {0x10800, 0x10fff}, {0x1e800, 0x1efff},
    };
    while (*text) {
        uint32_t character;
        text += shown_next(text, &character);
        if (is_in(character, left, COUNT(left)))
            return true;
    }
    return false;
}

static void add_escaped(struct draft *draft, const char *bytes, size_t length)
{
    if (*bytes == '&')
        draft_add(draft, "&amp;");
    else if (*bytes == '<')
        draft_add(draft, "&lt;");
    else if (*bytes == '>')
        draft_add(draft, "&gt;");
    else
        draft_add_bytes(draft, bytes, length);
}

void shown_escape(struct draft *draft, const char *text)
{
    while (*text) {
        uint32_t character;
        size_t length = shown_next(text, &character);
        add_escaped(draft, text, length);
        text += length;
    }
}

void shown_value(struct draft *draft, const char *value)
{
    bool isolated = shown_runs_left(value);
    if (isolated)
        draft_add(draft, SHOWN_ISOLATE);
    while (*value) {
        uint32_t character;
        size_t length = shown_next(value, &character);
        if (shown_is_hidden(character))
            draft_format(draft, "[U+%04X]", (unsigned)character);
        else
            add_escaped(draft, value, length);
        value += length;
    }
    if (isolated)
        draft_add(draft, SHOWN_ISOLATE_END);
}
