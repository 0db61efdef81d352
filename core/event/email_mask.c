/* See email_mask.h. */
#include "core/event/email_mask.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/event/utf8.h"

#define DOTS "\u2022\u2022\u2022"

static const char *const names[] = {
    [EMAIL_FULL] = "full", [EMAIL_MASKED] = "masked", [EMAIL_NONE] = "none"};

const char *email_shown_name(enum email_shown shown)
{
    return names[shown];
}

enum email_shown email_shown_of(const char *name)
{
    for (enum email_shown shown = EMAIL_FULL; name && shown <= EMAIL_NONE; shown++) {
        if (text_equal(name, names[shown]))
            return shown;
    }
    return EMAIL_MASKED;
}

/* What may stand before the @ (WHATWG, and UTF-8 by RFC 6531). */
static bool is_local(char byte)
{
    return isalnum((unsigned char)byte) || (unsigned char)byte >= 0x80 ||
           (byte && strchr(".!#$%&'*+/=?^_`{|}~-", byte));
}

/* What may stand behind it, also where it is no domain that we would take. */
static bool is_domain(char byte)
{
    return isalnum((unsigned char)byte) || (unsigned char)byte >= 0x80 || byte == '.' ||
           byte == '-';
}

/* Adds length bytes of text at out. */
static char *add(char *out, const char *text, size_t length)
{
    memcpy(out, text, length);
    return out + length;
}

/* The address from `local` over `at` to `end`; at most its own bytes and the dots'. */
static char *add_masked(char *out, const char *local, const char *at, const char *end,
                        enum email_shown shown)
{
    uint32_t character;
    bool is_masked = shown == EMAIL_MASKED;
    if (is_masked)
        out = add(out, local, utf8_next(local, (size_t)(at - local), &character));
    out = add(out, DOTS, strlen(DOTS));
    return is_masked ? add(out, at, (size_t)(end - at)) : out;
}

static size_t count_ats(const char *text)
{
    size_t count = 0;
    for (; *text; text++)
        count += *text == '@';
    return count;
}

char *email_mask(const char *text, enum email_shown shown)
{
    if (shown == EMAIL_FULL)
        return memory_text(text);
    char *masked = memory_new(strlen(text) + count_ats(text) * strlen(DOTS) + 1, 1);
    char *out = masked;
    for (const char *at; (at = strchr(text, '@')) != NULL;) {
        const char *local = at;
        const char *end = at + 1;
        while (local > text && is_local(local[-1]))
            local--;
        while (is_domain(*end))
            end++;
        out = add(out, text, (size_t)(local - text));
        if (local < at && end > at + 1)
            out = add_masked(out, local, at, end, shown);
        else
            out = add(out, local, (size_t)(end - local));
        text = end;
    }
    add(out, text, strlen(text));
    return masked;
}
