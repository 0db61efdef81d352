/* See printed.h. */
#include "printed.h"

#include <string.h>

#include <affnotify/sink.h>

void printed_begin(struct printed *printed)
{
    printed->last[0] = '\0';
    printed->lines = 0;
}

static void end_line(struct printed *printed)
{
    size_t length = printed->line_bytes;
    while (length > 0 && strchr(" \t\r", printed->line[length - 1]))
        length--;
    printed->line_bytes = 0;
    if (length == 0)
        return;
    memcpy(printed->last, printed->line, length);
    printed->last[length] = '\0';
    if (printed->lines++ < PRINTED_LINES_MAX)
        printed->host->log(AFFN_LOG_INFO, "printed: %s", printed->last);
}

/* Bytes of one line. A NUL would hide what follows it. */
static void add(struct printed *printed, const char *bytes, size_t length)
{
    size_t room = PRINTED_BYTES_MAX - printed->line_bytes;
    if (length > room)
        length = room;
    for (size_t i = 0; i < length; i++)
        printed->line[printed->line_bytes++] = (char)(bytes[i] ? bytes[i] : '?');
}

void printed_take(struct printed *printed, const char *bytes, size_t length)
{
    while (length > 0) {
        const char *end = memchr(bytes, '\n', length);
        size_t part = end ? (size_t)(end - bytes) : length;
        add(printed, bytes, part);
        if (end)
            end_line(printed);
        bytes += part + (end != NULL);
        length -= part + (end != NULL);
    }
}

void printed_end(struct printed *printed)
{
    if (printed->lines > PRINTED_LINES_MAX)
        printed->host->log(AFFN_LOG_INFO, "printed %u more lines",
                           printed->lines - PRINTED_LINES_MAX);
    printed->lines = 0;
}

void printed_close(struct printed *printed)
{
    end_line(printed);
}
