/* See line.h. */
#include "line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <affnotify/sink.h>

#define HEAD_BYTES (LINE_BYTES_MAX - 4096)

static const char *kind_of(const struct affn_event *event)
{
    if (event->flags & AFFN_EVENT_TEST)
        return "test";
    return event->flags & AFFN_EVENT_REPLAY ? "replay" : "real";
}

size_t line_format(const struct affn_event *event, char line[LINE_BYTES_MAX])
{
    size_t length = (size_t)snprintf(line, HEAD_BYTES, "%s\t%u\t%s\t", event->id, event->attempt,
                                     kind_of(event));
    memcpy(line + length, event->canonical, event->canonical_bytes);
    length += event->canonical_bytes;
    line[length++] = '\n';
    return length;
}

char *line_format_all(const struct affn_batch *batch, size_t *length)
{
    size_t room = 0;
    for (uint32_t i = 0; i < batch->count; i++)
        room += HEAD_BYTES + batch->events[i]->canonical_bytes;
    char *lines = malloc(room);
    *length = 0;
    for (uint32_t i = 0; lines && i < batch->count; i++)
        *length += line_format(batch->events[i], lines + *length);
    return lines;
}
