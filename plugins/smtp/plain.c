/*
 * See plain.h. Lines have at most 78 columns, but for values that are longer by themselves: an
 * address or a link that is broken in two is none.
 */
#include "plain.h"

#include <string.h>

#include "../common/character.h"
#include "../common/paragraph.h"

#define COLUMNS_MAX    76
#define WORD_BYTES_MAX 512

static void add_field(struct draft *draft, const char *label, const char *value)
{
    draft_format(draft, "  %-14s", label);
    character_add_shown(draft, value);
    draft_add(draft, "\n");
}

static void add_when(struct draft *draft, const struct affn_event *event)
{
    draft_format(draft, "  %-14s", "When");
    wording_when(draft, event);
    draft_add(draft, "\n");
}

static void add_one(struct draft *draft, const struct affn_event *event)
{
    add_field(draft, "Affiliate", event->email);
    add_field(draft, "What", wording_joined(event) ? "joined the programme" : "left the programme");
    add_when(draft, event);
    add_field(draft, "Affiliate ID", event->affiliate_id);
    add_field(draft, "Event ID", event->id);
    if (!event->deep_link[0]) {
        add_field(draft, "Deep link", "none");
        return;
    }
    draft_add(draft, "\nDeep link:\n");
    character_add_shown(draft, event->deep_link);
    draft_add(draft, "\n");
}

static void add_signature(struct draft *draft, const char *sink)
{
    draft_add(draft, "\n-- \nSent by affnotify to the people named in its sink \"");
    draft_add(draft, sink);
    draft_add(draft, "\".\nTo get no more of these, ask whoever runs affnotify.\n");
}

void plain_add_row(struct draft *draft, const struct affn_event *event, uint32_t number)
{
    draft_format(draft, "\n%3u. ", number);
    character_add_shown(draft, event->email);
    draft_format(draft, " %s\n     ", wording_verb(event));
    wording_when(draft, event);
    draft_add(draft, "\n     ");
    if (event->deep_link[0]) {
        character_add_shown(draft, event->deep_link);
        draft_add(draft, "\n     ");
    }
    draft_format(draft, "%s, %s\n", event->affiliate_id, event->id);
}

void plain_write(struct draft *draft, const struct story *story)
{
    wording_headline(draft, story);
    draft_add(draft, ".\n");
    if (wording_is_test(story)) {
        draft_add(draft, "\n");
        draft_add(draft, wording_test);
        draft_add(draft, "\n");
    }
    if (story->count == 1) {
        draft_add(draft, "\n");
        add_one(draft, story->events[0]);
    }
    for (uint32_t i = 0; story->count > 1 && i < story->count; i++)
        plain_add_row(draft, story->events[i], i + 1);
    add_signature(draft, story->sink);
}

/* ---- Notices ---- */

/* One word with the blank or the line break before it. */
static void add_word(struct draft *draft, const char *word, size_t length, size_t *column)
{
    char bytes[WORD_BYTES_MAX + 1];
    char shown[8 * sizeof bytes];
    struct draft text;
    memcpy(bytes, word, length);
    bytes[length] = '\0';
    draft_init(&text, shown, sizeof shown); /* one hidden byte takes eight to be shown */
    character_add_shown(&text, bytes);
    bool fits = *column + 1 + text.characters <= COLUMNS_MAX;
    if (*column > 0)
        draft_add(draft, fits ? " " : "\n");
    *column = (*column > 0 && fits ? *column + 1 : 0) + text.characters;
    draft_add(draft, shown);
}

/* A word without a blank for long is broken all the same, between two characters. */
static size_t word_length(const char *word, size_t left)
{
    size_t length = 0;
    uint32_t character;
    while (length < left && word[length] != ' ') {
        size_t next = length + character_next(word + length, &character);
        if (next > WORD_BYTES_MAX)
            break;
        length = next;
    }
    return length;
}

static void add_paragraph(struct draft *draft, const char *paragraph, size_t length)
{
    size_t column = 0;
    for (size_t at = 0; at < length;) {
        at += strspn(paragraph + at, " ");
        size_t bytes = word_length(paragraph + at, length - at);
        if (bytes > 0)
            add_word(draft, paragraph + at, bytes, &column);
        at += bytes;
    }
    draft_add(draft, "\n");
}

void plain_write_notice(struct draft *draft, const struct telling *telling)
{
    const char *rest = telling->notice->text;
    const char *paragraph;
    size_t length;
    add_paragraph(draft, telling->notice->subject, strlen(telling->notice->subject));
    if (telling->notice->flags & AFFN_NOTICE_TEST) {
        draft_add(draft, "\n");
        draft_add(draft, wording_notice_test);
        draft_add(draft, "\n");
    }
    while ((paragraph = paragraph_next(&rest, &length)) != NULL) {
        draft_add(draft, "\n");
        add_paragraph(draft, paragraph, length);
    }
    add_signature(draft, telling->sink);
}
