/* See trial_events.h. */
#include "core/bus/trial_events.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "core/base/buffer.h"
#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/memory.h"
#include "core/event/refusal.h"

#define TEST_ID_DIGITS 27

static const char sample[] =
    "{\"event\":\"affiliate.created\",\"affiliate_id\":\"ia_43831f8e\","
    "\"email\":\"affiliate@example.com\",\"deep_link\":\"https://myapp.link/ref/abc123\"%s}";
static const char sample_time[] = ",\"occurred_at\":\"2026-03-18T12:00:00.000Z\"";

static void make_test_id(char id[EVENT_ID_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    unsigned char random[TEST_ID_DIGITS];
    ssize_t got = getrandom(random, sizeof random, 0);
    assert(got == (ssize_t)sizeof random);
    int length = snprintf(id, EVENT_ID_SIZE, "evt_test_");
    for (size_t i = 0; i < TEST_ID_DIGITS; i++)
        id[length++] = digits[random[i] % 16];
    id[length] = '\0';
}

static void add(struct trial_events *events, const struct event_input *input, bool marked,
                int64_t now_unix_ms)
{
    struct event event;
    events->items = memory_resize(events->items, events->count + 1, sizeof *events->items);
    struct trial_event *made = &events->items[events->count++];
    event_complete(input, NULL, NULL, now_unix_ms, &event);
    made->canonical_bytes = (uint32_t)event_encode(&event, made->canonical);
    if (marked)
        make_test_id(made->id);
    else
        event_id(made->canonical, made->canonical_bytes, made->id);
}

void trial_events_sample(struct trial_events *events, bool marked, int64_t now_unix_ms)
{
    struct event_input input;
    struct refusal refusal;
    char *text = memory_format(sample, marked ? "" : sample_time);
    *events = (struct trial_events){0};
    int result = event_parse(text, strlen(text), &input, &refusal);
    assert(result == 0);
    add(events, &input, marked, now_unix_ms);
    free(text);
}

static int refuse(struct refusal *refusal, size_t number, const struct refusal *why)
{
    char *message = memory_format("event %zu: %s", number, why->message);
    refusal_set(refusal, "events", why->rule, "%s", message);
    free(message);
    return -1;
}

static int read_lines(struct trial_events *events, char *text, bool marked, int64_t now_unix_ms,
                      struct refusal *refusal)
{
    char *rest = NULL;
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        struct event_input input;
        struct refusal why;
        if (line[strspn(line, " \t\r")] == '\0')
            continue;
        if (events->count == TRIAL_EVENTS_MAX)
            return refusal_set(refusal, "events", "too_many",
                               "events: at most %d at a time; give fewer", TRIAL_EVENTS_MAX);
        if (event_parse(line, strlen(line), &input, &why) < 0)
            return refuse(refusal, events->count + 1, &why);
        add(events, &input, marked, now_unix_ms);
    }
    if (events->count == 0)
        return refusal_set(refusal, "events", "missing",
                           "events: there is none; give one, or leave `events` out for a sample");
    return 0;
}

int trial_events_read(struct trial_events *events, int fd, bool marked, int64_t now_unix_ms,
                      struct refusal *refusal)
{
    struct buffer text;
    struct error error;
    int result;
    *events = (struct trial_events){0};
    buffer_init(&text, TRIAL_INPUT_BYTES_MAX);
    if (file_read_open(fd, "stdin", &text, &error) < 0)
        result = refusal_set(refusal, "events", "unreadable", "events: %s", error.text);
    else if (strlen(text.data) < text.len)
        result = refusal_set(refusal, "events", "not_json", "events: a NUL byte is no JSON");
    else
        result = read_lines(events, text.data, marked, now_unix_ms, refusal);
    buffer_finish(&text);
    return result;
}

void trial_events_finish(struct trial_events *events)
{
    free(events->items);
    *events = (struct trial_events){0};
}
