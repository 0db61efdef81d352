/* See escape.h. */
#include "core/base/escape.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define ENTITY_DIGITS_MAX 8

/* The digit's value, or -1. */
static int digit_value(char digit, uint32_t base)
{
    static const char digits[] = "0123456789abcdef";
    char lower = digit >= 'A' && digit <= 'F' ? (char)(digit - 'A' + 'a') : digit;
    const char *found = digit ? strchr(digits, lower) : NULL;
    return found && (uint32_t)(found - digits) < base ? (int)(found - digits) : -1;
}

/* Reads digits, at most max; how many there are. */
static size_t read_digits(const char *text, size_t length, size_t max, uint32_t base,
                          uint32_t *value)
{
    size_t count = 0;
    *value = 0;
    for (; count < length && count < max && digit_value(text[count], base) >= 0; count++)
        *value = *value * base + (uint32_t)digit_value(text[count], base);
    return count;
}

static bool read_hex(const char *text, size_t length, size_t count, uint32_t *value)
{
    return read_digits(text, length, count, 16, value) == count;
}

/* 0 for what is no character. */
static size_t write_utf8(uint32_t character, char bytes[ESCAPE_BYTES_MAX])
{
    if (character > 0x10ffff || (character >= 0xd800 && character < 0xe000))
        return 0;
    if (character < 0x80) {
        bytes[0] = (char)character;
        return 1;
    }
    static const unsigned char leads[] = {0, 0, 0xc0, 0xe0, 0xf0};
    size_t count = character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;
    for (size_t i = count - 1; i > 0; i--, character >>= 6)
        bytes[i] = (char)(0x80 | (character & 0x3f));
    bytes[0] = (char)(leads[count] | character);
    return count;
}

static size_t read_percent(const char *text, size_t length, char *bytes, size_t *count)
{
    uint32_t value;
    if (!read_hex(text + 1, length - 1, 2, &value))
        return 0;
    bytes[0] = (char)value;
    *count = 1;
    return 3;
}

/* `\ud83d\ude00` is one character beyond U+FFFF. */
static size_t read_u(const char *text, size_t length, uint32_t *character)
{
    uint32_t low;
    if (!read_hex(text + 2, length - 2, 4, character))
        return 0;
    bool is_high = *character >= 0xd800 && *character < 0xdc00;
    if (!is_high || length < 12 || memcmp(text + 6, "\\u", 2) != 0 ||
        !read_hex(text + 8, length - 8, 4, &low) || low < 0xdc00 || low >= 0xe000)
        return 6;
    *character = 0x10000 + ((*character - 0xd800) << 10) + (low - 0xdc00);
    return 12;
}

static size_t read_backslash(const char *text, size_t length, char *bytes, size_t *count)
{
    static const char letters[] = "/\"\\'nrtbf";
    static const char meant[] = "/\"\\'\n\r\t\b\f";
    uint32_t character;
    size_t step = 2;
    const char *letter = length > 1 && text[1] ? strchr(letters, text[1]) : NULL;
    if (letter)
        character = (unsigned char)meant[letter - letters];
    else if (length > 1 && text[1] == 'u')
        step = read_u(text, length, &character);
    else if (length > 1 && text[1] == 'x' && read_hex(text + 2, length - 2, 2, &character))
        step = 4;
    else
        return 0;
    *count = step ? write_utf8(character, bytes) : 0;
    return *count ? step : 0;
}

/* HTML's names of what ASCII has beside letters and digits. */
static const struct {
    const char *name;
    char meant;
} entities[] = {
    {"Hat;", '^'},      {"Tab;", '\t'},  {"amp;", '&'},    {"apos;", '\''},  {"ast;", '*'},
    {"bsol;", '\\'},    {"colon;", ':'}, {"comma;", ','},  {"commat;", '@'}, {"dollar;", '$'},
    {"equals;", '='},   {"excl;", '!'},  {"grave;", '`'},  {"gt;", '>'},     {"lbrace;", '{'},
    {"lbrack;", '['},   {"lcub;", '{'},  {"lowbar;", '_'}, {"lpar;", '('},   {"lsqb;", '['},
    {"lt;", '<'},       {"num;", '#'},   {"percnt;", '%'}, {"period;", '.'}, {"plus;", '+'},
    {"quest;", '?'},    {"quot;", '"'},  {"rbrace;", '}'}, {"rbrack;", ']'}, {"rcub;", '}'},
    {"rpar;", ')'},     {"rsqb;", ']'},  {"semi;", ';'},   {"sol;", '/'},    {"verbar;", '|'},
    {"NewLine;", '\n'},
};

static size_t read_name(const char *text, size_t length, char *bytes, size_t *count)
{
    for (size_t i = 0; i < sizeof entities / sizeof *entities; i++) {
        size_t bytes_of_name = strlen(entities[i].name);
        if (length <= bytes_of_name || memcmp(text + 1, entities[i].name, bytes_of_name) != 0)
            continue;
        bytes[0] = entities[i].meant;
        *count = 1;
        return 1 + bytes_of_name;
    }
    return 0;
}

static size_t read_entity(const char *text, size_t length, char *bytes, size_t *count)
{
    uint32_t character;
    if (length < 2 || text[1] != '#')
        return read_name(text, length, bytes, count);
    bool hex = length > 2 && (text[2] == 'x' || text[2] == 'X');
    size_t start = hex ? 3 : 2;
    size_t digits =
        read_digits(text + start, length - start, ENTITY_DIGITS_MAX, hex ? 16 : 10, &character);
    if (digits == 0 || start + digits >= length || text[start + digits] != ';')
        return 0;
    *count = write_utf8(character, bytes);
    return *count ? start + digits + 1 : 0;
}

size_t escape_read(const char *text, size_t length, char bytes[ESCAPE_BYTES_MAX], size_t *count)
{
    if (length < 2)
        return 0;
    switch (text[0]) {
    case '%':
        return read_percent(text, length, bytes, count);
    case '\\':
        return read_backslash(text, length, bytes, count);
    case '&':
        return read_entity(text, length, bytes, count);
    default:
        return 0;
    }
}
