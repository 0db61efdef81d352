/* See blot.h. */
#include "core/host/blot.h"

#include <assert.h>
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/buffer.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/config/base64.h"
#include "core/event/utf8.h"

#define TOKEN_BYTES_MIN 16 /* of a URL's part that is a secret by itself; Slack's has 24 */

void blot_clear(struct blot *blot)
{
    for (size_t i = 0; i < blot->count; i++)
        memory_wipe_text(blot->secrets[i]);
    blot->count = 0;
}

void blot_finish(struct blot *blot)
{
    blot_clear(blot);
    free(blot->secrets);
    *blot = (struct blot){.count = 0};
}

static void append(struct blot *blot, const char *secret)
{
    if (blot->count == blot->capacity) {
        blot->capacity = blot->capacity ? 2 * blot->capacity : 4;
        blot->secrets = memory_resize(blot->secrets, blot->capacity, sizeof *blot->secrets);
    }
    blot->secrets[blot->count++] = memory_text(secret);
}

static void remember(struct blot *blot, const char *secret)
{
    for (size_t i = 0; i < blot->count; i++) {
        if (text_equal(blot->secrets[i], secret))
            return;
    }
    append(blot, secret);
}

void blot_add(struct blot *blot, const char *secret)
{
    if (!secret || strlen(secret) < BLOT_BYTES_MIN)
        return;
    remember(blot, secret);
}

void blot_add_person(struct blot *blot, const char *email)
{
    if (strlen(email) < BLOT_BYTES_MIN)
        return;
    append(blot, email);
}

static int hex_value(char digit)
{
    static const char digits[] = "0123456789abcdef";
    const char *found = digit ? strchr(digits, digit | 0x20) : NULL;
    return found ? (int)(found - digits) : -1;
}

static void percent_decode(char *text)
{
    char *to = text;
    for (const char *from = text; *from; from++) {
        int high = *from == '%' ? hex_value(from[1]) : -1;
        int low = high >= 0 ? hex_value(from[2]) : -1;
        *to++ = low >= 0 ? (char)(high * 16 + low) : *from;
        if (low >= 0)
            from += 2;
    }
    *to = '\0';
}

/* Where the authority of a URL begins, and its length. */
static const char *authority(const char *url, size_t *length)
{
    const char *start = strstr(url, "://");
    start = start ? start + 3 : url;
    *length = strcspn(start, "/?#");
    return start;
}

static void add_part(struct blot *blot, const char *part, size_t length)
{
    char *copy = memory_text_part(part, length);
    blot_add(blot, copy);
    percent_decode(copy);
    blot_add(blot, copy);
    memory_wipe_text(copy);
}

void blot_add_userinfo(struct blot *blot, const char *url)
{
    size_t length;
    const char *start = authority(url, &length);
    const char *at = memrchr(start, '@', length);
    if (!at)
        return;
    const char *colon = memchr(start, ':', (size_t)(at - start));
    add_part(blot, start, (size_t)((colon ? colon : at) - start));
    if (!colon)
        return;
    add_part(blot, colon + 1, (size_t)(at - colon - 1));
    char *pair =
        memory_text_part(start, (size_t)(at - start)); /* as Basic authentication sends it */
    percent_decode(pair);
    char *encoded = base64_encode(pair, strlen(pair));
    blot_add(blot, encoded);
    memory_wipe_text(encoded);
    memory_wipe_text(pair);
}

/* Far sides quote a token of a URL alone, too, or with other signs around it. */
static void add_tokens(struct blot *blot, const char *path)
{
    static const char between[] = "/?#&=;";
    for (path += strspn(path, between); *path; path += strspn(path, between)) {
        size_t length = strcspn(path, between);
        if (length >= TOKEN_BYTES_MIN)
            add_part(blot, path, length);
        path += length;
    }
}

void blot_add_url(struct blot *blot, const char *url)
{
    size_t length;
    const char *start = authority(url, &length);
    blot_add(blot, url);
    blot_add(blot, start + length);
    add_tokens(blot, start + length);
    blot_add_userinfo(blot, url);
}

/* One byte as JSON or a query may write it: `\/`, `\u002f`, `%2F`. The bytes that it takes, or 0. */
static size_t read_escape(const char *text, size_t length, char *byte)
{
    size_t digits = text[0] == '%' ? 1 : length > 1 && text[1] == 'u' ? 4 : 0;
    if (text[0] != '%' && text[0] != '\\')
        return 0;
    if (digits == 0 && length > 1 && strchr("/\"\\", text[1])) {
        *byte = text[1];
        return 2;
    }
    if (digits == 0 || length < digits + 2 || (digits == 4 && strncmp(text + 2, "00", 2) != 0))
        return 0;
    int high = hex_value(text[digits]), low = hex_value(text[digits + 1]);
    *byte = (char)(high * 16 + low);
    return high < 0 || low < 0 || (digits == 4 && high > 7) ? 0 : digits + 2;
}

static bool is_same(const struct blot *blot, char one, char other)
{
    return one == other ||
           (blot->any_case && tolower((unsigned char)one) == tolower((unsigned char)other));
}

/*
 * How many bytes of text are a secret, each byte of it as it is or escaped; with `cut` also one that
 * text ends in the middle of.
 */
static size_t match(const struct blot *blot, const char *text, size_t length, const char *secret,
                    bool cut)
{
    size_t at = 0, matched = 0;
    for (; secret[matched] && at < length; matched++) {
        char byte = '\0';
        size_t step = read_escape(text + at, length - at, &byte);
        if (step == 0 || !is_same(blot, byte, secret[matched])) {
            if (!is_same(blot, text[at], secret[matched]))
                return 0;
            step = 1;
        }
        at += step;
    }
    return !secret[matched] || (cut && matched >= BLOT_BYTES_MIN) ? at : 0;
}

/* Marks the bytes of text that belong to a secret; or to the beginning of one, at a cut end. */
static void mark(const struct blot *blot, const char *text, size_t length, bool cut, bool *hidden)
{
    for (size_t i = 0; i < blot->count; i++) {
        for (size_t at = 0; at < length; at++)
            memset(hidden + at, true, match(blot, text + at, length - at, blot->secrets[i], cut));
    }
}

/* To be freed; there is a false after the last byte's. */
static bool *mark_both(const struct blot *known, const struct blot *more, const char *text,
                       size_t length, bool cut)
{
    bool *hidden = memory_new(length + 1, sizeof *hidden);
    for (; known; known = known->also)
        mark(known, text, length, cut, hidden);
    for (; more; more = more->also)
        mark(more, text, length, cut, hidden);
    return hidden;
}

static bool is_control(const unsigned char *character)
{
    return *character < ' ' || *character == 0x7f || (*character == 0xc2 && character[1] < 0xa0);
}

/* Writes text, at most room bytes with the NUL, with the hidden ones blotted out. */
static void write_text(const char *text, const bool *hidden, char *out, size_t room)
{
    assert(room > 0);
    size_t length = strlen(text);
    size_t used = 0;
    for (size_t at = 0; at < length;) {
        const unsigned char *here = (const unsigned char *)text + at;
        uint32_t character;
        size_t bytes = utf8_next(text + at, length - at, &character);
        const char *shown = text + at;
        size_t shown_bytes = bytes;
        size_t step = bytes ? bytes : 1;
        if (hidden[at]) {
            shown = BLOT;
            shown_bytes = strlen(BLOT);
            for (step = 1; hidden[at + step]; step++)
                continue;
        } else if (bytes == 0 || is_control(here)) {
            shown = bytes == 0 ? "?" : " ";
            shown_bytes = 1;
        }
        if (used + shown_bytes >= room)
            break;
        memcpy(out + used, shown, shown_bytes);
        used += shown_bytes;
        at += step;
    }
    out[used] = '\0';
}

void blot_text(const struct blot *known, const struct blot *more, const char *text, char *out,
               size_t room)
{
    bool *hidden = mark_both(known, more, text, strlen(text), true);
    write_text(text, hidden, out, room);
    free(hidden);
}

char *blot_new(const struct blot *known, const struct blot *more, const char *text)
{
    size_t length = strlen(text);
    size_t room = length + length / BLOT_BYTES_MIN * strlen(BLOT) + 1;
    char *out = memory_new(room, 1);
    bool *hidden = mark_both(known, more, text, length, false);
    write_text(text, hidden, out, room);
    free(hidden);
    return out;
}

int blot_bytes(const struct blot *known, const struct blot *more, const char *bytes, size_t length,
               bool cut, struct buffer *out)
{
    bool *hidden = mark_both(known, more, bytes, length, cut);
    int result = 0;
    for (size_t at = 0; at < length && result == 0;) {
        size_t next = at;
        while (next < length && hidden[next] == hidden[at])
            next++;
        result = hidden[at] ? buffer_add_text(out, BLOT) : buffer_add(out, bytes + at, next - at);
        at = next;
    }
    free(hidden);
    return result;
}
