/* See tail.h. */
#include "tail.h"

#include <stdlib.h>
#include <string.h>

#include <affnotify/sink.h>

#include "disk.h"
#include "file.h"
#include "format.h"

#define TAIL_BYTES_FIRST ((off_t)64 * 1024)

static off_t tail_bytes_max(const struct file *file)
{
    return (off_t)(RECENT_ROWS_MAX + 1) * (off_t)file->format->row_bytes_max;
}

static size_t count_lines(const char *bytes, size_t length)
{
    size_t count = 0;
    const char *end = bytes + length;
    while ((bytes = memchr(bytes, '\n', (size_t)(end - bytes))))
        bytes++, count++;
    return count;
}

/*
 * Reads the end of the file: RECENT_ROWS_MAX whole rows, or all there are behind the header. A row
 * has no line break inside, so every line feed ends one. Gives memory to free, or NULL with errno.
 */
static char *read_tail(const struct file *file, size_t *length)
{
    off_t rows_bytes = file->size - (off_t)file->format->header_bytes;
    off_t max = tail_bytes_max(file);
    off_t want = TAIL_BYTES_FIRST;
    for (;;) {
        bool is_all = want >= rows_bytes;
        size_t got = (size_t)(is_all ? rows_bytes : want);
        char *tail = malloc(got + 1);
        if (!tail)
            return NULL;
        if (disk_read(file->fd, tail, got, file->size - (off_t)got) < 0) {
            free(tail);
            return NULL;
        }
        if (is_all) {
            *length = got;
            return tail;
        }
        if (want >= max || count_lines(tail, got) > RECENT_ROWS_MAX) {
            char *first = memchr(tail, '\n', got); /* the end of a row that began further up */
            first = first ? first + 1 : tail;
            *length = (size_t)(tail + got - first);
            memmove(tail, first, *length);
            return tail;
        }
        free(tail);
        want = want * 4 < max ? want * 4 : max;
    }
}

/*
 * Whether an unended last line is what a crash left of a row of ours: its beginning, and after a
 * power cut perhaps zeros in the place of what never reached the disk. Anything else was written by
 * somebody, and is not ours to cut.
 */
static bool is_torn_row(const struct format *format, const char *line, size_t length)
{
    size_t written = strnlen(line, length);
    return written < format->row_bytes_max && strncmp(line, "evt_", written < 4 ? written : 4) == 0;
}

int32_t tail_read(struct file *file, bool may_mend, struct affn_reply *reply)
{
    const struct format *format = file->format;
    size_t length;
    char *tail = read_tail(file, &length);
    if (!tail)
        return file_failed(file, "read", reply);

    const char *last_end = memrchr(tail, '\n', length);
    size_t whole = last_end ? (size_t)(last_end - tail) + 1 : 0;
    size_t torn = length - whole;
    int32_t verdict = AFFN_DELIVERED;
    if (torn > 0 && !is_torn_row(format, tail + whole, torn))
        verdict = file_not_ended(file, reply);
    if (verdict == AFFN_DELIVERED && may_mend && torn > 0)
        verdict = file_cut(file, file->size - (off_t)torn, reply);
    if (verdict == AFFN_DELIVERED && may_mend)
        recent_add_rows(&file->recent,
                        format->column_count > 1 ? format->delimiter : format->line_end[0], tail,
                        whole);
    free(tail);
    return verdict;
}
