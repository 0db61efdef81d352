/* See cheap_memory.h: a list of free blocks for each power of two, with the size before each. */
#include "tests/sim/cheap_memory.h"

#include <assert.h>
#include <sqlite3.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define SMALLEST 32
#define CLASSES  20 /* to 16 MiB */

union block {
    size_t class; /* while it is used */
    union block *next;
    max_align_t aligned;
};

static union block *free_blocks[CLASSES];

static int bytes_of(size_t class)
{
    return SMALLEST << class;
}

static size_t class_of(int bytes)
{
    size_t class = 0;
    while (bytes_of(class) < bytes)
        class ++;
    return class;
}

static void *take(int bytes)
{
    size_t class = class_of(bytes);
    if (class >= CLASSES)
        return NULL;
    union block *block = free_blocks[class];
    if (block)
        free_blocks[class] = block->next;
    else
        block = malloc(sizeof *block + (size_t)bytes_of(class));
    assert(block);
    block->class = class;
    return block + 1;
}

static int size_of(void *memory)
{
    return bytes_of(((union block *)memory)[-1].class);
}

static void give_back(void *memory)
{
    union block *block = (union block *)memory - 1;
    union block **list = &free_blocks[block->class];
    block->next = *list;
    *list = block;
}

static void *take_other(void *memory, int bytes)
{
    int size = size_of(memory);
    if (bytes <= size)
        return memory;
    void *other = take(bytes);
    if (!other)
        return NULL;
    memcpy(other, memory, (size_t)size);
    give_back(memory);
    return other;
}

static int round_up(int bytes)
{
    return bytes_of(class_of(bytes));
}

static int begin(void *unused)
{
    (void)unused;
    return SQLITE_OK;
}

static void end(void *unused)
{
    (void)unused;
}

void cheap_memory_install(void)
{
    static const sqlite3_mem_methods methods = {.xMalloc = take,
                                                .xFree = give_back,
                                                .xRealloc = take_other,
                                                .xSize = size_of,
                                                .xRoundup = round_up,
                                                .xInit = begin,
                                                .xShutdown = end};
    int result = sqlite3_config(SQLITE_CONFIG_MALLOC, &methods);
    assert(result == SQLITE_OK);
    (void)result;
    result = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    assert(result == SQLITE_OK);
}
