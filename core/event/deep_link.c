/*
 * See deep_link.h. A link is never changed: it goes to every sink as it came, so what would have to
 * be mended is refused with the mending.
 */
#include "core/event/deep_link.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "core/event/characters.h"
#include "core/event/refusal.h"

#define FIELD "deep_link"

/* White space beyond ASCII and C1 (Unicode's White_Space property). */
static bool is_wide_space(uint32_t character)
{
    static const struct {
        uint32_t first;
        uint32_t last;
    } spaces[] = {
        {0x00a0, 0x00a0}, {0x1680, 0x1680}, {0x2000, 0x200a}, {0x2028, 0x2029},
        {0x202f, 0x202f}, {0x205f, 0x205f}, {0x3000, 0x3000},
    };
    for (size_t i = 0; i < sizeof spaces / sizeof *spaces; i++) {
        if (character >= spaces[i].first && character <= spaces[i].last)
            return true;
    }
    return false;
}

/* RFC 3986 has no place at all for these in ASCII (its 2.2 and 2.3 list those that it has). */
static bool is_forbidden(uint32_t character)
{
    if (character < 0x80)
        return character_needs_escape(character) ||
               (character && strchr(" <>^`{|}", (int)character));
    return is_wide_space(character);
}

/* Bytes of the scheme at the front (RFC 3986 3.1), 0 when there is none with its colon. */
static size_t scheme_length(const char *text)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    static const char others[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.";
    if (strspn(text, letters) == 0)
        return 0;
    size_t length = strspn(text, others);
    return text[length] == ':' ? length : 0;
}

static int check_percents(const char *text, struct refusal *refusal)
{
    for (const char *sign = text; (sign = strchr(sign, '%')); sign++) {
        if (!isxdigit((unsigned char)sign[1]) || !isxdigit((unsigned char)sign[2]))
            return refusal_set(refusal, FIELD, "syntax",
                               FIELD " has a %% at byte %zu without two hex digits behind it; "
                                     "write a plain percent sign as %%25",
                               (size_t)(sign - text) + 1);
    }
    return 0;
}

int deep_link_check(const char *text, struct refusal *refusal)
{
    size_t length = strlen(text);
    if (length == 0)
        return 0;
    if (characters_check(FIELD, text, length, is_forbidden, "write it percent-encoded", refusal) <
        0)
        return -1;
    if (length > DEEP_LINK_BYTES_MAX)
        return refusal_set(refusal, FIELD, "too_long",
                           FIELD " is %zu bytes long; at most %d are allowed", length,
                           DEEP_LINK_BYTES_MAX);
    size_t scheme = scheme_length(text);
    if (scheme == 0)
        return refusal_set(refusal, FIELD, "not_absolute",
                           FIELD " does not begin with a scheme; send an absolute link such as "
                                 "https://example.com/ref/1, or an empty string for none");
    if (text[scheme + 1] == '\0')
        return refusal_set(refusal, FIELD, "syntax",
                           FIELD " has nothing behind its scheme; send the whole link, or an empty "
                                 "string for none");
    return check_percents(text, refusal);
}
