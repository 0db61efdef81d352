/* See text.h. */
#include "core/base/text.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"

bool text_equal(const char *one, const char *other)
{
    return strcmp(one, other) == 0;
}

bool text_starts(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

static size_t smaller(size_t one, size_t other)
{
    return one < other ? one : other;
}

/* Levenshtein's distance, one row of the matrix at a time. */
static size_t distance(const char *one, const char *other)
{
    size_t width = strlen(other);
    size_t *row = memory_new(width + 1, sizeof *row);
    for (size_t i = 0; i <= width; i++)
        row[i] = i;
    for (; *one; one++) {
        size_t diagonal = row[0]++;
        for (size_t i = 1; i <= width; i++) {
            size_t replaced = diagonal + (*one != other[i - 1]);
            diagonal = row[i];
            row[i] = smaller(replaced, smaller(row[i], row[i - 1]) + 1);
        }
    }
    size_t result = row[width];
    free(row);
    return result;
}

const char *text_nearest(const char *text, const char *const *candidates)
{
    const char *nearest = NULL;
    size_t least = strlen(text) < 3 ? 1 : strlen(text) / 3;
    for (; *candidates; candidates++) {
        size_t differing = distance(text, *candidates);
        if (differing <= least && (!nearest || differing < least)) {
            nearest = *candidates;
            least = differing;
        }
    }
    return nearest;
}

size_t text_cut(const char *text, size_t max)
{
    size_t length = strnlen(text, max + 1);
    if (length <= max)
        return length;
    while (max > 0 && ((unsigned char)text[max] & 0xc0) == 0x80)
        max--;
    return max;
}
