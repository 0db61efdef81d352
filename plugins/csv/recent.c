/* See recent.h. */
#include "recent.h"

#include <string.h>

void recent_clear(struct recent *recent)
{
    recent->count = 0;
    recent->next = 0;
}

void recent_keep(struct recent *recent, uint32_t count)
{
    if (count < recent->count)
        recent->count = count;
}

void recent_add(struct recent *recent, const char *id)
{
    memcpy(recent->ids[recent->next], id, RECENT_ID_BYTES);
    recent->next = (recent->next + 1) % RECENT_ROWS_MAX;
    if (recent->count < RECENT_ROWS_MAX)
        recent->count++;
}

const char *recent_at(const struct recent *recent, uint32_t index)
{
    uint32_t oldest = (recent->next + RECENT_ROWS_MAX - recent->count) % RECENT_ROWS_MAX;
    return recent->ids[(oldest + index) % RECENT_ROWS_MAX];
}

bool recent_has(const struct recent *recent, const char *id)
{
    for (uint32_t i = 0; i < recent->count; i++)
        if (memcmp(recent_at(recent, i), id, RECENT_ID_BYTES) == 0)
            return true;
    return false;
}

/* Whether a line is a row as we write them, with nothing that a power cut left out. */
static bool is_row(char after, const char *line, size_t length)
{
    return length > RECENT_ID_BYTES && memcmp(line, "evt_", 4) == 0 &&
           line[RECENT_ID_BYTES] == after && !memchr(line, '\0', length) &&
           line[length - 1] == '\n';
}

void recent_add_rows(struct recent *recent, char after, const char *rows, size_t length)
{
    while (length > 0) {
        const char *line_feed = memchr(rows, '\n', length);
        size_t line_bytes = line_feed ? (size_t)(line_feed - rows) + 1 : length;
        if (is_row(after, rows, line_bytes))
            recent_add(recent, rows);
        rows += line_bytes;
        length -= line_bytes;
    }
}
