/* See counts.h. */
#include "core/bus/counts.h"

#include <string.h>

#include "core/base/text.h"

static struct count *find(struct counts *counts, const char *name)
{
    for (size_t i = 0; i < counts->count; i++) {
        if (text_equal(counts->items[i].name, name))
            return &counts->items[i];
    }
    if (counts->count == COUNTS_MAX)
        return NULL;
    struct count *added = &counts->items[counts->count++];
    memcpy(added->name, name, strlen(name) + 1);
    return added;
}

bool counts_add(struct counts *counts, const char *name, uint64_t number)
{
    struct count *count = find(counts, name);
    if (!count)
        return false;
    uint64_t room = (uint64_t)INT64_MAX - count->number;
    count->number += number < room ? number : room;
    return true;
}
