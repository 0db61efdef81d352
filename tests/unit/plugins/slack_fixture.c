/* See slack_fixture.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "slack_fixture.h"

static struct affn_event events[FIXTURE_EVENTS_MAX];
static const struct affn_event *pointers[FIXTURE_EVENTS_MAX];
static char ids[FIXTURE_EVENTS_MAX][37];
static char times[FIXTURE_EVENTS_MAX][32];

struct affn_event *fixture_event(uint32_t number, const char *email, const char *deep_link)
{
    assert_true(number < FIXTURE_EVENTS_MAX);
    struct affn_event *event = &events[number];
    *event = fake_event(number, ids[number]);
    snprintf(times[number], sizeof times[number], "2026-03-18T%02u:%02u:00.000Z", 12 + number / 60,
             number % 60);
    event->email = email;
    event->deep_link = deep_link;
    event->occurred_at = times[number];
    event->occurred_unix_ms += (int64_t)number * 60 * 1000;
    pointers[number] = event;
    return event;
}

const struct affn_event *const *fixture_events(uint32_t count)
{
    assert_true(count <= FIXTURE_EVENTS_MAX);
    return pointers;
}

json_t *fixture_message(uint32_t count, const char *programme, uint32_t *taken)
{
    static char bytes[MESSAGE_BYTES_MAX];
    struct draft body;
    json_error_t error;
    draft_init(&body, bytes, sizeof bytes);
    *taken = message_write(&body, fixture_events(count), count, programme);
    assert_true(*taken >= 1 && *taken <= count);
    assert_false(body.full);
    assert_int_equal(body.length, strlen(bytes));
    assert_int_equal(body.characters, fixture_characters(bytes));
    assert_true(body.characters <= 13000);
    json_t *message = json_loads(bytes, JSON_REJECT_DUPLICATES, &error);
    if (!message)
        fail_msg("not JSON: %s: %s", error.text, bytes);
    return message;
}

void fixture_unescape(char *text)
{
    static const struct {
        const char *entity;
        char character;
    } entities[] = {{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}};
    char *to = text;
    while (*text) {
        char character = *text;
        size_t length = 1;
        for (size_t i = 0; i < 3; i++) {
            size_t bytes = strlen(entities[i].entity);
            if (strncmp(text, entities[i].entity, bytes) == 0) {
                character = entities[i].character;
                length = bytes;
            }
        }
        *to++ = character;
        text += length;
    }
    *to = '\0';
}

size_t fixture_characters(const char *text)
{
    size_t count = 0;
    for (; *text; text++)
        count += ((unsigned char)*text & 0xc0) != 0x80;
    return count;
}

/* `text` is a text object; escapes must be whole, and nothing may look like a mention. */
static void check_text_object(const json_t *text, size_t characters_max)
{
    const char *value = json_string_value(json_object_get(text, "text"));
    const char *type = json_string_value(json_object_get(text, "type"));
    assert_non_null(value);
    assert_in_range(fixture_characters(value), 1, characters_max);
    bool is_mrkdwn = strcmp(type, "mrkdwn") == 0;
    if (is_mrkdwn)
        assert_true(json_is_true(json_object_get(text, "verbatim")));
    else
        assert_true(json_is_false(json_object_get(text, "emoji")));
    int open = 0;
    for (const char *at = value; *at; at++) {
        if (*at == '<') {
            open++;
            assert_true(strncmp(at, "<!date^", 7) == 0 || strncasecmp(at, "<http", 5) == 0);
        }
        open -= *at == '>';
        assert_in_range(open, 0, is_mrkdwn ? 1 : 0);
        if (*at == '&')
            assert_true(strncmp(at, "&amp;", 5) == 0 || strncmp(at, "&lt;", 4) == 0 ||
                        strncmp(at, "&gt;", 4) == 0);
    }
    assert_int_equal(open, 0);
}

void fixture_check_limits(const json_t *message)
{
    const json_t *blocks = json_object_get(message, "blocks");
    assert_in_range(json_array_size(blocks), 2, 50);
    assert_true(json_string_length(json_object_get(message, "text")) > 0);
    for (size_t i = 0; i < json_array_size(blocks); i++) {
        const json_t *block = json_array_get(blocks, i);
        const char *type = json_string_value(json_object_get(block, "type"));
        const json_t *elements = json_object_get(block, "elements");
        if (strcmp(type, "context") != 0)
            check_text_object(json_object_get(block, "text"),
                              strcmp(type, "header") == 0 ? 150 : 3000);
        else
            assert_in_range(json_array_size(elements), 2, 10);
        for (size_t k = 0; k < json_array_size(elements); k++)
            check_text_object(json_array_get(elements, k), 3000);
    }
}
