/* See frame.h. */
#include "core/wire/frame.h"

#include <assert.h>
#include <endian.h>
#include <string.h>

struct frame_writer frame_begin(struct buffer *buffer, uint32_t type)
{
    struct frame_writer writer = {.buffer = buffer, .start = buffer->len};
    frame_put_u32(&writer, 0); /* the length, known at the end */
    frame_put_u32(&writer, type);
    return writer;
}

static void put(struct frame_writer *writer, const void *bytes, size_t length)
{
    if (!writer->failed && buffer_add(writer->buffer, bytes, length) < 0)
        writer->failed = true;
}

void frame_put_u32(struct frame_writer *writer, uint32_t value)
{
    uint32_t little = htole32(value);
    put(writer, &little, sizeof little);
}

void frame_put_i64(struct frame_writer *writer, int64_t value)
{
    uint64_t little = htole64((uint64_t)value);
    put(writer, &little, sizeof little);
}

void frame_put_bytes(struct frame_writer *writer, const void *bytes, size_t length)
{
    if (length > FRAME_BYTES_MAX) {
        writer->failed = true;
        return;
    }
    frame_put_u32(writer, (uint32_t)length);
    put(writer, bytes, length);
    put(writer, "", 1);
}

void frame_put_text(struct frame_writer *writer, const char *text)
{
    frame_put_bytes(writer, text ? text : "", text ? strlen(text) : 0);
}

int frame_end(struct frame_writer *writer)
{
    struct buffer *buffer = writer->buffer;
    size_t length = buffer->len - writer->start;
    if (writer->failed || length - FRAME_HEAD_BYTES > FRAME_BYTES_MAX) {
        buffer->len = writer->start;
        if (buffer->capacity)
            buffer->data[buffer->len] = '\0';
        return -1;
    }
    uint32_t little = htole32((uint32_t)(length - FRAME_HEAD_BYTES));
    memcpy(buffer->data + writer->start, &little, sizeof little);
    return 0;
}

static uint32_t load_u32(const char *bytes)
{
    uint32_t little;
    memcpy(&little, bytes, sizeof little);
    return le32toh(little);
}

int frame_read(const char *bytes, size_t length, struct frame *frame, size_t *used)
{
    if (length < FRAME_HEAD_BYTES)
        return 0;
    size_t body = load_u32(bytes);
    if (body > FRAME_BYTES_MAX)
        return -1;
    if (length - FRAME_HEAD_BYTES < body)
        return 0;
    *frame =
        (struct frame){.type = load_u32(bytes + 4), .next = bytes + FRAME_HEAD_BYTES, .left = body};
    *used = FRAME_HEAD_BYTES + body;
    return 1;
}

/* The next length bytes of the frame, or NULL once it has failed. */
static const char *take(struct frame *frame, size_t length)
{
    if (frame->failed || frame->left < length) {
        frame->failed = true;
        return NULL;
    }
    const char *bytes = frame->next;
    frame->next += length;
    frame->left -= length;
    return bytes;
}

uint32_t frame_get_u32(struct frame *frame)
{
    const char *bytes = take(frame, sizeof(uint32_t));
    return bytes ? load_u32(bytes) : 0;
}

int64_t frame_get_i64(struct frame *frame)
{
    const char *bytes = take(frame, sizeof(uint64_t));
    if (!bytes)
        return 0;
    uint64_t little;
    memcpy(&little, bytes, sizeof little);
    return (int64_t)le64toh(little);
}

const char *frame_get_bytes(struct frame *frame, size_t *length)
{
    *length = frame_get_u32(frame);
    const char *bytes = take(frame, *length + 1);
    if (bytes && bytes[*length] == '\0')
        return bytes;
    frame->failed = true;
    *length = 0;
    return "";
}

const char *frame_get_text(struct frame *frame)
{
    size_t length;
    const char *text = frame_get_bytes(frame, &length);
    if (strlen(text) == length)
        return text;
    frame->failed = true;
    return "";
}

uint32_t frame_get_count(struct frame *frame, size_t bytes_each)
{
    assert(bytes_each > 0);
    uint32_t count = frame_get_u32(frame);
    if (count <= frame->left / bytes_each)
        return count;
    frame->failed = true;
    return 0;
}

int frame_done(const struct frame *frame)
{
    return frame->failed || frame->left > 0 ? -1 : 0;
}
