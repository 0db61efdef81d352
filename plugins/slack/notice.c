/* See notice.h. */
#include "notice.h"

#include <assert.h>
#include <string.h>

#include "../common/character.h"
#include "../common/paragraph.h"
#include "block.h"
#include "escape.h"

#define PARAGRAPHS_MAX      20
#define PARAGRAPH_BYTES_MAX 2000 /* at first; less when that is too much for Slack */
#define PARAGRAPH_BYTES_MIN 100

/* Tells good from bad at a glance, and neither is one of the signs of who joined or left. */
static const char *sign(const struct affn_notice *notice)
{
    if (notice->flags & AFFN_NOTICE_TEST)
        return "\U0001f9ea ";
    return notice->flags & AFFN_NOTICE_OVER ? "\u2705 " : "\u26a0\ufe0f ";
}

static void add_subject(struct draft *draft, const struct affn_notice *notice)
{
    if (notice->flags & AFFN_NOTICE_TEST)
        draft_add(draft, "Test: ");
    escape_value(draft, notice->subject);
}

/* Whole characters of the paragraph, at most so many bytes of it. */
static void add_paragraph(struct draft *draft, const char *paragraph, size_t length, size_t room)
{
    char bytes[PARAGRAPH_BYTES_MAX + 1];
    size_t kept = 0;
    uint32_t character;
    for (size_t next; kept < length; kept = next) {
        next = kept + character_next(paragraph + kept, &character);
        if (next > room)
            break;
    }
    memcpy(bytes, paragraph, kept);
    bytes[kept] = '\0';
    escape_value(draft, bytes);
    if (kept < length)
        draft_add(draft, "\u2026");
}

static void add_text(struct draft *text, const struct affn_notice *notice, size_t room)
{
    const char *rest = notice->text;
    const char *paragraph;
    size_t length;
    add_subject(text, notice);
    for (int i = 0; i < PARAGRAPHS_MAX && (paragraph = paragraph_next(&rest, &length)); i++) {
        draft_add(text, "\n");
        add_paragraph(text, paragraph, length, room);
    }
}

/* A subject that is too long for a header comes below it, whole. False when a text is too long. */
static bool write_header(struct draft *json, const struct affn_notice *notice)
{
    char bytes[SECTION_BYTES_MAX];
    struct draft text;
    draft_init(&text, bytes, sizeof bytes);
    draft_add(&text, sign(notice));
    add_subject(&text, notice);
    bool too_long = text.characters > MESSAGE_HEADER_MAX;
    if (!too_long) {
        block_text(json, "header", &text);
        return true;
    }
    draft_init(&text, bytes, sizeof bytes);
    draft_add(&text, sign(notice));
    draft_add(&text, "affnotify");
    block_text(json, "header", &text);
    draft_init(&text, bytes, sizeof bytes);
    add_subject(&text, notice);
    block_text(json, "section", &text);
    return text.characters <= MESSAGE_SECTION_MAX;
}

static bool write_sections(struct draft *json, const struct affn_notice *notice, size_t room)
{
    char bytes[SECTION_BYTES_MAX];
    struct draft text;
    const char *rest = notice->text;
    const char *paragraph;
    size_t length;
    bool fits = true;
    for (int i = 0; i < PARAGRAPHS_MAX && (paragraph = paragraph_next(&rest, &length)); i++) {
        draft_init(&text, bytes, sizeof bytes);
        add_paragraph(&text, paragraph, length, room);
        block_text(json, "section", &text);
        fits = fits && !text.full && text.characters <= MESSAGE_SECTION_MAX;
    }
    return fits;
}

/* False when it does not fit. */
static bool write_message(struct draft *json, const struct affn_notice *notice, size_t room)
{
    char bytes[MESSAGE_BYTES_MAX];
    struct draft text;
    draft_init(&text, bytes, sizeof bytes);
    add_text(&text, notice, room);
    block_begin(json, &text);
    bool fits = write_header(json, notice);
    fits = write_sections(json, notice, room) && fits;
    return block_end(json, &text) && fits;
}

void notice_write(struct draft *body, const struct affn_notice *notice)
{
    for (size_t room = PARAGRAPH_BYTES_MAX; room >= PARAGRAPH_BYTES_MIN; room /= 2) {
        draft_init(body, body->bytes, body->room);
        if (write_message(body, notice, room))
            return;
    }
    assert(!"a subject of at most 120 bytes and paragraphs that are cut to 100 fit");
}
