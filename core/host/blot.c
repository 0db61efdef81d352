/* See blot.h. */
#include "core/host/blot.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buffer.h"
#include "core/base/escape.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/config/base64.h"
#include "core/event/utf8.h"
#include "core/host/own_words.h"
#include "core/wire/signing_secret.h"

#define TOKEN_BYTES_MIN 16 /* of a URL's part that is a secret by itself; Slack's has 24 */

void blot_clear(struct blot *blot)
{
    for (size_t i = 0; i < blot->count; i++)
        secret_forms_finish(&blot->secrets[i]);
    blot->count = 0;
    memset(blot->starts, 0, sizeof blot->starts);
}

void blot_finish(struct blot *blot)
{
    blot_clear(blot);
    free(blot->secrets);
    *blot = (struct blot){.count = 0};
}

static struct secret_forms *append(struct blot *blot)
{
    if (blot->count == blot->capacity) {
        blot->capacity = blot->capacity ? 2 * blot->capacity : 4;
        blot->secrets = memory_resize(blot->secrets, blot->capacity, sizeof *blot->secrets);
    }
    return &blot->secrets[blot->count++];
}

static void remember(struct blot *blot, const char *secret)
{
    for (size_t i = 0; i < blot->count; i++) {
        if (text_equal(blot->secrets[i].texts[FORM_PLAIN], secret))
            return;
    }
    struct secret_forms *forms = append(blot);
    secret_forms_init(forms, secret);
    secret_forms_add_starts(forms, blot->starts);
}

/* Of `whsec_…`, many take what stands behind that for the secret, and not all write its padding. */
static void remember_key(struct blot *blot, const char *secret)
{
    const char *base64 = signing_secret_base64(secret);
    if (!base64)
        return;
    char *key = memory_text_part(base64, strcspn(base64, "="));
    remember(blot, key);
    memory_wipe_text(key);
}

void blot_add(struct blot *blot, const char *secret)
{
    if (!secret || strlen(secret) < BLOT_BYTES_MIN)
        return;
    remember(blot, secret);
    remember_key(blot, secret);
}

void blot_add_person(struct blot *blot, const char *email)
{
    if (strlen(email) < BLOT_BYTES_MIN)
        return;
    struct secret_forms *forms = append(blot);
    secret_forms_init_address(forms, email);
    secret_forms_add_starts(forms, blot->starts);
}

static void percent_decode(char *text)
{
    char *to = text;
    for (const char *from = text; *from; to++) {
        size_t count;
        size_t step = *from == '%' ? escape_read(from, strlen(from), to, &count) : 0;
        if (step == 0)
            *to = *from;
        from += step ? step : 1;
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

/* What marks are made on, and what stays unmarked. */
struct sheet {
    const char *text;
    size_t length;
    bool cut;
    const struct own_words *own; /* NULL for none */
    bool *hidden;                /* a byte each, and a false behind them */
};

/* Marks the bytes that belong to a secret; or to the beginning of one, at a cut end. */
static void mark(const struct blot *blot, const struct sheet *sheet)
{
    for (size_t at = 0; at < sheet->length; at++) {
        unsigned begun = blot->starts[(unsigned char)sheet->text[at]];
        for (size_t i = 0; begun && i < blot->count; i++) {
            size_t matched = secret_forms_match(&blot->secrets[i], begun, sheet->text + at,
                                                sheet->length - at, sheet->cut, BLOT_BYTES_MIN);
            if (matched > 0 && !(sheet->own && own_words_hold(sheet->own, sheet->text,
                                                              sheet->length, at, at + matched)))
                memset(sheet->hidden + at, true, matched);
        }
    }
}

/* The marks, to be freed. */
static bool *mark_both(const struct blot *known, const struct blot *more, const char *text,
                       size_t length, bool cut, const struct own_words *own)
{
    const struct sheet sheet = {text, length, cut, own, memory_new(length + 1, sizeof(bool))};
    for (; known; known = known->also)
        mark(known, &sheet);
    for (; more; more = more->also)
        mark(more, &sheet);
    return sheet.hidden;
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
    bool *hidden = mark_both(known, more, text, strlen(text), true, known ? known->own : NULL);
    write_text(text, hidden, out, room);
    free(hidden);
}

char *blot_new(const struct blot *known, const struct blot *more, const char *text)
{
    size_t length = strlen(text);
    size_t room = length + length / BLOT_BYTES_MIN * strlen(BLOT) + 1;
    char *out = memory_new(room, 1);
    bool *hidden = mark_both(known, more, text, length, false, NULL);
    write_text(text, hidden, out, room);
    free(hidden);
    return out;
}

int blot_bytes(const struct blot *known, const struct blot *more, const char *bytes, size_t length,
               bool cut, struct buffer *out)
{
    bool *hidden = mark_both(known, more, bytes, length, cut, NULL);
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
