/* See message.h. The layout is drawn in README.md. */
#include "message.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "block.h"
#include "escape.h"
#include "json.h"
#include "link.h"

#define BLOCKS_BESIDE_ROWS 1 /* the header */
#define BLOCKS_A_ROW       2
#define ROWS_MAX           ((MESSAGE_BLOCKS_MAX - BLOCKS_BESIDE_ROWS) / BLOCKS_A_ROW)
#define SEPARATOR          " \u00b7 "

struct message {
    const struct affn_event *const *events;
    uint32_t count;
    const char *programme;
};

/* ---- Words ---- */

static bool has_joined(const struct affn_event *event)
{
    return strcmp(event->event, "affiliate.created") == 0;
}

static bool is_test(const struct affn_event *event)
{
    return event->flags & AFFN_EVENT_TEST;
}

/* A dot that tells joined from left at a glance, also for those who see no green: light and dark.
 * Tests have another sign, so that nobody counts them. */
static const char *sign(const struct affn_event *event)
{
    if (is_test(event))
        return "\U0001f9ea ";
    return has_joined(event) ? "\U0001f7e2 " : "\u26aa ";
}

/* "affiliate@example.com joined Acme"; `who` is readable already, or NULL for the event's e-mail. */
static void add_deed(struct draft *draft, const struct affn_event *event, const char *who,
                     const char *programme)
{
    if (is_test(event))
        draft_add(draft, "Test: ");
    if (who)
        draft_add(draft, who);
    else
        escape_value(draft, event->email);
    draft_add(draft, has_joined(event) ? " joined" : " left");
    if (programme) {
        draft_add(draft, " ");
        escape_value(draft, programme);
    }
}

/* "Acme: 12 joined, 3 left", or "3 affiliates joined". */
static void add_headline(struct draft *draft, const struct message *message)
{
    uint32_t joined = 0;
    uint32_t tests = 0;
    for (uint32_t i = 0; i < message->count; i++) {
        joined += has_joined(message->events[i]);
        tests += is_test(message->events[i]);
    }
    uint32_t left = message->count - joined;
    if (tests == message->count)
        draft_add(draft, "Test: ");
    if (message->programme) {
        escape_value(draft, message->programme);
        draft_add(draft, ": ");
    }
    if (joined > 0 && left > 0)
        draft_format(draft, "%" PRIu32 " joined, %" PRIu32 " left", joined, left);
    else
        draft_format(draft, "%" PRIu32 " affiliates %s", message->count,
                     joined ? "joined" : "left");
}

/* "2026-03-18 12:00 UTC" */
static void add_utc(struct draft *draft, const struct affn_event *event)
{
    draft_format(draft, "%.10s %.5s UTC", event->occurred_at, event->occurred_at + 11);
}

/* "ia_43831f8e · sent again" */
static void add_small_print(struct draft *draft, const struct affn_event *event)
{
    escape_value(draft, event->affiliate_id);
    if (event->flags & AFFN_EVENT_REPLAY)
        draft_add(draft, SEPARATOR "sent again");
    if (is_test(event))
        draft_add(draft, SEPARATOR "only a test");
}

/* ---- The text, for whoever does not get the blocks ---- */

static void add_text_link(struct draft *text, const char *deep_link)
{
    if (!link_add(text, deep_link, MESSAGE_SECTION_MAX))
        link_add_text(text, deep_link);
}

/* The first line is what a notification shows; the second has the rest. */
static void add_single_text(struct draft *text, const struct message *message)
{
    const struct affn_event *event = message->events[0];
    add_deed(text, event, NULL, message->programme);
    draft_add(text, "\n");
    if (*event->deep_link) {
        add_text_link(text, event->deep_link);
        draft_add(text, "\n");
    }
    add_utc(text, event);
    draft_add(text, SEPARATOR);
    add_small_print(text, event);
}

static void add_rows_text(struct draft *text, const struct message *message)
{
    add_headline(text, message);
    for (uint32_t i = 0; i < message->count; i++) {
        const struct affn_event *event = message->events[i];
        draft_add(text, "\n");
        add_deed(text, event, NULL, NULL);
        draft_add(text, SEPARATOR);
        add_utc(text, event);
        draft_add(text, SEPARATOR);
        add_small_print(text, event);
        if (*event->deep_link) {
            draft_add(text, SEPARATOR);
            add_text_link(text, event->deep_link);
        }
    }
}

/* ---- Blocks ---- */

static void write_link(struct draft *json, const char *name, const char *deep_link)
{
    char bytes[SECTION_BYTES_MAX];
    struct draft text;
    draft_init(&text, bytes, sizeof bytes);
    if (link_add(&text, deep_link, MESSAGE_SECTION_MAX)) {
        block_mrkdwn(json, name, &text);
        return;
    }
    link_add_text(&text, deep_link);
    block_plain(json, name, &text);
}

/* In the reader's time zone and words: "Today at 1:00 PM". */
static void write_time(struct draft *json, const struct affn_event *event)
{
    char bytes[256];
    struct draft text;
    draft_init(&text, bytes, sizeof bytes);
    if (event->occurred_unix_ms >= 0)
        draft_format(&text, "<!date^%" PRId64 "^{date_short_pretty} at {time}|",
                     event->occurred_unix_ms / 1000);
    add_utc(&text, event);
    if (event->occurred_unix_ms >= 0) /* nobody says what Slack makes of times before 1970 */
        draft_add(&text, ">");
    block_mrkdwn(json, NULL, &text);
}

static void write_context(struct draft *json, const struct affn_event *event, bool with_link)
{
    char bytes[256];
    struct draft text;
    draft_init(&text, bytes, sizeof bytes);
    json_open_object(json, NULL);
    json_text(json, "type", "context");
    json_open_array(json, "elements");
    write_time(json, event);
    add_small_print(&text, event);
    block_plain(json, NULL, &text);
    if (with_link && *event->deep_link)
        write_link(json, NULL, event->deep_link);
    json_close_array(json);
    json_close_object(json);
}

/* One event: who and what as the header; an address too long for it comes below, whole. */
static void write_single(struct draft *json, const struct message *message)
{
    char bytes[SECTION_BYTES_MAX];
    struct draft text;
    const struct affn_event *event = message->events[0];
    draft_init(&text, bytes, sizeof bytes);
    draft_add(&text, sign(event));
    add_deed(&text, event, NULL, message->programme);
    bool too_long = text.characters > MESSAGE_HEADER_MAX;
    if (too_long) {
        draft_init(&text, bytes, sizeof bytes);
        draft_add(&text, sign(event));
        add_deed(&text, event, "An affiliate", NULL);
    }
    block_text(json, "header", &text);
    if (too_long) {
        draft_init(&text, bytes, sizeof bytes);
        add_deed(&text, event, NULL, message->programme);
        block_text(json, "section", &text);
    }
    if (*event->deep_link) {
        json_open_object(json, NULL);
        json_text(json, "type", "section");
        write_link(json, "text", event->deep_link);
        json_close_object(json);
    }
    write_context(json, event, false);
}

/* Several: what happened in numbers as the header, then two blocks for each. */
static void write_rows(struct draft *json, const struct message *message)
{
    char bytes[SECTION_BYTES_MAX];
    struct draft text;
    draft_init(&text, bytes, sizeof bytes);
    add_headline(&text, message);
    if (text.characters > MESSAGE_HEADER_MAX) {
        draft_init(&text, bytes, sizeof bytes);
        add_headline(&text, &(struct message){message->events, message->count, NULL});
    }
    block_text(json, "header", &text);
    for (uint32_t i = 0; i < message->count; i++) {
        const struct affn_event *event = message->events[i];
        draft_init(&text, bytes, sizeof bytes);
        draft_add(&text, sign(event));
        add_deed(&text, event, NULL, NULL);
        block_text(json, "section", &text);
        write_context(json, event, true);
    }
}

/* ---- The whole ---- */

/* False when it does not fit. */
static bool write_message(struct draft *json, const struct message *message)
{
    char bytes[MESSAGE_BYTES_MAX];
    struct draft text;
    draft_init(&text, bytes, sizeof bytes);
    if (message->count == 1)
        add_single_text(&text, message);
    else
        add_rows_text(&text, message);

    block_begin(json, &text);
    if (message->count == 1)
        write_single(json, message);
    else
        write_rows(json, message);
    return block_end(json, &text);
}

uint32_t message_write(struct draft *body, const struct affn_event *const *events, uint32_t count,
                       const char *programme)
{
    uint32_t taken = count < ROWS_MAX ? count : ROWS_MAX;
    for (;; taken--) {
        assert(taken > 0); /* the longest event fits: its e-mail three times, its link twice */
        draft_init(body, body->bytes, body->room);
        if (write_message(body, &(struct message){events, taken, programme}))
            return taken;
    }
}
