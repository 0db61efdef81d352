/* See link.h. */
#include "link.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "../common/character.h"
#include "escape.h"

#define URL_BYTES_MAX  (3 * 2048 + 1) /* a deep link of which every byte is percent-encoded */
#define SCHEME_MAX     12             /* a longer one has no host worth showing */
#define HOST_SHOWN_MAX 44
#define ELLIPSIS       "…"

static bool is_encoded(uint32_t character)
{
    return character_is_hidden(character) || character == CHARACTER_NONE || character == 0xa0 ||
           character == 0x3000 || (character >= 0x2000 && character <= 0x200a) ||
           (character < 0x80 && strchr(" \"<>\\^`{|}", (int)character));
}

static void add_percent(struct draft *draft, const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        draft_format(draft, "%%%02X", (unsigned)(unsigned char)bytes[i]);
}

/* The URL with everything percent-encoded that would end it, break it or hide in it: the same link
 * by RFC 3987, 3.1. */
static void add_url(struct draft *draft, const char *deep_link)
{
    while (*deep_link) {
        uint32_t character;
        size_t length = character_next(deep_link, &character);
        if (is_encoded(character))
            add_percent(draft, deep_link, length);
        else
            draft_add_bytes(draft, deep_link, length);
        deep_link += length;
    }
}

static size_t count_characters(const char *text, size_t length)
{
    size_t count = 0;
    for (size_t i = 0; i < length; i++)
        count += ((unsigned char)text[i] & 0xc0) != 0x80;
    return count;
}

/* Marks, joiners and the like, which belong to the character before them. */
static bool continues(const char *text)
{
    uint32_t character;
    character_next(text, &character);
    return (character >= 0x300 && character <= 0x36f) || character == 0x200c ||
           character == 0x200d || (character >= 0xfe00 && character <= 0xfe0f) ||
           (character >= 0x1f3fb && character <= 0x1f3ff);
}

/* How many bytes the first `characters` take, or fewer so that nothing is cut that reads as one. */
static size_t cut(const char *text, size_t characters)
{
    size_t length = 0;
    size_t last = 0;
    uint32_t character;
    for (size_t i = 0; i < characters && text[length]; i++) {
        last = length;
        length += character_next(text + length, &character);
    }
    if (text[length] && continues(text + length))
        length = last;
    for (size_t back = 1; back <= 2 && back <= length; back++) {
        if (text[length - back] == '%')
            return length - back;
    }
    return length;
}

/* Where the last `characters` of the text begin. */
static const char *tail(const char *text, size_t length, size_t characters)
{
    size_t skip = count_characters(text, length) - characters;
    uint32_t character;
    for (size_t i = 0; i < skip; i++)
        text += character_next(text, &character);
    return text;
}

/* Adds scheme://host so that the host can be judged: without a user before it, and of a host that
 * is too long its end, which says whose it is. Returns what follows. */
static const char *add_front(struct draft *draft, const char *url)
{
    const char *mark = strstr(url, "://");
    if (!mark || strcspn(url, ":") != (size_t)(mark - url) || mark - url > SCHEME_MAX)
        return url;
    const char *authority = mark + 3;
    const char *end = authority + strcspn(authority, "/?#");
    const char *at = memrchr(authority, '@', (size_t)(end - authority));
    const char *host = at ? at + 1 : authority;
    draft_add_bytes(draft, url, (size_t)(authority - url));
    if (at)
        draft_add(draft, ELLIPSIS "@");
    if (count_characters(host, (size_t)(end - host)) > HOST_SHOWN_MAX) {
        draft_add(draft, ELLIPSIS);
        host = tail(host, (size_t)(end - host), HOST_SHOWN_MAX - 1);
    }
    draft_add_bytes(draft, host, (size_t)(end - host));
    return end;
}

/* The URL as it is, or shortened. */
static void add_shortened(struct draft *draft, const char *url)
{
    if (count_characters(url, strlen(url)) <= LINK_SHOWN_MAX) {
        draft_add(draft, url);
        return;
    }
    const char *rest = add_front(draft, url);
    size_t left = LINK_SHOWN_MAX - draft->characters;
    if (count_characters(rest, strlen(rest)) <= left) {
        draft_add(draft, rest);
        return;
    }
    draft_add_bytes(draft, rest, cut(rest, left - 1));
    draft_add(draft, ELLIPSIS);
}

static bool is_word(char byte)
{
    return isalnum((unsigned char)byte);
}

/*
 * Adds the shortened URL as a label. Slack formats labels: `*`, `~`, a backquote, an underscore at
 * a word's edge and a second colon, which might be that of an :emoji:, are percent-encoded, which
 * names the same place.
 */
static void add_label(struct draft *draft, const char *label)
{
    const char *scheme_end = strchr(label, ':');
    for (const char *at = label; *at; at++) {
        bool is_edge = at == label || !is_word(at[-1]) || !is_word(at[1]);
        if (strchr("*~`", *at) || (*at == '_' && is_edge) || (*at == ':' && at != scheme_end)) {
            add_percent(draft, at, 1);
        } else {
            char one[2] = {*at, '\0'};
            if (strchr("&<>", *at))
                escape_text(draft, one);
            else
                draft_add_bytes(draft, at, 1);
        }
    }
}

static bool is_web(const char *url)
{
    return strncasecmp(url, "http://", 7) == 0 || strncasecmp(url, "https://", 8) == 0;
}

bool link_add(struct draft *draft, const char *deep_link, size_t characters_max)
{
    char url_bytes[URL_BYTES_MAX];
    char label_bytes[DRAFT_CHARACTER_BYTES * LINK_SHOWN_MAX + 64];
    char whole_bytes[2 * URL_BYTES_MAX];
    struct draft url, label, whole;
    draft_init(&url, url_bytes, sizeof url_bytes);
    draft_init(&label, label_bytes, sizeof label_bytes);
    draft_init(&whole, whole_bytes, sizeof whole_bytes);

    add_url(&url, deep_link);
    if (url.full || !is_web(url.bytes))
        return false;
    add_shortened(&label, url.bytes);
    bool isolated = escape_runs_left(url.bytes);
    draft_add(&whole, isolated ? ESCAPE_ISOLATE "<" : "<");
    escape_text(&whole, url.bytes);
    if (strcmp(label.bytes, url.bytes) != 0) {
        draft_add(&whole, "|");
        add_label(&whole, label.bytes);
    }
    draft_add(&whole, isolated ? ">" ESCAPE_ISOLATE_END : ">");
    if (label.full || whole.full || whole.characters > characters_max)
        return false;
    draft_add(draft, whole.bytes);
    return true;
}

void link_add_text(struct draft *draft, const char *deep_link)
{
    char url_bytes[URL_BYTES_MAX];
    char text_bytes[DRAFT_CHARACTER_BYTES * LINK_SHOWN_MAX + 64];
    struct draft url, text;
    draft_init(&url, url_bytes, sizeof url_bytes);
    draft_init(&text, text_bytes, sizeof text_bytes);
    add_url(&url, deep_link);
    add_shortened(&text, url.bytes);
    bool isolated = escape_runs_left(text.bytes);
    if (isolated)
        draft_add(draft, ESCAPE_ISOLATE);
    escape_text(draft, text.bytes);
    if (isolated)
        draft_add(draft, ESCAPE_ISOLATE_END);
}
