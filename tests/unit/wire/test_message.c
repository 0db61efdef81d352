/*
 * Messages: each comes back as it was put; cut short anywhere, with a byte left over, with a count
 * too large or a bool that is none, it is an error.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/wire/message.h"

/* ---- One sample of each message; each get compares what it read with the sample ---- */

static struct message_option options[] = {
    {"url", "Where to.", NULL, "", 9, 1, 0, 0, false},
    {"size", "How much.", "", "", 5, 0, -7, INT64_MAX, false},
    {"mode", "How.", "fast", "fast slow", 7, 4, INT64_MIN, 3, true},
};
static const struct message_table table = {
    .name = "csv",
    .version = "1.0",
    .summary = "Appends rows.",
    .defaults = "retry=standard",
    .revision = 258,
    .requests = true,
    .notices = true,
    .option_count = 3,
    .options = options,
};

static int put_table(struct buffer *buffer)
{
    return message_put_table(buffer, &table);
}

static int get_table(struct frame *frame)
{
    struct message_table got;
    if (message_get_table(frame, &got) < 0) {
        assert_null(got.options);
        return -1;
    }
    assert_string_equal(got.name, table.name);
    assert_string_equal(got.version, table.version);
    assert_string_equal(got.summary, table.summary);
    assert_string_equal(got.defaults, table.defaults);
    assert_int_equal(got.revision, table.revision);
    assert_true(got.requests);
    assert_true(got.notices);
    assert_int_equal(got.option_count, table.option_count);
    for (uint32_t i = 0; i < got.option_count; i++) {
        assert_string_equal(got.options[i].name, options[i].name);
        assert_string_equal(got.options[i].help, options[i].help);
        assert_int_equal(got.options[i].fallback != NULL, options[i].fallback != NULL);
        if (options[i].fallback)
            assert_string_equal(got.options[i].fallback, options[i].fallback);
        assert_string_equal(got.options[i].choices, options[i].choices);
        assert_int_equal(got.options[i].type, options[i].type);
        assert_int_equal(got.options[i].flags, options[i].flags);
        assert_true(got.options[i].min == options[i].min);
        assert_true(got.options[i].max == options[i].max);
        assert_int_equal(got.options[i].hosts, options[i].hosts);
    }
    free(got.options);
    return 0;
}

static int put_failed(struct buffer *buffer)
{
    return message_put_failed(buffer, "x.so: no such file");
}

static int get_failed(struct frame *frame)
{
    const char *text;
    if (message_get_failed(frame, &text) < 0)
        return -1;
    assert_string_equal(text, "x.so: no such file");
    return 0;
}

static struct message_value values[] = {{"url", "https://example.com"}, {"header.X", ""}};
static const struct message_options section = {
    .state_dir = "/var/lib/affnotify/sinks/crm",
    .trial = true,
    .incomplete = true,
    .timeout_ms = 10000000000,
    .concurrency = 32,
    .value_count = 2,
    .values = values,
};

static int put_options(struct buffer *buffer)
{
    return message_put_options(buffer, &section);
}

static int get_options(struct frame *frame)
{
    struct message_options got;
    if (message_get_options(frame, &got) < 0) {
        assert_null(got.values);
        return -1;
    }
    assert_string_equal(got.state_dir, section.state_dir);
    assert_true(got.trial);
    assert_true(got.incomplete);
    assert_true(got.timeout_ms == section.timeout_ms);
    assert_int_equal(got.concurrency, section.concurrency);
    assert_int_equal(got.value_count, section.value_count);
    for (uint32_t i = 0; i < got.value_count; i++) {
        assert_string_equal(got.values[i].key, values[i].key);
        assert_string_equal(got.values[i].value, values[i].value);
    }
    free(got.values);
    return 0;
}

static struct message_mistake mistakes[] = {{"url", "must be https", false}, {"", "odd", true}};
static const struct message_checked checked = {.mistake_count = 2, .mistakes = mistakes};

static int put_checked(struct buffer *buffer)
{
    return message_put_checked(buffer, &checked);
}

static int get_checked(struct frame *frame)
{
    struct message_checked got;
    if (message_get_checked(frame, &got) < 0) {
        assert_null(got.mistakes);
        return -1;
    }
    assert_int_equal(got.mistake_count, checked.mistake_count);
    for (uint32_t i = 0; i < got.mistake_count; i++) {
        assert_string_equal(got.mistakes[i].key, mistakes[i].key);
        assert_string_equal(got.mistakes[i].text, mistakes[i].text);
        assert_int_equal(got.mistakes[i].warning, mistakes[i].warning);
    }
    free(got.mistakes);
    return 0;
}

static const struct message_opened opened = {.verdict = -4, .what = "refused", .remedy = "wait"};

static int put_opened(struct buffer *buffer)
{
    return message_put_opened(buffer, &opened);
}

static int get_opened(struct frame *frame)
{
    struct message_opened got;
    if (message_get_opened(frame, &got) < 0)
        return -1;
    assert_int_equal(got.verdict, opened.verdict);
    assert_string_equal(got.what, opened.what);
    assert_string_equal(got.remedy, opened.remedy);
    return 0;
}

static struct message_event events[] = {
    {"evt_1", "{\"event\":1}", 11, 3, 1},
    {"evt_2", "{}", 2, 0, UINT32_MAX},
};
static const struct message_deliver deliver = {
    .batch = 9, .heard = 77, .event_count = 2, .events = events};

static int put_deliver(struct buffer *buffer)
{
    return message_put_deliver(buffer, &deliver);
}

static int get_deliver(struct frame *frame)
{
    struct message_deliver got;
    if (message_get_deliver(frame, &got) < 0) {
        assert_null(got.events);
        return -1;
    }
    assert_int_equal(got.batch, deliver.batch);
    assert_int_equal(got.heard, deliver.heard);
    assert_int_equal(got.event_count, deliver.event_count);
    for (uint32_t i = 0; i < got.event_count; i++) {
        assert_string_equal(got.events[i].id, events[i].id);
        assert_string_equal(got.events[i].canonical, events[i].canonical);
        assert_int_equal(got.events[i].canonical_bytes, events[i].canonical_bytes);
        assert_int_equal(got.events[i].flags, events[i].flags);
        assert_int_equal(got.events[i].attempt, events[i].attempt);
    }
    free(got.events);
    return 0;
}

/* RENDER is a DELIVER of another type. */
static int put_render(struct buffer *buffer)
{
    return message_put_render(buffer, &deliver);
}

static const char *lines[] = {"ann@example.com", "bob@example.com"};
static const struct message_rendered rendered = {
    .taken = 7,
    .verdict = -100,
    .what = "nothing to send",
    .remedy = "wait",
    .kind = "mail",
    .method = "POST",
    .url = "smtp://mx.example",
    .sender = "me@example.com",
    .line_count = 2,
    .lines = lines,
    .body = "Subject: Hi\r\n\0\r\n", /* the body alone may hold a NUL */
    .body_bytes = 16,
};

static int put_rendered(struct buffer *buffer)
{
    return message_put_rendered(buffer, &rendered);
}

static int get_rendered(struct frame *frame)
{
    struct message_rendered got;
    if (message_get_rendered(frame, &got) < 0) {
        assert_null(got.lines);
        return -1;
    }
    assert_int_equal(got.taken, rendered.taken);
    assert_int_equal(got.verdict, rendered.verdict);
    assert_string_equal(got.what, rendered.what);
    assert_string_equal(got.remedy, rendered.remedy);
    assert_string_equal(got.kind, rendered.kind);
    assert_string_equal(got.method, rendered.method);
    assert_string_equal(got.url, rendered.url);
    assert_string_equal(got.sender, rendered.sender);
    assert_int_equal(got.line_count, rendered.line_count);
    for (uint32_t i = 0; i < got.line_count; i++)
        assert_string_equal(got.lines[i], lines[i]);
    assert_int_equal(got.body_bytes, rendered.body_bytes);
    assert_memory_equal(got.body, rendered.body, rendered.body_bytes);
    free(got.lines);
    return 0;
}

static const struct message_said said = {
    .speaker = SPEAKER_THEM, .after_ms = 10000000000, .text = "250 2.0.0 Ok"};

static int put_said(struct buffer *buffer)
{
    return message_put_said(buffer, &said);
}

static int get_said(struct frame *frame)
{
    struct message_said got;
    if (message_get_said(frame, &got) < 0)
        return -1;
    assert_int_equal(got.speaker, said.speaker);
    assert_true(got.after_ms == said.after_ms);
    assert_string_equal(got.text, said.text);
    return 0;
}

static struct message_item items[] = {{0, 3, 422, "bad row"}, {4, -1, 0, ""}};
static const struct message_outcome outcome = {
    .batch = 9,
    .taken = 5,
    .verdict = 2,
    .code = -429,
    .duration_ms = 10000000000,
    .retry_after_ms = -1,
    .what = "429 Too Many Requests",
    .remedy = "",
    .item_count = 2,
    .items = items,
};

static int put_outcome(struct buffer *buffer)
{
    return message_put_outcome(buffer, &outcome);
}

static int get_outcome(struct frame *frame)
{
    struct message_outcome got;
    if (message_get_outcome(frame, &got) < 0) {
        assert_null(got.items);
        return -1;
    }
    assert_int_equal(got.batch, outcome.batch);
    assert_int_equal(got.taken, outcome.taken);
    assert_int_equal(got.verdict, outcome.verdict);
    assert_int_equal(got.code, outcome.code);
    assert_true(got.duration_ms == outcome.duration_ms);
    assert_true(got.retry_after_ms == outcome.retry_after_ms);
    assert_string_equal(got.what, outcome.what);
    assert_string_equal(got.remedy, outcome.remedy);
    assert_int_equal(got.item_count, outcome.item_count);
    for (uint32_t i = 0; i < got.item_count; i++) {
        assert_int_equal(got.items[i].index, items[i].index);
        assert_int_equal(got.items[i].verdict, items[i].verdict);
        assert_int_equal(got.items[i].code, items[i].code);
        assert_string_equal(got.items[i].what, items[i].what);
    }
    free(got.items);
    return 0;
}

static const struct message_notice notice = {
    .number = 7,
    .id = "ntc_crm_1_held",
    .about = "crm",
    .subject = "affnotify: crm is held",
    .text = "Not open.\n\nWhy: it was so.",
    .flags = 3,
    .made_unix_ms = 1773835200000,
};

static int put_notice(struct buffer *buffer)
{
    return message_put_notice(buffer, &notice);
}

static int get_notice(struct frame *frame)
{
    struct message_notice got;
    if (message_get_notice(frame, &got) < 0)
        return -1;
    assert_int_equal(got.number, notice.number);
    assert_string_equal(got.id, notice.id);
    assert_string_equal(got.about, notice.about);
    assert_string_equal(got.subject, notice.subject);
    assert_string_equal(got.text, notice.text);
    assert_int_equal(got.flags, notice.flags);
    assert_true(got.made_unix_ms == notice.made_unix_ms);
    return 0;
}

static const struct message_noticed noticed = {
    .number = 7, .verdict = -5, .retry_after_ms = 10000000000, .what = "429", .remedy = "wait"};

static int put_noticed(struct buffer *buffer)
{
    return message_put_noticed(buffer, &noticed);
}

static int get_noticed(struct frame *frame)
{
    struct message_noticed got;
    if (message_get_noticed(frame, &got) < 0)
        return -1;
    assert_int_equal(got.number, noticed.number);
    assert_int_equal(got.verdict, noticed.verdict);
    assert_true(got.retry_after_ms == noticed.retry_after_ms);
    assert_string_equal(got.what, noticed.what);
    assert_string_equal(got.remedy, noticed.remedy);
    return 0;
}

static int put_log(struct buffer *buffer)
{
    return message_put_log(buffer, &(struct message_log){.level = -2, .text = "hello"});
}

static int get_log(struct frame *frame)
{
    struct message_log got;
    if (message_get_log(frame, &got) < 0)
        return -1;
    assert_int_equal(got.level, -2);
    assert_string_equal(got.text, "hello");
    return 0;
}

static int put_count(struct buffer *buffer)
{
    return message_put_count(buffer,
                             &(struct message_count){.name = "rows_2", .number = UINT64_C(7)});
}

static int get_count(struct frame *frame)
{
    struct message_count got;
    if (message_get_count(frame, &got) < 0)
        return -1;
    assert_string_equal(got.name, "rows_2");
    assert_int_equal(got.number, 7);
    return 0;
}

static void test_names_of_counts(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool is_right;
    } cases[] = {
        {"a", true},
        {"formulas_guarded", true},
        {"a234567890123456789012345678901_", true},
        {"a234567890123456789012345678901_3", false},
        {"", false},
        {"1a", false},
        {"_a", false},
        {"A", false},
        {"a b", false},
        {"a\xc3\xa9", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buffer buffer;
        struct frame frame;
        struct message_count got;
        size_t used;
        buffer_init(&buffer, FRAME_BYTES_MAX);
        message_put_count(&buffer, &(struct message_count){.name = cases[i].name, .number = 1});
        assert_int_equal(frame_read(buffer.data, buffer.len, &frame, &used), 1);
        assert_int_equal(message_get_count(&frame, &got), cases[i].is_right ? 0 : -1);
        buffer_finish(&buffer);
    }
}

static const struct sample {
    const char *name;
    enum message_type type;
    int (*put)(struct buffer *buffer);
    int (*get)(struct frame *frame);
    size_t count_at; /* where in the fields a count of things stands; 0 for none */
} samples[] = {
    {"table", MESSAGE_TABLE, put_table, get_table, 8 + 8 + 18 + 19 + 3 * 4},
    {"failed", MESSAGE_FAILED, put_failed, get_failed, 0},
    {"options", MESSAGE_OPTIONS, put_options, get_options, 33 + 2 * 4 + 8 + 4},
    {"checked", MESSAGE_CHECKED, put_checked, get_checked, 0},
    {"opened", MESSAGE_OPENED, put_opened, get_opened, 0},
    {"deliver", MESSAGE_DELIVER, put_deliver, get_deliver, 8},
    {"render", MESSAGE_RENDER, put_render, get_deliver, 8},
    {"rendered", MESSAGE_RENDERED, put_rendered, get_rendered, 2 * 4 + 20 + 9 + 9 + 9 + 22 + 19},
    {"said", MESSAGE_SAID, put_said, get_said, 0},
    {"outcome", MESSAGE_OUTCOME, put_outcome, get_outcome, 4 * 4 + 2 * 8 + 26 + 5},
    {"notice", MESSAGE_NOTICE, put_notice, get_notice, 0},
    {"noticed", MESSAGE_NOTICED, put_noticed, get_noticed, 0},
    {"log", MESSAGE_LOG, put_log, get_log, 0},
    {"count", MESSAGE_COUNT, put_count, get_count, 0},
};
#define SAMPLE_COUNT (sizeof samples / sizeof *samples)

/* The sample's frame in a buffer, to be finished. */
static struct buffer put(const struct sample *sample)
{
    struct buffer buffer;
    buffer_init(&buffer, FRAME_BYTES_MAX);
    assert_int_equal(sample->put(&buffer), 0);
    return buffer;
}

/* Gets a message out of a copy of just these fields, so that the sanitizer sees a read beyond. */
static int get(const struct sample *sample, const char *fields, size_t length)
{
    char *exact = malloc(length ? length : 1);
    assert_non_null(exact);
    memcpy(exact, fields, length);
    struct frame frame = {.type = (uint32_t)sample->type, .next = exact, .left = length};
    int result = sample->get(&frame);
    free(exact);
    return result;
}

static void test_round_trips(void **state)
{
    (void)state;
    for (size_t i = 0; i < SAMPLE_COUNT; i++) {
        struct buffer buffer = put(&samples[i]);
        struct frame frame;
        size_t used;
        assert_int_equal(frame_read(buffer.data, buffer.len, &frame, &used), 1);
        assert_int_equal(used, buffer.len);
        assert_int_equal(frame.type, samples[i].type);
        if (samples[i].get(&frame) != 0)
            fail_msg("%s does not come back", samples[i].name);
        buffer_finish(&buffer);
    }
}

static void test_cut_short(void **state)
{
    (void)state;
    for (size_t i = 0; i < SAMPLE_COUNT; i++) {
        struct buffer buffer = put(&samples[i]);
        const char *fields = buffer.data + FRAME_HEAD_BYTES;
        for (size_t length = 0; length < buffer.len - FRAME_HEAD_BYTES; length++) {
            if (get(&samples[i], fields, length) != -1)
                fail_msg("the first %zu bytes of %s are taken", length, samples[i].name);
        }
        buffer_finish(&buffer);
    }
}

static void test_left_over(void **state)
{
    (void)state;
    for (size_t i = 0; i < SAMPLE_COUNT; i++) {
        struct buffer buffer = put(&samples[i]);
        assert_int_equal(buffer_add(&buffer, "", 1), 0);
        size_t length = buffer.len - FRAME_HEAD_BYTES;
        if (get(&samples[i], buffer.data + FRAME_HEAD_BYTES, length) != -1)
            fail_msg("%s is taken with a byte left over", samples[i].name);
        buffer_finish(&buffer);
    }
}

static void test_counts_too_large(void **state)
{
    (void)state;
    for (size_t i = 0; i < SAMPLE_COUNT; i++) {
        if (!samples[i].count_at && samples[i].get != get_checked)
            continue;
        struct buffer buffer = put(&samples[i]);
        char *fields = buffer.data + FRAME_HEAD_BYTES;
        char *count = fields + samples[i].count_at;
        size_t length = buffer.len - FRAME_HEAD_BYTES;
        assert_in_range(*count, 2, 3); /* it is the count that stands there */
        assert_int_equal(get(&samples[i], fields, length), 0);
        ++*count;
        assert_int_equal(get(&samples[i], fields, length), -1);
        memset(count, 0xff, 4);
        assert_int_equal(get(&samples[i], fields, length), -1);
        memset(count, 0, 4);
        assert_int_equal(get(&samples[i], fields, length), -1);
        buffer_finish(&buffer);
    }
}

/* A length that reaches beyond the frame, or a NUL in a text. */
static void test_damaged_texts(void **state)
{
    (void)state;
    static const char whole[] = "\x12\0\0\0x.so: no such file";
    const struct sample *failed = &samples[1];
    char fields[sizeof whole];
    assert_int_equal(get(failed, whole, sizeof whole), 0);
    memcpy(fields, whole, sizeof whole);
    fields[0]++;
    assert_int_equal(get(failed, fields, sizeof fields), -1);
    memset(fields, 0xff, 4);
    assert_int_equal(get(failed, fields, sizeof fields), -1);
    memcpy(fields, whole, sizeof whole);
    fields[7] = '\0';
    assert_int_equal(get(failed, fields, sizeof fields), -1);
    memcpy(fields, whole, sizeof whole);
    fields[sizeof fields - 1] = 'x';
    assert_int_equal(get(failed, fields, sizeof fields), -1);
}

/* What is neither 0 nor 1 is no bool. */
static void test_bools(void **state)
{
    (void)state;
    static const struct {
        size_t sample;
        size_t at; /* in the fields; from their end when 0 */
    } bools[] = {
        {0, 8 + 8 + 18 + 19 + 4}, /* requests */
        {0, 0},                   /* hosts of the last option */
        {2, 33},                  /* trial */
    };
    for (size_t i = 0; i < sizeof bools / sizeof *bools; i++) {
        const struct sample *sample = &samples[bools[i].sample];
        struct buffer buffer = put(sample);
        char *fields = buffer.data + FRAME_HEAD_BYTES;
        size_t length = buffer.len - FRAME_HEAD_BYTES;
        char *value = fields + (bools[i].at ? bools[i].at : length - 4);
        assert_int_equal(*value, 1);
        assert_int_equal(get(sample, fields, length), 0);
        *value = 2;
        assert_int_equal(get(sample, fields, length), -1);
        buffer_finish(&buffer);
    }
}

static void test_nothing_in_lists(void **state)
{
    (void)state;
    struct buffer buffer;
    struct frame frame;
    size_t used;
    buffer_init(&buffer, 1000);
    struct message_checked got = {.mistake_count = 1};
    assert_int_equal(message_put_checked(&buffer, &(struct message_checked){.mistakes = NULL}), 0);
    assert_int_equal(frame_read(buffer.data, buffer.len, &frame, &used), 1);
    assert_int_equal(message_get_checked(&frame, &got), 0);
    assert_int_equal(got.mistake_count, 0);
    free(got.mistakes);

    /* A batch of none is no batch. */
    struct message_deliver batch;
    buffer_clear(&buffer);
    assert_int_equal(message_put_deliver(&buffer, &(struct message_deliver){.batch = 1}), 0);
    assert_int_equal(frame_read(buffer.data, buffer.len, &frame, &used), 1);
    assert_int_equal(message_get_deliver(&frame, &batch), -1);
    buffer_finish(&buffer);
}

/* Items must ascend, and lie within what was taken. */
static void test_outcome_items(void **state)
{
    (void)state;
    static const struct {
        uint32_t first;
        uint32_t second;
        uint32_t taken;
        int result;
    } cases[] = {
        {0, 1, 2, 0},  {0, 4, 5, 0},  {1, 1, 5, -1},
        {4, 1, 5, -1}, {1, 5, 5, -1}, {0, UINT32_MAX, UINT32_MAX, -1},
        {0, 1, 0, -1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct message_item two[] = {{cases[i].first, 3, 0, ""}, {cases[i].second, 3, 0, ""}};
        struct message_outcome sent = outcome, got;
        sent.items = two;
        sent.taken = cases[i].taken;
        struct buffer buffer;
        struct frame frame;
        size_t used;
        buffer_init(&buffer, 1000);
        assert_int_equal(message_put_outcome(&buffer, &sent), 0);
        assert_int_equal(frame_read(buffer.data, buffer.len, &frame, &used), 1);
        if (message_get_outcome(&frame, &got) != cases[i].result)
            fail_msg("case %zu should give %d", i, cases[i].result);
        free(got.items);
        buffer_finish(&buffer);
    }
}

static void test_empty_messages(void **state)
{
    (void)state;
    struct buffer buffer;
    struct frame frame;
    size_t used;
    buffer_init(&buffer, 1000);
    assert_int_equal(message_put_empty(&buffer, MESSAGE_OPEN), 0);
    assert_int_equal(frame_read(buffer.data, buffer.len, &frame, &used), 1);
    assert_int_equal(frame.type, MESSAGE_OPEN);
    assert_int_equal(frame_done(&frame), 0);
    buffer_finish(&buffer);
}

/* What does not fit leaves nothing behind. */
static void test_full_buffer(void **state)
{
    (void)state;
    for (size_t i = 0; i < SAMPLE_COUNT; i++) {
        struct buffer whole = put(&samples[i]);
        for (size_t max = 0; max < whole.len; max++) {
            struct buffer buffer;
            buffer_init(&buffer, max);
            assert_int_equal(samples[i].put(&buffer), -1);
            assert_int_equal(buffer.len, 0);
            assert_string_equal(buffer.data, "");
            buffer_finish(&buffer);
        }
        buffer_finish(&whole);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_of_counts),
        cmocka_unit_test(test_round_trips),
        cmocka_unit_test(test_cut_short),
        cmocka_unit_test(test_left_over),
        cmocka_unit_test(test_counts_too_large),
        cmocka_unit_test(test_damaged_texts),
        cmocka_unit_test(test_bools),
        cmocka_unit_test(test_nothing_in_lists),
        cmocka_unit_test(test_outcome_items),
        cmocka_unit_test(test_empty_messages),
        cmocka_unit_test(test_full_buffer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
