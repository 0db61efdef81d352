/*
 * See page.h. Nothing is loaded from elsewhere, nothing runs, nothing tells that it was read. The
 * light colours stand in each tag, because many mail programs look nowhere else; those that know
 * a dark look find it in the style sheet. Widths follow the window. Every value goes through
 * add_value, which escapes it and keeps its direction of writing from what is around it.
 * Addresses and links run from left to right: what stands before the @ is seen before it.
 */
#include "page.h"

#include <stdio.h>
#include <string.h>

#include "../common/character.h"
#include "../common/paragraph.h"

/* Contrast of each pair of colours, light and dark, is 4.5 or more (WCAG 2.1, 1.4.3). */
#define COLOUR_BACK   "#f3f4f6"
#define COLOUR_CARD   "#ffffff"
#define COLOUR_EDGE   "#d6d9de"
#define COLOUR_TEXT   "#1b1f24"
#define COLOUR_SMALL  "#57606a"
#define COLOUR_LINK   "#0b57d0"
#define COLOUR_JOINED "#116329"
#define COLOUR_LEFT   "#9a3412"
#define COLOUR_TEST   "#fff3c4"
#define COLOUR_WARN   "#5c4400"

#define NOTICE_BYTES_MAX 4096 /* of its text: affnotify/notice.h */

#define TITLE "<h1 style=\"margin:0 0 16px;font-size:20px;line-height:1.3;\">"
#define WRAP  "overflow-wrap:anywhere;word-break:break-word;"

static const char head[] =
    "<!DOCTYPE html>\n"
    "<html lang=\"en\">\n"
    "<head>\n"
    "<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<meta name=\"color-scheme\" content=\"light dark\">\n"
    "<meta name=\"supported-color-schemes\" content=\"light dark\">\n"
    "<style>\n"
    ":root { color-scheme: light dark; }\n"
    "@media (prefers-color-scheme: dark) {\n"
    "  .back { background: #0f1216 !important; }\n"
    "  .card { background: #1a1e24 !important; border-color: #363c45 !important; }\n"
    "  .text { color: #e8eaed !important; }\n"
    "  .small { color: #a3abb5 !important; }\n"
    "  .edge { border-color: #363c45 !important; }\n"
    "  .link { color: #8ab4f8 !important; }\n"
    "  .joined { color: #7ee2a0 !important; }\n"
    "  .left { color: #f7a983 !important; }\n"
    "  .test { background: #3d3110 !important; color: #ffe08a !important; }\n"
    "}\n"
    "</style>\n";

static const char begin[] =
    "</head>\n"
    "<body class=\"back\" style=\"margin:0;padding:0;background:" COLOUR_BACK ";\">\n"
    "<div class=\"back\" style=\"padding:16px 8px;background:" COLOUR_BACK ";\">\n"
    "<div class=\"card text\" style=\"max-width:600px;margin:0 auto;padding:20px;box-sizing:"
    "border-box;background:" COLOUR_CARD ";border:1px solid " COLOUR_EDGE ";border-radius:8px;"
    "color:" COLOUR_TEXT ";font-family:system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,"
    "sans-serif;font-size:16px;line-height:1.5;" WRAP "\">\n";

static const char end[] = "</div>\n</div>\n</body>\n</html>\n";

/* ---- Values ---- */

static void add_escaped(struct draft *draft, const char *text)
{
    static const struct {
        char byte;
        const char *entity;
    } entities[] = {
        {'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}, {'\'', "&#39;"},
    };
    for (; *text; text++) {
        const char *entity = NULL;
        for (size_t i = 0; i < sizeof entities / sizeof *entities; i++) {
            if (entities[i].byte == *text)
                entity = entities[i].entity;
        }
        if (entity)
            draft_add(draft, entity);
        else
            draft_add_bytes(draft, text, 1);
    }
}

/* What was made of the event's values by wording.c or character.c, each at most 4 KiB. */
static void add_value(struct draft *draft, const char *value)
{
    char shown[24 * 1024]; /* one hidden byte takes eight to be shown */
    struct draft text;
    draft_init(&text, shown, sizeof shown);
    character_add_shown(&text, value);
    draft_add(draft, "<bdi dir=\"ltr\">");
    add_escaped(draft, shown);
    draft_add(draft, "</bdi>");
}

static void add_link(struct draft *draft, const char *deep_link)
{
    if (!wording_is_link(deep_link)) {
        add_value(draft, deep_link);
        return;
    }
    draft_add(draft, "<a class=\"link\" rel=\"noopener noreferrer\" style=\"color:" COLOUR_LINK
                     ";\" href=\"");
    add_escaped(draft, deep_link);
    draft_add(draft, "\">");
    add_value(draft, deep_link);
    draft_add(draft, "</a>");
}

static void add_verb(struct draft *draft, const struct affn_event *event)
{
    bool joined = wording_joined(event);
    draft_format(draft, "<strong class=\"%s\" style=\"color:%s;\">%s</strong>",
                 joined ? "joined" : "left", joined ? COLOUR_JOINED : COLOUR_LEFT,
                 wording_verb(event));
}

/* ---- Parts ---- */

static void add_test(struct draft *draft, const char *sentence)
{
    draft_add(draft,
              "<p class=\"test\" style=\"margin:0 0 16px;padding:10px 12px;border-radius:6px;"
              "background:" COLOUR_TEST ";color:" COLOUR_WARN ";\">");
    draft_add(draft, sentence);
    draft_add(draft, "</p>\n");
}

static void add_title(struct draft *draft, const struct story *story)
{
    draft_add(draft, TITLE);
    if (story->count == 1) {
        add_value(draft, story->events[0]->email);
        draft_add(draft, " ");
        add_verb(draft, story->events[0]);
    } else {
        wording_headline(draft, story);
    }
    draft_add(draft, "</h1>\n");
}

#define SMALL "font-size:13px;line-height:1.5;color:" COLOUR_SMALL ";"

static void begin_field(struct draft *draft, const char *label)
{
    draft_format(draft,
                 "<p style=\"margin:0 0 12px;\"><span class=\"small\" style=\"display:block;" SMALL
                 "\">%s</span>\n",
                 label);
}

static void end_field(struct draft *draft)
{
    draft_add(draft, "</p>\n");
}

static void add_one(struct draft *draft, const struct affn_event *event)
{
    begin_field(draft, "When");
    wording_when(draft, event);
    end_field(draft);
    begin_field(draft, "Deep link");
    if (event->deep_link[0])
        add_link(draft, event->deep_link);
    else
        draft_add(draft, "none");
    end_field(draft);
    draft_add(draft, "<p class=\"small\" style=\"margin:0;" SMALL "\">");
    draft_format(draft, "Affiliate ID %s<br>\nEvent ID %s", event->affiliate_id, event->id);
    end_field(draft);
}

void page_add_row(struct draft *draft, const struct affn_event *event)
{
    draft_add(draft, "<div class=\"edge\" style=\"padding:12px 0;border-top:1px solid " COLOUR_EDGE
                     ";\">\n");
    add_value(draft, event->email);
    draft_add(draft, " ");
    add_verb(draft, event);
    if (event->deep_link[0]) {
        draft_add(draft, "<br>\n");
        add_link(draft, event->deep_link);
    }
    draft_add(draft, "\n");
    draft_add(draft, "<span class=\"small\" style=\"display:block;" SMALL "\">");
    wording_when(draft, event);
    draft_format(draft, "<br>\n%s<br>\n%s</span>\n</div>\n", event->affiliate_id, event->id);
}

static void add_footer(struct draft *draft, const char *sink)
{
    draft_add(draft,
              "<p class=\"small edge\" style=\"margin:16px 0 0;padding:12px 0 0;border-top:1px "
              "solid " COLOUR_EDGE ";" SMALL "\">Sent by affnotify to the people named in its "
              "sink &quot;");
    add_escaped(draft, sink);
    draft_add(draft, "&quot;.<br>\nTo get no more of these, ask whoever runs affnotify.</p>\n");
}

/* All that comes before the card's own content. */
static void add_beginning(struct draft *draft, const char *title)
{
    draft_add(draft, head);
    draft_add(draft, "<title>");
    add_escaped(draft, title);
    draft_add(draft, "</title>\n");
    draft_add(draft, begin);
}

void page_write(struct draft *draft, const struct story *story)
{
    char text[2048];
    struct draft title;
    draft_init(&title, text, sizeof text);
    wording_subject(&title, story);
    add_beginning(draft, text);
    if (wording_is_test(story))
        add_test(draft, wording_test);
    add_title(draft, story);
    if (story->count == 1)
        add_one(draft, story->events[0]);
    for (uint32_t i = 0; story->count > 1 && i < story->count; i++)
        page_add_row(draft, story->events[i]);
    add_footer(draft, story->sink);
    draft_add(draft, end);
}

/* ---- Notices ---- */

static void add_paragraph(struct draft *draft, const char *paragraph, size_t length)
{
    char bytes[NOTICE_BYTES_MAX + 1];
    if (length > NOTICE_BYTES_MAX)
        length = NOTICE_BYTES_MAX;
    memcpy(bytes, paragraph, length);
    bytes[length] = '\0';
    draft_add(draft, "<p style=\"margin:0 0 12px;\">");
    add_value(draft, bytes);
    end_field(draft);
}

void page_write_notice(struct draft *draft, const struct telling *telling)
{
    char text[2048];
    struct draft title;
    const char *rest = telling->notice->text;
    const char *paragraph;
    size_t length;
    draft_init(&title, text, sizeof text);
    wording_notice_subject(&title, telling);
    add_beginning(draft, text);
    if (telling->notice->flags & AFFN_NOTICE_TEST)
        add_test(draft, wording_notice_test);
    draft_add(draft, TITLE);
    add_value(draft, telling->notice->subject);
    draft_add(draft, "</h1>\n");
    while ((paragraph = paragraph_next(&rest, &length)) != NULL)
        add_paragraph(draft, paragraph, length);
    add_footer(draft, telling->sink);
    draft_add(draft, end);
}
