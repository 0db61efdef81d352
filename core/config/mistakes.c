/* See mistakes.h. */
#include "core/config/mistakes.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/error.h"
#include "core/base/memory.h"
#include "core/base/text.h"

void mistakes_init(struct mistakes *mistakes)
{
    *mistakes = (struct mistakes){0};
}

void mistakes_finish(struct mistakes *mistakes)
{
    if (!mistakes)
        return;
    for (size_t i = 0; i < mistakes->count; i++) {
        struct mistake *mistake = &mistakes->items[i];
        free(mistake->file);
        free(mistake->section);
        free(mistake->key);
        free(mistake->text);
    }
    free(mistakes->items);
    mistakes_init(mistakes);
}

static void add(struct mistakes *mistakes, const struct place *place, bool warning,
                const char *format, va_list arguments)
{
    assert(place->file);
    if (mistakes->count == mistakes->capacity) {
        mistakes->capacity = mistakes->capacity ? 2 * mistakes->capacity : 8;
        mistakes->items =
            memory_resize(mistakes->items, mistakes->capacity, sizeof *mistakes->items);
    }
    char text[sizeof((struct error *)NULL)->text];
    vsnprintf(text, sizeof text, format, arguments);
    mistakes->items[mistakes->count++] = (struct mistake){
        .file = memory_text(place->file),
        .line = place->line,
        .section = memory_text(place->section),
        .key = memory_text(place->key),
        .text = memory_text(text),
        .warning = warning,
    };
}

void mistakes_add(struct mistakes *mistakes, const struct place *place, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    add(mistakes, place, false, format, arguments);
    va_end(arguments);
}

void mistakes_warn(struct mistakes *mistakes, const struct place *place, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    add(mistakes, place, true, format, arguments);
    va_end(arguments);
}

size_t mistakes_errors(const struct mistakes *mistakes)
{
    size_t errors = 0;
    for (size_t i = 0; i < mistakes->count; i++)
        errors += !mistakes->items[i].warning;
    return errors;
}

size_t mistakes_errors_in(const struct mistakes *mistakes, const char *section)
{
    size_t errors = 0;
    for (size_t i = 0; i < mistakes->count; i++) {
        const struct mistake *mistake = &mistakes->items[i];
        if (!mistake->warning && mistake->section && text_equal(mistake->section, section))
            errors++;
    }
    return errors;
}

size_t mistakes_errors_at(const struct mistakes *mistakes, const char *section, const char *key)
{
    size_t errors = 0;
    for (size_t i = 0; i < mistakes->count; i++) {
        const struct mistake *mistake = &mistakes->items[i];
        errors += !mistake->warning && mistake->section && mistake->key &&
                  text_equal(mistake->section, section) && text_equal(mistake->key, key);
    }
    return errors;
}

static size_t index_of(char *const *files, size_t file_count, const char *file)
{
    size_t index = 0;
    while (index < file_count && !text_equal(files[index], file))
        index++;
    return index;
}

static bool comes_before(const struct mistake *one, const struct mistake *other, char *const *files,
                         size_t file_count)
{
    size_t one_file = index_of(files, file_count, one->file);
    size_t other_file = index_of(files, file_count, other->file);
    return one_file != other_file ? one_file < other_file : one->line < other->line;
}

void mistakes_sort(struct mistakes *mistakes, char *const *files, size_t file_count)
{
    for (size_t i = 1; i < mistakes->count; i++) {
        struct mistake moved = mistakes->items[i];
        size_t at = i;
        for (; at > 0 && comes_before(&moved, &mistakes->items[at - 1], files, file_count); at--)
            mistakes->items[at] = mistakes->items[at - 1];
        mistakes->items[at] = moved;
    }
}

char *mistake_text(const struct mistake *mistake)
{
    char line[16] = "";
    if (mistake->line > 0)
        snprintf(line, sizeof line, ":%d", mistake->line);
    const char *section = mistake->section ? mistake->section : "";
    const char *key = mistake->key ? mistake->key : "";
    return memory_format("%s%s: %s%s%s%s%s%s", mistake->file, line, *section ? "[" : "", section,
                         *section ? "] " : "", key, *key ? ": " : "", mistake->text);
}
