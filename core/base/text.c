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

/*
 * How many letters must be added, dropped, replaced, or swapped with their neighbour to make one
 * text the other (optimal string alignment), from the whole matrix: names are short.
 */
static size_t distance(const char *one, const char *other)
{
    size_t height = strlen(one), width = strlen(other), stride = width + 1;
    size_t *cell = memory_new((height + 1) * stride, sizeof *cell);
    for (size_t i = 0; i <= height; i++)
        cell[i * stride] = i;
    for (size_t j = 0; j <= width; j++)
        cell[j] = j;
    for (size_t i = 1; i <= height; i++) {
        for (size_t j = 1; j <= width; j++) {
            size_t *here = &cell[i * stride + j];
            size_t replaced = here[-1 - (ptrdiff_t)stride] + (one[i - 1] != other[j - 1]);
            *here = smaller(replaced, smaller(here[-1], here[-(ptrdiff_t)stride]) + 1);
            if (i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1])
                *here = smaller(*here, here[-2 - 2 * (ptrdiff_t)stride] + 1);
        }
    }
    size_t result = cell[height * stride + width];
    free(cell);
    return result;
}

const char *text_nearest(const char *text, const char *const *candidates)
{
    const char *nearest = NULL;
    size_t least = strlen(text) < 6 ? 1 : strlen(text) / 3;
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

bool text_is_utf16(const char *bytes, size_t length)
{
    return length >= 2 && (memcmp(bytes, "\xff\xfe", 2) == 0 || memcmp(bytes, "\xfe\xff", 2) == 0);
}
