/* See address.h. */
#include "core/journal/address.h"

#include <stdint.h>
#include <string.h>

/* One character, unescaped: up to four bytes of UTF-8. */
struct unit {
    unsigned char bytes[4];
    size_t count;
    size_t taken; /* bytes of the text */
};

static int hex_digit(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    digit = (char)(digit | 0x20);
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

/* `digits` hexadecimal digits; -1 when they are not there. */
static long read_hex(const char *text, size_t length, size_t digits)
{
    long number = 0;
    if (length < digits)
        return -1;
    for (size_t i = 0; i < digits; i++) {
        int digit = hex_digit(text[i]);
        if (digit < 0)
            return -1;
        number = number * 16 + digit;
    }
    return number;
}

static void put_utf8(struct unit *unit, long code)
{
    unit->count = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const unsigned char leads[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = unit->count; i-- > 1; code >>= 6)
        unit->bytes[i] = (unsigned char)(0x80 | (code & 0x3f));
    unit->bytes[0] = (unsigned char)(leads[unit->count] | code);
}

/* \uXXXX, where need be two of them; 0 when it is none. */
static size_t read_unicode(const char *text, size_t length, struct unit *unit)
{
    long code = length > 1 && text[1] == 'u' ? read_hex(text + 2, length - 2, 4) : -1;
    if (code < 0)
        return 0;
    bool is_high = code >= 0xd800 && code < 0xdc00;
    long low = is_high && length > 8 && text[6] == '\\' && text[7] == 'u'
                   ? read_hex(text + 8, length - 8, 4)
                   : -1;
    bool is_pair = low >= 0xdc00 && low < 0xe000;
    put_utf8(unit, is_pair ? 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00) : code);
    return is_pair ? 12 : 6;
}

static void read_unit(const char *text, size_t length, struct unit *unit)
{
    static const char escapes[] = "bfnrt\"\\/";
    static const char meant[] = "\b\f\n\r\t\"\\/";
    *unit = (struct unit){.bytes = {(unsigned char)text[0]}, .count = 1, .taken = 1};
    if (text[0] == '%') {
        long byte = read_hex(text + 1, length - 1, 2);
        if (byte >= 0) {
            unit->bytes[0] = (unsigned char)byte;
            unit->taken = 3;
        }
    } else if (text[0] == '\\' && length > 1) {
        const char *escape = text[1] ? strchr(escapes, text[1]) : NULL;
        size_t taken = read_unicode(text, length, unit);
        if (taken > 0) {
            unit->taken = taken;
        } else if (escape) {
            unit->bytes[0] = (unsigned char)meant[escape - escapes];
            unit->taken = 2;
        }
    }
    for (size_t i = 0; i < unit->count; i++)
        if (unit->bytes[i] >= 'A' && unit->bytes[i] <= 'Z')
            unit->bytes[i] = (unsigned char)(unit->bytes[i] | 0x20);
}

static bool is_word(unsigned char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte >= 0x80;
}

/* What may stand within an address before its @, and so makes another one of it. */
static bool goes_before(unsigned char byte)
{
    return is_word(byte) || byte == '.' || byte == '_' || byte == '+' || byte == '-';
}

static bool goes_on(const char *text, size_t length)
{
    struct unit unit;
    if (length == 0)
        return false;
    read_unit(text, length, &unit);
    if (unit.bytes[0] == '.' && length > unit.taken)
        read_unit(text + unit.taken, length - unit.taken, &unit);
    return is_word(unit.bytes[0]) || unit.bytes[0] == '-';
}

static bool stands_at(const char *text, size_t length, const char *email_key)
{
    size_t at = 0;
    while (*email_key && at < length) {
        struct unit unit;
        read_unit(text + at, length - at, &unit);
        if (strncmp(email_key, (const char *)unit.bytes, unit.count) != 0)
            return false;
        email_key += unit.count;
        at += unit.taken;
    }
    return !*email_key && !goes_on(text + at, length - at);
}

bool address_in(const char *text, size_t length, const char *email_key)
{
    unsigned char before = ' ';
    struct unit unit;
    if (length < strlen(email_key))
        return false;
    for (size_t at = 0; at < length; at += unit.taken) {
        read_unit(text + at, length - at, &unit);
        if (unit.bytes[0] == (unsigned char)email_key[0] && !goes_before(before) &&
            stands_at(text + at, length - at, email_key))
            return true;
        before = unit.bytes[unit.count - 1];
    }
    return false;
}
