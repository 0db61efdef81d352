/* See message.h. A message's put and get stand side by side: fields in the same order. */
#include "core/wire/message.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/base/memory.h"

#define TEXT_BYTES_LEAST 5 /* a text's length and its NUL */

static void put_i32(struct frame_writer *writer, int32_t value)
{
    frame_put_u32(writer, (uint32_t)value);
}

static int32_t get_i32(struct frame *frame)
{
    return (int32_t)frame_get_u32(frame);
}

static bool get_bool(struct frame *frame)
{
    uint32_t value = frame_get_u32(frame);
    if (value > 1)
        frame->failed = true;
    return value == 1;
}

/* What every get ends with: 0, or -1 with `items` freed and its pointer cleared. */
#define FINISH_GET(frame, items) (frame_done(frame) == 0 ? 0 : (free(items), (items) = NULL, -1))

int message_put_table(struct buffer *buffer, const struct message_table *table)
{
    struct frame_writer writer = frame_begin(buffer, MESSAGE_TABLE);
    frame_put_text(&writer, table->name);
    frame_put_text(&writer, table->version);
    frame_put_text(&writer, table->summary);
    frame_put_text(&writer, table->defaults);
    frame_put_u32(&writer, table->revision);
    frame_put_u32(&writer, table->requests);
    frame_put_u32(&writer, table->notices);
    frame_put_u32(&writer, table->option_count);
    for (uint32_t i = 0; i < table->option_count; i++) {
        const struct message_option *option = &table->options[i];
        frame_put_text(&writer, option->name);
        frame_put_text(&writer, option->help);
        frame_put_u32(&writer, option->fallback != NULL);
        frame_put_text(&writer, option->fallback);
        frame_put_text(&writer, option->choices);
        frame_put_u32(&writer, option->type);
        frame_put_u32(&writer, option->flags);
        frame_put_i64(&writer, option->min);
        frame_put_i64(&writer, option->max);
        frame_put_u32(&writer, option->hosts);
    }
    return frame_end(&writer);
}

int message_get_table(struct frame *frame, struct message_table *table)
{
    *table = (struct message_table){.name = frame_get_text(frame)};
    table->version = frame_get_text(frame);
    table->summary = frame_get_text(frame);
    table->defaults = frame_get_text(frame);
    table->revision = frame_get_u32(frame);
    table->requests = get_bool(frame);
    table->notices = get_bool(frame);
    table->option_count = frame_get_count(frame, 4 * TEXT_BYTES_LEAST + 32);
    table->options = memory_new(table->option_count, sizeof *table->options);
    for (uint32_t i = 0; i < table->option_count; i++) {
        struct message_option *option = &table->options[i];
        option->name = frame_get_text(frame);
        option->help = frame_get_text(frame);
        bool has_fallback = get_bool(frame);
        const char *fallback = frame_get_text(frame);
        option->fallback = has_fallback ? fallback : NULL;
        option->choices = frame_get_text(frame);
        option->type = frame_get_u32(frame);
        option->flags = frame_get_u32(frame);
        option->min = frame_get_i64(frame);
        option->max = frame_get_i64(frame);
        option->hosts = get_bool(frame);
    }
    return FINISH_GET(frame, table->options);
}

int message_put_failed(struct buffer *buffer, const char *text)
{
    struct frame_writer writer = frame_begin(buffer, MESSAGE_FAILED);
    frame_put_text(&writer, text);
    return frame_end(&writer);
}

int message_get_failed(struct frame *frame, const char **text)
{
    *text = frame_get_text(frame);
    return frame_done(frame);
}

int message_put_options(struct buffer *buffer, const struct message_options *options)
{
    struct frame_writer writer = frame_begin(buffer, MESSAGE_OPTIONS);
    frame_put_text(&writer, options->state_dir);
    frame_put_u32(&writer, options->trial);
    frame_put_u32(&writer, options->incomplete);
    frame_put_i64(&writer, options->timeout_ms);
    frame_put_u32(&writer, options->concurrency);
    frame_put_u32(&writer, options->value_count);
    for (uint32_t i = 0; i < options->value_count; i++) {
        frame_put_text(&writer, options->values[i].key);
        frame_put_text(&writer, options->values[i].value);
    }
    return frame_end(&writer);
}

int message_get_options(struct frame *frame, struct message_options *options)
{
    *options = (struct message_options){.state_dir = frame_get_text(frame)};
    options->trial = get_bool(frame);
    options->incomplete = get_bool(frame);
    options->timeout_ms = frame_get_i64(frame);
    options->concurrency = frame_get_u32(frame);
    options->value_count = frame_get_count(frame, 2 * TEXT_BYTES_LEAST);
    options->values = memory_new(options->value_count, sizeof *options->values);
    for (uint32_t i = 0; i < options->value_count; i++) {
        options->values[i].key = frame_get_text(frame);
        options->values[i].value = frame_get_text(frame);
    }
    return FINISH_GET(frame, options->values);
}

int message_put_checked(struct buffer *buffer, const struct message_checked *checked)
{
    struct frame_writer writer = frame_begin(buffer, MESSAGE_CHECKED);
    frame_put_u32(&writer, checked->mistake_count);
    for (uint32_t i = 0; i < checked->mistake_count; i++) {
        frame_put_text(&writer, checked->mistakes[i].key);
        frame_put_text(&writer, checked->mistakes[i].text);
        frame_put_u32(&writer, checked->mistakes[i].warning);
    }
    return frame_end(&writer);
}

int message_get_checked(struct frame *frame, struct message_checked *checked)
{
    checked->mistake_count = frame_get_count(frame, 2 * TEXT_BYTES_LEAST + 4);
    checked->mistakes = memory_new(checked->mistake_count, sizeof *checked->mistakes);
    for (uint32_t i = 0; i < checked->mistake_count; i++) {
        checked->mistakes[i].key = frame_get_text(frame);
        checked->mistakes[i].text = frame_get_text(frame);
        checked->mistakes[i].warning = get_bool(frame);
    }
    return FINISH_GET(frame, checked->mistakes);
}

int message_put_empty(struct buffer *buffer, enum message_type type)
{
    struct frame_writer writer = frame_begin(buffer, type);
    return frame_end(&writer);
}

int message_put_opened(struct buffer *buffer, const struct message_opened *opened)
{
    struct frame_writer writer = frame_begin(buffer, MESSAGE_OPENED);
    put_i32(&writer, opened->verdict);
    frame_put_text(&writer, opened->what);
    frame_put_text(&writer, opened->remedy);
    return frame_end(&writer);
}

int message_get_opened(struct frame *frame, struct message_opened *opened)
{
    opened->verdict = get_i32(frame);
    opened->what = frame_get_text(frame);
    opened->remedy = frame_get_text(frame);
    return frame_done(frame);
}

static int put_batch(struct buffer *buffer, uint32_t type, const struct message_deliver *deliver)
{
    struct frame_writer writer = frame_begin(buffer, type);
    frame_put_u32(&writer, deliver->batch);
    frame_put_u32(&writer, deliver->heard);
    frame_put_u32(&writer, deliver->event_count);
    for (uint32_t i = 0; i < deliver->event_count; i++) {
        const struct message_event *event = &deliver->events[i];
        frame_put_text(&writer, event->id);
        frame_put_bytes(&writer, event->canonical, event->canonical_bytes);
        frame_put_u32(&writer, event->flags);
        frame_put_u32(&writer, event->attempt);
    }
    return frame_end(&writer);
}

int message_put_deliver(struct buffer *buffer, const struct message_deliver *deliver)
{
    return put_batch(buffer, MESSAGE_DELIVER, deliver);
}

int message_put_render(struct buffer *buffer, const struct message_deliver *deliver)
{
    return put_batch(buffer, MESSAGE_RENDER, deliver);
}

int message_get_deliver(struct frame *frame, struct message_deliver *deliver)
{
    deliver->batch = frame_get_u32(frame);
    deliver->heard = frame_get_u32(frame);
    deliver->event_count = frame_get_count(frame, 2 * TEXT_BYTES_LEAST + 8);
    deliver->events = memory_new(deliver->event_count, sizeof *deliver->events);
    for (uint32_t i = 0; i < deliver->event_count; i++) {
        struct message_event *event = &deliver->events[i];
        size_t length;
        event->id = frame_get_text(frame);
        event->canonical = frame_get_bytes(frame, &length);
        event->canonical_bytes = (uint32_t)length;
        event->flags = frame_get_u32(frame);
        event->attempt = frame_get_u32(frame);
    }
    if (deliver->event_count == 0)
        frame->failed = true;
    return FINISH_GET(frame, deliver->events);
}

int message_put_rendered(struct buffer *buffer, const struct message_rendered *rendered)
{
    struct frame_writer writer = frame_begin(buffer, MESSAGE_RENDERED);
    frame_put_u32(&writer, rendered->taken);
    put_i32(&writer, rendered->verdict);
    frame_put_text(&writer, rendered->what);
    frame_put_text(&writer, rendered->remedy);
    frame_put_text(&writer, rendered->kind);
    frame_put_text(&writer, rendered->method);
    frame_put_text(&writer, rendered->url);
    frame_put_text(&writer, rendered->sender);
    frame_put_u32(&writer, rendered->line_count);
    for (uint32_t i = 0; i < rendered->line_count; i++)
        frame_put_text(&writer, rendered->lines[i]);
    frame_put_bytes(&writer, rendered->body, rendered->body_bytes);
    return frame_end(&writer);
}

int message_get_rendered(struct frame *frame, struct message_rendered *rendered)
{
    size_t length;
    *rendered = (struct message_rendered){.taken = frame_get_u32(frame)};
    rendered->verdict = get_i32(frame);
    rendered->what = frame_get_text(frame);
    rendered->remedy = frame_get_text(frame);
    rendered->kind = frame_get_text(frame);
    rendered->method = frame_get_text(frame);
    rendered->url = frame_get_text(frame);
    rendered->sender = frame_get_text(frame);
    rendered->line_count = frame_get_count(frame, TEXT_BYTES_LEAST);
    rendered->lines = memory_new(rendered->line_count, sizeof *rendered->lines);
    for (uint32_t i = 0; i < rendered->line_count; i++)
        rendered->lines[i] = frame_get_text(frame);
    rendered->body = frame_get_bytes(frame, &length);
    rendered->body_bytes = (uint32_t)length;
    return FINISH_GET(frame, rendered->lines);
}

int message_put_said(struct buffer *buffer, const struct message_said *said)
{
    struct frame_writer writer = frame_begin(buffer, MESSAGE_SAID);
    frame_put_u32(&writer, said->speaker);
    frame_put_i64(&writer, said->after_ms);
    frame_put_text(&writer, said->text);
    return frame_end(&writer);
}

int message_get_said(struct frame *frame, struct message_said *said)
{
    said->speaker = frame_get_u32(frame);
    said->after_ms = frame_get_i64(frame);
    said->text = frame_get_text(frame);
    return frame_done(frame);
}

int message_put_outcome(struct buffer *buffer, const struct message_outcome *outcome)
{
    struct frame_writer writer = frame_begin(buffer, MESSAGE_OUTCOME);
    frame_put_u32(&writer, outcome->batch);
    frame_put_u32(&writer, outcome->taken);
    put_i32(&writer, outcome->verdict);
    put_i32(&writer, outcome->code);
    frame_put_i64(&writer, outcome->duration_ms);
    frame_put_i64(&writer, outcome->retry_after_ms);
    frame_put_text(&writer, outcome->what);
    frame_put_text(&writer, outcome->remedy);
    frame_put_u32(&writer, outcome->item_count);
    for (uint32_t i = 0; i < outcome->item_count; i++) {
        frame_put_u32(&writer, outcome->items[i].index);
        put_i32(&writer, outcome->items[i].verdict);
        put_i32(&writer, outcome->items[i].code);
        frame_put_text(&writer, outcome->items[i].what);
    }
    return frame_end(&writer);
}

int message_get_outcome(struct frame *frame, struct message_outcome *outcome)
{
    *outcome = (struct message_outcome){.batch = frame_get_u32(frame)};
    outcome->taken = frame_get_u32(frame);
    outcome->verdict = get_i32(frame);
    outcome->code = get_i32(frame);
    outcome->duration_ms = frame_get_i64(frame);
    outcome->retry_after_ms = frame_get_i64(frame);
    outcome->what = frame_get_text(frame);
    outcome->remedy = frame_get_text(frame);
    outcome->item_count = frame_get_count(frame, TEXT_BYTES_LEAST + 12);
    outcome->items = memory_new(outcome->item_count, sizeof *outcome->items);
    int64_t before = -1;
    for (uint32_t i = 0; i < outcome->item_count; i++) {
        struct message_item *item = &outcome->items[i];
        item->index = frame_get_u32(frame);
        item->verdict = get_i32(frame);
        item->code = get_i32(frame);
        item->what = frame_get_text(frame);
        if ((int64_t)item->index <= before || item->index >= outcome->taken)
            frame->failed = true;
        before = item->index;
    }
    return FINISH_GET(frame, outcome->items);
}

int message_put_notice(struct buffer *buffer, const struct message_notice *notice)
{
    struct frame_writer writer = frame_begin(buffer, MESSAGE_NOTICE);
    frame_put_u32(&writer, notice->number);
    frame_put_text(&writer, notice->id);
    frame_put_text(&writer, notice->about);
    frame_put_text(&writer, notice->subject);
    frame_put_text(&writer, notice->text);
    frame_put_u32(&writer, notice->flags);
    frame_put_i64(&writer, notice->made_unix_ms);
    return frame_end(&writer);
}

int message_get_notice(struct frame *frame, struct message_notice *notice)
{
    notice->number = frame_get_u32(frame);
    notice->id = frame_get_text(frame);
    notice->about = frame_get_text(frame);
    notice->subject = frame_get_text(frame);
    notice->text = frame_get_text(frame);
    notice->flags = frame_get_u32(frame);
    notice->made_unix_ms = frame_get_i64(frame);
    return frame_done(frame);
}

int message_put_noticed(struct buffer *buffer, const struct message_noticed *noticed)
{
    struct frame_writer writer = frame_begin(buffer, MESSAGE_NOTICED);
    frame_put_u32(&writer, noticed->number);
    put_i32(&writer, noticed->verdict);
    frame_put_i64(&writer, noticed->retry_after_ms);
    frame_put_text(&writer, noticed->what);
    frame_put_text(&writer, noticed->remedy);
    return frame_end(&writer);
}

int message_get_noticed(struct frame *frame, struct message_noticed *noticed)
{
    noticed->number = frame_get_u32(frame);
    noticed->verdict = get_i32(frame);
    noticed->retry_after_ms = frame_get_i64(frame);
    noticed->what = frame_get_text(frame);
    noticed->remedy = frame_get_text(frame);
    return frame_done(frame);
}

int message_put_log(struct buffer *buffer, const struct message_log *log)
{
    struct frame_writer writer = frame_begin(buffer, MESSAGE_LOG);
    put_i32(&writer, log->level);
    frame_put_text(&writer, log->text);
    return frame_end(&writer);
}

int message_get_log(struct frame *frame, struct message_log *log)
{
    log->level = get_i32(frame);
    log->text = frame_get_text(frame);
    return frame_done(frame);
}

bool message_is_count_name(const char *name)
{
    size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_");
    return name[0] >= 'a' && name[0] <= 'z' && !name[length] && length <= COUNT_NAME_BYTES_MAX;
}

int message_put_count(struct buffer *buffer, const struct message_count *count)
{
    struct frame_writer writer = frame_begin(buffer, MESSAGE_COUNT);
    frame_put_text(&writer, count->name);
    frame_put_i64(&writer, (int64_t)count->number);
    return frame_end(&writer);
}

int message_get_count(struct frame *frame, struct message_count *count)
{
    count->name = frame_get_text(frame);
    count->number = (uint64_t)frame_get_i64(frame);
    if (!message_is_count_name(count->name))
        frame->failed = true;
    return frame_done(frame);
}
