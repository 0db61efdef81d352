/*
 * See email_mask.h. The text is looked at with its escapes undone, in one array; beside it stands
 * where each byte comes from, so that what is shown is always the text as it was written.
 */
#include "core/event/email_mask.h"

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/escape.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/event/utf8.h"

#define DOTS        "\u2022\u2022\u2022"
#define ESCAPES_MAX 2 /* one within the other: a link in a link's query, JSON in JSON */

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

/* ---- The text without its escapes ---- */

struct plain {
    const char *written; /* the text */
    char *bytes;
    size_t *from; /* where in `written` a byte begins; one more, where the last one ends */
    size_t length;
};

static void undo_escapes(struct plain *plain)
{
    size_t used = 0;
    for (size_t at = 0; at < plain->length;) {
        char bytes[ESCAPE_BYTES_MAX] = {plain->bytes[at]};
        size_t count = 1;
        size_t step = escape_read(plain->bytes + at, plain->length - at, bytes, &count);
        size_t from = plain->from[at];
        for (size_t i = 0; i < count; i++, used++) {
            plain->bytes[used] = bytes[i];
            plain->from[used] = from;
        }
        at += step ? step : 1;
    }
    plain->from[used] = plain->from[plain->length];
    plain->length = used;
}

static void plain_init(struct plain *plain, const char *text)
{
    size_t length = strlen(text);
    *plain = (struct plain){.written = text, .length = length};
    plain->bytes = memory_text(text);
    plain->from = memory_new(length + 1, sizeof *plain->from);
    for (size_t at = 0; at <= length; at++)
        plain->from[at] = at;
    for (int i = 0; i < ESCAPES_MAX; i++)
        undo_escapes(plain);
}

static void plain_finish(struct plain *plain)
{
    free(plain->bytes);
    free(plain->from);
}

/* How the byte at `at` is written. */
static const char *spelling(const struct plain *plain, size_t at, size_t *length)
{
    *length = plain->from[at + 1] - plain->from[at];
    return plain->written + plain->from[at];
}

/* ---- What an address is made of ---- */

/* The bytes of an @ there, full-width and small ones too; 0 for none. */
static size_t at_width(const struct plain *plain, size_t at)
{
    static const char *const signs[] = {"@", "\uff20", "\ufe6b"};
    for (size_t i = 0; at < plain->length && i < sizeof signs / sizeof *signs; i++) {
        size_t width = strlen(signs[i]);
        if (plain->length - at >= width && memcmp(plain->bytes + at, signs[i], width) == 0)
            return width;
    }
    return 0;
}

static bool is_word(char byte)
{
    return isalnum((unsigned char)byte) || (unsigned char)byte >= 0x80;
}

/* What may stand before the @ (WHATWG, and UTF-8 by RFC 6531). */
static bool is_local(char byte)
{
    return is_word(byte) || (byte && strchr(".!#$%&'*+/=?^_`{|}~-", byte));
}

/* Also when it is the spelling that an address may have: `%20`. */
static bool is_local_at(const struct plain *plain, size_t at)
{
    size_t length;
    const char *written = spelling(plain, at, &length);
    bool all = length > 0;
    for (size_t i = 0; i < length; i++)
        all = all && is_local(written[i]);
    return all || is_local(plain->bytes[at]);
}

/* What may stand behind it, also where it is no domain that we would take. */
static bool is_domain(char byte)
{
    return is_word(byte) || (byte && strchr(".-_", byte));
}

/* The bytes of an address literal such as [127.0.0.1], or of what is left of one; 0 for none. */
static size_t literal_length(const struct plain *plain, size_t at)
{
    size_t end = at + 1;
    if (at >= plain->length || plain->bytes[at] != '[')
        return 0;
    while (end < plain->length && (is_domain(plain->bytes[end]) || plain->bytes[end] == ':'))
        end++;
    if (end == at + 1)
        return 0;
    return end - at + (end < plain->length && plain->bytes[end] == ']');
}

/* What follows an @. */
struct domain {
    size_t last_at; /* of `a@b@c`, which is taken for one address */
    size_t end;
    size_t seen; /* up to here there is no @ behind last_at that a domain follows */
    bool found;
};

static struct domain find_domain(const struct plain *plain, size_t at)
{
    struct domain domain = {.seen = at};
    size_t sign = at;
    while (domain.seen < plain->length) {
        size_t here = domain.seen;
        size_t width = at_width(plain, here);
        size_t part = is_domain(plain->bytes[here]) ? 1 : 0;
        if (width > 0)
            sign = here;
        else if (part == 0 && here == sign + at_width(plain, sign))
            part = literal_length(plain, here);
        if (width + part == 0)
            break;
        domain.seen = here + (width ? width : part);
        if (width == 0)
            domain = (struct domain){sign, domain.seen, domain.seen, true};
    }
    return domain;
}

/* ---- Where it begins ---- */

/* A local part in quotes, which are written alike; at when there is none. */
static size_t quoted_start(const struct plain *plain, size_t first, size_t at)
{
    size_t length, closing_length;
    const char *closing = spelling(plain, at - 1, &closing_length);
    bool has_word = false;
    for (size_t here = at - 1; here > first && plain->bytes[here - 1] != '\n'; here--) {
        const char *opening = spelling(plain, here - 1, &length);
        if (plain->bytes[here - 1] == '"' && length == closing_length &&
            memcmp(opening, closing, length) == 0)
            return has_word ? here - 1 : at;
        has_word = has_word || is_word(plain->bytes[here - 1]);
    }
    return at;
}

/*
 * In a link most of what an address may hold parts the link: an address begins behind that. When
 * nothing is left of it, it takes in what stands before, but for a path's: `/@name` is a place.
 */
static size_t start_in_link(const struct plain *plain, size_t first, size_t at)
{
    size_t start = at;
    while (start > first && is_local(plain->bytes[start - 1]) &&
           !strchr("/?&=#", plain->bytes[start - 1]))
        start--;
    size_t length;
    bool found = start < at;
    while (!found && start > first && is_local_at(plain, start - 1) &&
           (*spelling(plain, start - 1, &length) != '/' || length != 1))
        start--;
    return start;
}

static size_t find_start(const struct plain *plain, size_t first, size_t at, bool in_link)
{
    if (at > first && plain->bytes[at - 1] == '"')
        return quoted_start(plain, first, at);
    if (in_link)
        return start_in_link(plain, first, at);
    size_t start = at;
    while (start > first && is_local_at(plain, start - 1))
        start--;
    return start;
}

/* ---- What is shown ---- */

static char *add_text(char *out, const char *text)
{
    memcpy(out, text, strlen(text));
    return out + strlen(text);
}

/* Adds a part as it was written. */
static char *add(char *out, const struct plain *plain, size_t from, size_t to)
{
    size_t length = plain->from[to] - plain->from[from];
    memcpy(out, plain->written + plain->from[from], length);
    return out + length;
}

/* The address from `start` over `at` to the domain's end; at most its own bytes and the dots'. */
static char *add_masked(char *out, const struct plain *plain, size_t start, size_t at,
                        const struct domain *domain)
{
    uint32_t character;
    bool quoted = plain->bytes[start] == '"';
    size_t shown = start + quoted;
    shown += utf8_next(plain->bytes + shown, at - shown, &character);
    out = add(out, plain, start, shown);
    out = add_text(out, DOTS);
    if (quoted)
        out = add(out, plain, at - 1, at);
    return add(out, plain, domain->last_at, domain->end);
}

static size_t count_ats(const struct plain *plain)
{
    size_t count = 0;
    for (size_t at = 0; at < plain->length; at++)
        count += at_width(plain, at) > 0;
    return count;
}

/* Whether the byte at `at` lies in a link, when the one before it does or not. */
static bool is_in_link(const struct plain *plain, size_t at, bool before)
{
    char byte = plain->bytes[at];
    if (isspace((unsigned char)byte) || byte == '"' || byte == '<' || byte == '>')
        return false;
    return before || (plain->length - at > 3 && memcmp(plain->bytes + at, "://", 3) == 0);
}

static char *mask(const struct plain *plain, enum email_shown shown)
{
    char *masked = memory_new(strlen(plain->written) + count_ats(plain) * strlen(DOTS) + 1, 1);
    char *out = masked;
    size_t first = 0;
    bool in_link = false;
    struct domain domain = {.seen = 0};
    for (size_t at = 0; at < plain->length; at++) {
        in_link = is_in_link(plain, at, in_link);
        if (at < first || at_width(plain, at) == 0)
            continue;
        if (at >= domain.seen)
            domain = find_domain(plain, at);
        bool is_sign = domain.found && at <= domain.last_at;
        size_t start = is_sign ? find_start(plain, first, at, in_link) : at;
        if (start == at)
            continue;
        out = add(out, plain, first, start);
        out = shown == EMAIL_MASKED ? add_masked(out, plain, start, at, &domain)
                                    : add_text(out, DOTS);
        first = domain.end;
    }
    add(out, plain, first, plain->length);
    return masked;
}

char *email_mask(const char *text, enum email_shown shown)
{
    if (shown == EMAIL_FULL || !strpbrk(text, "@%&\\\xef")) /* as every @ begins */
        return memory_text(text);
    struct plain plain;
    plain_init(&plain, text);
    char *masked = mask(&plain, shown);
    plain_finish(&plain);
    return masked;
}
