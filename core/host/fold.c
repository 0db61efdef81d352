/* See fold.h. */
#include "core/host/fold.h"

#include <stdbool.h>
#include <string.h>

#include "core/base/buffer.h"

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t';
}

static size_t skip_blanks(const char *line, size_t at, size_t length)
{
    while (at < length && is_blank(line[at]))
        at++;
    return at;
}

/*
 * Where the line that begins at `start` ends: before the last blank that still fits, else before
 * the first. `from` is the end of what must stand together with the line's beginning.
 */
static size_t end_of_line(const char *line, size_t start, size_t from, size_t length)
{
    size_t end = length;
    for (size_t at = skip_blanks(line, from, length); at < length; at++) {
        bool ends_word = is_blank(line[at]) && !is_blank(line[at - 1]);
        if (!ends_word || skip_blanks(line, at, length) == length)
            continue;
        if (at - start > FOLD_LINE_BYTES_MAX && end < length)
            break;
        end = at;
        if (at - start > FOLD_LINE_BYTES_MAX)
            break;
    }
    return end;
}

int fold_add(struct buffer *out, const char *line, size_t length)
{
    const char *colon = memchr(line, ':', length);
    size_t from = colon ? (size_t)(colon - line) + 1 : 0;
    size_t start = 0;
    while (length - start > FOLD_LINE_BYTES_MAX) {
        size_t end = end_of_line(line, start, from, length);
        if (end == length)
            break;
        if (buffer_add(out, line + start, end - start) < 0 || buffer_add_text(out, "\r\n") < 0)
            return -1;
        start = end;
        from = end;
    }
    if (buffer_add(out, line + start, length - start) < 0)
        return -1;
    return buffer_add_text(out, "\r\n");
}
