/*
 * What holds for every message of the slack plugin: random events of all kinds, ordinary ones and
 * hostile ones, make valid JSON within Slack's limits, and every value can be read in it whole.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/character.h"
#include "escape.h"
#include "link.h"
#include "slack_fixture.h"

#define ROUNDS          400
#define EVENTS_AT_MOST  40
#define EMAIL_BYTES_MAX 254
#define LINK_BYTES_MAX  2048

/* The same numbers in every run. */
static uint64_t random_state;

static uint32_t random_below(uint32_t limit)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(random_state >> 33) % limit;
}

static const char *const pieces[] = {
    "a",      "Z",          "0",
    ".",      "-",          "_",
    "*",      "~",          "`",
    "&",      "<",          ">",
    "|",      ":",          "'",
    "=",      "/",          "?",
    "#",      "%41",        "&amp;",
    "&lt;",   "<!channel>", "<@U1>",
    ":wave:", "_x_",        "*y*",
    " ",      "\u00e9",     "e\u0301",
    "\u20ac", "\U0001f600", "\U0001f468\u200d\U0001f469",
    "\u05d0", "\u0639",     "\u202e",
    "\u2066", "\u200f",     "\u200b",
    "\ufeff", "\u2028",     "\u00a0",
    "\u3042",
};

/* Random pieces between `front` and `back`, at most bytes_max in all. */
static void make_text(char *text, const char *front, const char *back, size_t bytes_max)
{
    size_t wanted = random_below(4) ? random_below(24) : random_below((uint32_t)bytes_max);
    /* Some values are all of one kind: the worst for what grows when it is escaped. */
    const char *only = random_below(3) ? NULL : pieces[random_below(AFFN_COUNT(pieces))];
    size_t length = (size_t)sprintf(text, "%s", front);
    for (size_t added = 0; added < wanted;) {
        const char *piece = only ? only : pieces[random_below(AFFN_COUNT(pieces))];
        size_t bytes = strlen(piece);
        if (length + bytes + strlen(back) > bytes_max)
            break;
        memcpy(text + length, piece, bytes);
        length += bytes;
        added += bytes;
    }
    strcpy(text + length, back);
}

static const char *make_event(uint32_t number, char *email, char *deep_link)
{
    static const char *const fronts[] = {"https://x.y/", "http://", "https://a@b.c:1/", "myapp://",
                                         "mailto:"};
    make_text(email, "", "@example.com", EMAIL_BYTES_MAX);
    if (random_below(5) == 0)
        *deep_link = '\0';
    else
        make_text(deep_link, fronts[random_below(5)], "", LINK_BYTES_MAX);
    struct affn_event *event = fixture_event(number, email, deep_link);
    if (random_below(3) == 0)
        event->event = "affiliate.deactivated";
    event->flags = random_below(8) ? 0 : random_below(4);
    if (random_below(20) == 0)
        event->occurred_unix_ms = -(int64_t)random_below(1000000);
    return event->email;
}

/* The value as it must be shown, by the rules in the plugin's README, written once more. */
static void show_value(char *shown, const char *value)
{
    bool isolated = escape_runs_left(value);
    size_t length = (size_t)sprintf(shown, "%s", isolated ? "\u2068" : "");
    while (*value) {
        uint32_t character;
        size_t bytes = character_next(value, &character);
        if (character_is_hidden(character))
            length += (size_t)sprintf(shown + length, "[U+%04X]", (unsigned)character);
        else
            length += (size_t)sprintf(shown + length, "%.*s", (int)bytes, value);
        value += bytes;
    }
    strcpy(shown + length, isolated ? "\u2069" : "");
}

/* The block's text object, unescaped, holds the e-mail; so no character of it is lost. */
static bool block_has_email(const json_t *block, const char *email)
{
    char shown[8 * EMAIL_BYTES_MAX];
    const char *value = json_string_value(json_object_get(json_object_get(block, "text"), "text"));
    show_value(shown, email);
    if (!value)
        return false;
    char *plain = strdup(value);
    fixture_unescape(plain);
    bool found = strstr(plain, shown);
    free(plain);
    return found;
}

/* The object is the event's link in mrkdwn, or its text when Slack makes no link of it. */
static void expect_link(const json_t *object, const char *deep_link)
{
    char bytes[4 * 3000 + 1];
    struct draft expected;
    draft_init(&expected, bytes, sizeof bytes);
    bool is_link = link_add(&expected, deep_link, 3000);
    if (!is_link)
        link_add_text(&expected, deep_link);
    assert_string_equal(json_string_value(json_object_get(object, "text")), bytes);
    assert_string_equal(json_string_value(json_object_get(object, "type")),
                        is_link ? "mrkdwn" : "plain_text");
}

static void check_single(const json_t *blocks, const struct affn_event *event)
{
    size_t at = 0;
    bool in_header = block_has_email(json_array_get(blocks, at), event->email);
    at++;
    if (!in_header)
        assert_true(block_has_email(json_array_get(blocks, at++), event->email));
    if (*event->deep_link)
        expect_link(json_object_get(json_array_get(blocks, at++), "text"), event->deep_link);
    assert_int_equal(json_array_size(blocks), at + 1);
}

static void check_rows(const json_t *blocks, const struct affn_event *const *events, uint32_t count)
{
    assert_int_equal(json_array_size(blocks), 1 + 2 * count);
    for (uint32_t i = 0; i < count; i++) {
        const json_t *row = json_array_get(blocks, 1 + 2 * i);
        const json_t *elements = json_object_get(json_array_get(blocks, 2 + 2 * i), "elements");
        assert_true(block_has_email(row, events[i]->email));
        assert_int_equal(json_array_size(elements), *events[i]->deep_link ? 3 : 2);
        if (*events[i]->deep_link)
            expect_link(json_array_get(elements, 2), events[i]->deep_link);
    }
}

static void every_value_comes_back_from_every_message(void **state)
{
    (void)state;
    static char emails[EVENTS_AT_MOST][EMAIL_BYTES_MAX + 1];
    static char links[EVENTS_AT_MOST][LINK_BYTES_MAX + 1];
    static const char *const programmes[] = {NULL, "Acme", "<!here> & *Co*", "\u05d0\u05d1"};
    random_state = 20260318;
    for (uint32_t round = 0; round < ROUNDS; round++) {
        uint32_t count = 1 + (round % 2) * random_below(EVENTS_AT_MOST);
        for (uint32_t i = 0; i < count; i++)
            make_event(i, emails[i], links[i]);
        uint32_t taken;
        json_t *message = fixture_message(count, programmes[random_below(4)], &taken);
        const json_t *blocks = json_object_get(message, "blocks");
        fixture_check_limits(message);
        if (taken == 1)
            check_single(blocks, *fixture_events(1));
        else
            check_rows(blocks, fixture_events(count), taken);
        json_decref(message);
    }
}

/* The worst of everything at once: the e-mail, the link and the name grow fivefold. */
static void the_longest_event_fits(void **state)
{
    (void)state;
    static const char *const worst[] = {"&", "<", "\u00ad", "\u202e", "\U0001f600", "'"};
    static char email[EMAIL_BYTES_MAX + 1];
    static char link[LINK_BYTES_MAX + 1];
    char programme[4 * MESSAGE_PROGRAMME_MAX + 1] = "";
    for (size_t i = 0; i < AFFN_COUNT(worst); i++) {
        size_t bytes = strlen(worst[i]);
        email[0] = programme[0] = '\0';
        strcpy(link, "https://x.y/");
        while (strlen(email) + bytes + 12 <= EMAIL_BYTES_MAX)
            strcat(email, worst[i]);
        strcat(email, "@example.com");
        while (strlen(link) + bytes <= LINK_BYTES_MAX)
            strcat(link, worst[i]);
        for (size_t k = 0; k < MESSAGE_PROGRAMME_MAX; k++)
            strcat(programme, worst[i]);
        for (uint32_t k = 0; k < 20; k++)
            fixture_event(k, email, link)->flags = AFFN_EVENT_TEST | AFFN_EVENT_REPLAY;
        uint32_t taken;
        json_t *message = fixture_message(1, programme, &taken);
        fixture_check_limits(message);
        check_single(json_object_get(message, "blocks"), *fixture_events(1));
        json_decref(message);
        message = fixture_message(20, programme, &taken);
        fixture_check_limits(message);
        json_decref(message);
    }
}

static char *text_of(uint32_t count, const char *programme)
{
    static char text[16 * 1024];
    uint32_t taken;
    json_t *message = fixture_message(count, programme, &taken);
    snprintf(text, sizeof text, "%s", json_string_value(json_object_get(message, "text")));
    json_decref(message);
    return text;
}

static char *header_of(uint32_t count, const char *programme)
{
    static char text[1024];
    uint32_t taken;
    json_t *message = fixture_message(count, programme, &taken);
    const json_t *block = json_array_get(json_object_get(message, "blocks"), 0);
    snprintf(text, sizeof text, "%s",
             json_string_value(json_object_get(json_object_get(block, "text"), "text")));
    json_decref(message);
    return text;
}

static void the_headline_says_what_happened(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 15; i++)
        fixture_event(i, "a@x.y", "");
    assert_string_equal(header_of(3, NULL), "3 affiliates joined");
    assert_string_equal(header_of(3, "Acme"), "Acme: 3 affiliates joined");
    for (uint32_t i = 12; i < 15; i++)
        fixture_event(i, "a@x.y", "")->event = "affiliate.deactivated";
    assert_string_equal(header_of(15, NULL), "12 joined, 3 left");
    fixture_event(0, "a@x.y", "")->event = "affiliate.deactivated";
    fixture_event(1, "a@x.y", "")->event = "affiliate.deactivated";
    assert_string_equal(header_of(2, NULL), "2 affiliates left");
    for (uint32_t i = 0; i < 2; i++)
        fixture_event(i, "a@x.y", "")->flags = AFFN_EVENT_TEST;
    assert_string_equal(header_of(2, NULL), "Test: 2 affiliates joined");
    assert_string_equal(header_of(3, NULL), "3 affiliates joined"); /* one of them is real */
}

static void an_address_too_long_for_the_header_stands_below_it(void **state)
{
    (void)state;
    char email[256];
    /* the sign and its blank, then " joined" behind it: 9 characters */
    snprintf(email, sizeof email, "%0129d@example.com", 0);
    fixture_event(0, email, "");
    assert_int_equal(fixture_characters(header_of(1, NULL)), 150);
    snprintf(email, sizeof email, "%0130d@example.com", 0);
    assert_string_equal(header_of(1, NULL), "\U0001f7e2 An affiliate joined");
    snprintf(email, sizeof email, "%0129d@example.com", 0);
    assert_string_equal(header_of(1, "A"), "\U0001f7e2 An affiliate joined");
}

/* A link takes 3,000 characters with its escapes, and not one more. */
static void a_link_too_long_for_slack_is_text(void **state)
{
    (void)state;
    static char link[LINK_BYTES_MAX + 1];
    char bytes[16 * 1024];
    struct draft draft;
    strcpy(link, "https://x.y/?");
    memset(link + strlen(link), '&', 500);
    do {
        strcat(link, "a");
        draft_init(&draft, bytes, sizeof bytes);
        assert_true(link_add(&draft, link, 4000));
    } while (draft.characters < 3000);
    for (int more = 0; more < 2; more++) {
        uint32_t taken;
        fixture_event(0, "anna@x.y", link);
        json_t *message = fixture_message(1, NULL, &taken);
        const json_t *block = json_array_get(json_object_get(message, "blocks"), 1);
        const json_t *text = json_object_get(block, "text");
        assert_string_equal(json_string_value(json_object_get(text, "type")),
                            more ? "plain_text" : "mrkdwn");
        json_decref(message);
        strcat(link, "a");
    }
}

static void the_text_says_all(void **state)
{
    (void)state;
    fixture_event(0, "anna@x.y", "https://x.y/1");
    assert_string_equal(text_of(1, NULL), "anna@x.y joined\n"
                                          "<https://x.y/1>\n"
                                          "2026-03-18 12:00 UTC \u00b7 ia_43831f8e");
    assert_string_equal(text_of(1, "Acme"), "anna@x.y joined Acme\n"
                                            "<https://x.y/1>\n"
                                            "2026-03-18 12:00 UTC \u00b7 ia_43831f8e");
    fixture_event(1, "ben@x.y", "")->event = "affiliate.deactivated";
    assert_string_equal(
        text_of(2, NULL),
        "1 joined, 1 left\n"
        "anna@x.y joined \u00b7 2026-03-18 12:00 UTC \u00b7 ia_43831f8e \u00b7 <https://x.y/1>\n"
        "ben@x.y left \u00b7 2026-03-18 12:01 UTC \u00b7 ia_43831f8e");
}

static void the_time_is_the_readers(void **state)
{
    (void)state;
    fixture_event(0, "anna@x.y", "");
    uint32_t taken;
    for (int round = 0; round < 2; round++) {
        json_t *message = fixture_message(1, NULL, &taken);
        const json_t *context = json_array_get(json_object_get(message, "blocks"), 1);
        const json_t *time = json_array_get(json_object_get(context, "elements"), 0);
        assert_string_equal(json_string_value(json_object_get(time, "text")),
                            round == 0 ? "<!date^1773835200^{date_short_pretty} at {time}|"
                                         "2026-03-18 12:00 UTC>"
                                       : "2026-03-18 12:00 UTC");
        json_decref(message);
        fixture_event(0, "anna@x.y", "")->occurred_unix_ms = -1;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_value_comes_back_from_every_message),
        cmocka_unit_test(the_longest_event_fits),
        cmocka_unit_test(the_headline_says_what_happened),
        cmocka_unit_test(an_address_too_long_for_the_header_stands_below_it),
        cmocka_unit_test(a_link_too_long_for_slack_is_text),
        cmocka_unit_test(the_text_says_all),
        cmocka_unit_test(the_time_is_the_readers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
