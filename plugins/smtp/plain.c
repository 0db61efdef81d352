/*
 * See plain.h. Lines have at most 78 columns, but for values that are longer by themselves: an
 * address or a link that is broken in two is none.
 */
#include "plain.h"

#include "../common/character.h"

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
    draft_add(draft, "\n-- \nSent by affnotify to the people named in its sink \"");
    draft_add(draft, story->sink);
    draft_add(draft, "\".\nTo get no more of these, ask whoever runs affnotify.\n");
}
