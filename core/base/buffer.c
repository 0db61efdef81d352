/* See buffer.h. */
#include "core/base/buffer.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"

/* What data points to until something is added: never written to, never freed. */
static char nothing[1] = "";

void buffer_init(struct buffer *buffer, size_t max_bytes)
{
    *buffer = (struct buffer){.data = nothing, .max = max_bytes};
}

void buffer_init_secret(struct buffer *buffer, size_t max_bytes)
{
    buffer_init(buffer, max_bytes);
    buffer->is_secret = true;
}

void buffer_init_within(struct buffer *buffer, char *memory, size_t size)
{
    assert(size > 0);
    memory[0] = '\0';
    *buffer = (struct buffer){.data = memory, .capacity = size, .max = size - 1, .is_lent = true};
}

void buffer_finish(struct buffer *buffer)
{
    if (!buffer)
        return;
    if (buffer->is_secret && buffer->capacity)
        explicit_bzero(buffer->data, buffer->capacity);
    if (buffer->capacity && !buffer->is_lent)
        free(buffer->data);
    bool is_secret = buffer->is_secret;
    buffer_init(buffer, buffer->max);
    buffer->is_secret = is_secret;
}

/* As memory_resize, but the old memory is overwritten. */
static char *move(struct buffer *buffer, size_t capacity)
{
    char *data = memory_new(capacity, 1);
    memcpy(data, buffer->data, buffer->len + 1);
    if (buffer->capacity) {
        explicit_bzero(buffer->data, buffer->capacity);
        free(buffer->data);
    }
    return data;
}

static void reserve(struct buffer *buffer, size_t length)
{
    if (length < buffer->capacity)
        return;
    size_t capacity = buffer->capacity ? buffer->capacity : 64;
    while (capacity <= length)
        capacity *= 2;
    if (buffer->is_secret)
        buffer->data = move(buffer, capacity);
    else
        buffer->data = memory_resize(buffer->capacity ? buffer->data : NULL, capacity, 1);
    buffer->capacity = capacity;
}

int buffer_add(struct buffer *buffer, const void *bytes, size_t length)
{
    if (length > buffer->max - buffer->len)
        return -1;
    if (length == 0)
        return 0;
    reserve(buffer, buffer->len + length);
    memcpy(buffer->data + buffer->len, bytes, length);
    buffer->len += length;
    buffer->data[buffer->len] = '\0';
    return 0;
}

int buffer_add_text(struct buffer *buffer, const char *text)
{
    return buffer_add(buffer, text, strlen(text));
}

int buffer_printf(struct buffer *buffer, const char *format, ...)
{
    char text[256]; /* what is short needs no memory of its own */
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    assert(length >= 0);
    if ((size_t)length < sizeof text)
        return buffer_add(buffer, text, (size_t)length);
    va_start(arguments, format);
    char *whole = memory_format_list(format, arguments);
    va_end(arguments);
    int result = buffer_add(buffer, whole, (size_t)length);
    free(whole);
    return result;
}

void buffer_drop(struct buffer *buffer, size_t length)
{
    assert(length <= buffer->len);
    if (length == 0)
        return;
    memmove(buffer->data, buffer->data + length, buffer->len - length + 1);
    buffer->len -= length;
    if (buffer->is_secret)
        explicit_bzero(buffer->data + buffer->len, length);
}

void buffer_clear(struct buffer *buffer)
{
    buffer_drop(buffer, buffer->len);
}
