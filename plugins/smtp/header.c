/* See header.h. */
#include "header.h"

#include <string.h>
#include <time.h>

#include "../common/character.h"

/*
 * An encoded word may have 75 characters, and its line 76 (RFC 2047, 2). At 64 a word still fits
 * beside the longest name of a field that has one.
 */
#define WORD_LENGTH_MAX 64
#define WORD_BEGIN_Q    "=?UTF-8?Q?"
#define WORD_BEGIN_B    "=?UTF-8?B?"
#define WORD_END        "?="
#define WORD_ROOM       (WORD_LENGTH_MAX - sizeof WORD_BEGIN_Q - sizeof WORD_END + 2)

#define DIGITS  "0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

/* ---- Encoded words ---- */

/* What stands for itself in a word of a name, which is the narrowest case (RFC 2047, 5). */
static bool is_plain_in_word(char byte)
{
    return byte && strchr(LETTERS DIGITS "!*+-/", byte);
}

static size_t length_in_q(const char *bytes, size_t count)
{
    size_t length = 0;
    for (size_t i = 0; i < count; i++)
        length += is_plain_in_word(bytes[i]) || bytes[i] == ' ' ? 1 : 3;
    return length;
}

static size_t length_in_b(size_t count)
{
    return (count + 2) / 3 * 4;
}

static void add_q(struct draft *draft, const char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (is_plain_in_word(bytes[i]))
            draft_add_bytes(draft, &bytes[i], 1);
        else if (bytes[i] == ' ')
            draft_add(draft, "_");
        else
            draft_format(draft, "=%02X", (unsigned char)bytes[i]);
    }
}

static void add_b(struct draft *draft, const char *bytes, size_t count)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" DIGITS "+/";
    for (size_t i = 0; i < count; i += 3) {
        uint32_t three = 0;
        char four[5] = "====";
        for (size_t k = 0; k < 3; k++)
            three = three << 8 | (i + k < count ? (unsigned char)bytes[i + k] : 0);
        for (size_t k = 0; k < 4 && i + k <= count; k++)
            four[k] = digits[three >> (18 - 6 * k) & 63];
        draft_add(draft, four);
    }
}

/* How many bytes of the text go into one word: whole characters, one at least. */
static size_t bytes_of_word(const char *text, bool in_q)
{
    size_t count = 0;
    while (text[count]) {
        uint32_t character;
        size_t next = count + character_next(text + count, &character);
        if ((in_q ? length_in_q(text, next) : length_in_b(next)) > WORD_ROOM)
            break;
        count = next;
    }
    return count;
}

/* The blank between two words is no part of the text (RFC 2047, 6.2). */
static void add_words(struct draft *draft, const char *text)
{
    size_t length = strlen(text);
    bool in_q = length_in_q(text, length) <= length_in_b(length);
    const char *begin = in_q ? WORD_BEGIN_Q : WORD_BEGIN_B;
    while (*text) {
        size_t count = bytes_of_word(text, in_q);
        draft_add(draft, begin);
        (in_q ? add_q : add_b)(draft, text, count);
        text += count;
        draft_add(draft, *text ? WORD_END " " : WORD_END);
    }
}

/* What ASCII cannot say, what would be taken for an encoded word, and what no line could hold. */
static bool needs_words(const char *text)
{
    if (!character_all_ascii(text) || strstr(text, "=?"))
        return true;
    for (; *text; text += strspn(text, " ")) {
        size_t length = strcspn(text, " ");
        if (length > WORD_LENGTH_MAX)
            return true;
        text += length;
    }
    return false;
}

/* ---- Values ---- */

void header_add_text(struct draft *draft, const char *text)
{
    if (needs_words(text))
        add_words(draft, text);
    else
        draft_add(draft, text);
}

bool header_is_atom(char byte)
{
    return byte && strchr(LETTERS DIGITS "!#$%&'*+-/=?^_`{|}~", byte);
}

static bool all_atoms(const char *name)
{
    while (*name == ' ' || header_is_atom(*name))
        name++;
    return !*name;
}

void header_add_name(struct draft *draft, const char *name)
{
    if (needs_words(name)) {
        add_words(draft, name);
        return;
    }
    if (all_atoms(name)) {
        draft_add(draft, name);
        return;
    }
    draft_add(draft, "\"");
    for (; *name; name++) {
        if (*name == '"' || *name == '\\')
            draft_add(draft, "\\");
        draft_add_bytes(draft, name, 1);
    }
    draft_add(draft, "\"");
}

void header_add_date(struct draft *draft, int64_t unix_seconds)
{
    static const char days[][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    time_t seconds = (time_t)unix_seconds;
    struct tm tm = {0};
    gmtime_r(&seconds, &tm);
    draft_format(draft, "%s, %d %s %04d %02d:%02d:%02d +0000", days[tm.tm_wday], tm.tm_mday,
                 months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}
