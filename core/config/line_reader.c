/* See line_reader.h. What is wrong with a line is reported here, with its place. */
#include "core/config/line_reader.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "core/base/error.h"
#include "core/base/limits.h"
#include "core/base/text.h"
#include "core/config/mistakes.h"
#include "core/config/sentences.h"

/* inih's line buffer has 200 bytes where nobody changed that. */
static_assert(INI_NAME_BYTES_MAX + sizeof "=2147483647\n" <= 200, "a stand-in fits inih's buffer");

static const char byte_order_mark[] = "\xef\xbb\xbf";

size_t line_reader_mark_bytes(const char *text)
{
    return text_starts(text, byte_order_mark) ? strlen(byte_order_mark) : 0;
}

void line_reader_init(struct line_reader *reader, const char *file, char *text, size_t bytes,
                      size_t *lines_left, struct mistakes *mistakes)
{
    *reader = (struct line_reader){.file = file,
                                   .next = text + line_reader_mark_bytes(text),
                                   .end = text + bytes,
                                   .lines_left = lines_left,
                                   .mistakes = mistakes};
}

static void report(struct line_reader *reader, const struct error *error)
{
    struct place place = {.file = reader->file, .line = reader->number, .section = reader->section};
    if (reader->line.kind == INI_LINE_SETTING)
        place.key = reader->line.name;
    mistakes_add(reader->mistakes, &place, "%s", error->text);
}

/* Takes the next physical line. */
static void take_line(struct line_reader *reader)
{
    char *text = reader->next;
    size_t left = (size_t)(reader->end - text);
    char *line_break = memchr(text, '\n', left);
    size_t length = line_break ? (size_t)(line_break - text) : left;
    reader->next = line_break ? line_break + 1 : reader->end;
    reader->number++;

    struct error error;
    int result = ini_line_read(text, length, &reader->line, &error);
    if (reader->line.kind == INI_LINE_SECTION)
        reader->section = reader->line.name;
    if (result == 0 && reader->line.kind == INI_LINE_NOTHING)
        return;
    if (*reader->lines_left == 0) {
        error_set(&error, SAY_TOO_MANY_LINES, INI_LINES_MAX);
        reader->line = (struct ini_line){.kind = INI_LINE_NOTHING};
        reader->section = NULL;
        reader->next = reader->end;
        report(reader, &error);
        return;
    }
    --*reader->lines_left;
    if (result < 0)
        report(reader, &error);
}

char *line_reader_next(char *stand_in, int size, void *line_reader)
{
    struct line_reader *reader = line_reader;
    int length;
    if (reader->mark_is_due) {
        reader->mark_is_due = false;
        length = snprintf(stand_in, (size_t)size, "section=%d\n", reader->number);
    } else {
        do {
            if (reader->next == reader->end)
                return NULL;
            take_line(reader);
        } while (reader->line.kind == INI_LINE_NOTHING);
        reader->mark_is_due = reader->line.kind == INI_LINE_SECTION;
        length = reader->mark_is_due ? snprintf(stand_in, (size_t)size, "[%d]\n", reader->number)
                                     : snprintf(stand_in, (size_t)size, "%s=%d\n",
                                                reader->line.name, reader->number);
    }
    assert(length < size);
    return stand_in;
}
