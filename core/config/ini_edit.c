/* See ini_edit.h. */
#include "core/config/ini_edit.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buffer.h"
#include "core/base/error.h"
#include "core/base/limits.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/config/ini_line.h"
#include "core/config/line_reader.h"

/* Where the value of a line begins in it; 0 when the line does not say what the edit takes it to. */
static size_t find_value(const char *line, size_t length, const struct ini_edit *edit)
{
    struct ini_line read;
    struct error ignored;
    char *copy = memory_text_part(line, length);
    bool is_it = ini_line_read(copy, length, &read, &ignored) == 0 &&
                 read.kind == INI_LINE_SETTING && text_equal(read.name, edit->key) &&
                 text_equal(read.value, edit->was);
    size_t at = is_it ? (size_t)(read.value - copy) : 0;
    explicit_bzero(copy, length);
    free(copy);
    return at;
}

/* Adds the line with its new value. */
static int edit_line(const char *line, size_t length, const struct ini_edit *edit,
                     struct buffer *out, struct error *error)
{
    size_t at = find_value(line, length, edit);
    size_t was_bytes = strlen(edit->was), now_bytes = strlen(edit->now);
    if (at == 0)
        return error_set(error, "this line changed meanwhile");
    if (length - was_bytes + now_bytes > INI_LINE_BYTES_MAX)
        return error_set(error, "this line would have more than %d bytes", INI_LINE_BYTES_MAX);
    if (buffer_add(out, line, at) < 0 || buffer_add(out, edit->now, now_bytes) < 0 ||
        buffer_add(out, line + at + was_bytes, length - at - was_bytes) < 0)
        return error_set(error, "the file would have more than %zu bytes", out->max);
    return 0;
}

int ini_edit(const struct buffer *text, const struct ini_edit *edits, size_t count,
             struct buffer *out, struct error *error)
{
    size_t at = line_reader_mark_bytes(text->data);
    size_t next = 0;
    if (buffer_add(out, text->data, at) < 0)
        return error_set(error, "the file would have more than %zu bytes", out->max);
    for (int number = 1; at < text->len; number++) {
        const char *line = text->data + at;
        const char *end = memchr(line, '\n', text->len - at);
        size_t length = end ? (size_t)(end - line) : text->len - at;
        size_t whole = length + (end != NULL);
        bool is_edited = next < count && edits[next].line == number;
        if (is_edited && edit_line(line, length, &edits[next++], out, error) < 0)
            return -1;
        size_t kept = is_edited ? length : 0;
        if (buffer_add(out, line + kept, whole - kept) < 0)
            return error_set(error, "the file would have more than %zu bytes", out->max);
        at += whole;
    }
    return next == count ? 0 : error_set(error, "the file became shorter meanwhile");
}
