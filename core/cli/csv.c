/* See csv.h. */
#include "core/cli/csv.h"

#include <stdbool.h>
#include <string.h>

#include "core/base/error.h"

/* Counts what may separate in the first line, outside of quotes, and goes back. */
static char guess_separator(FILE *file)
{
    static const char candidates[] = ",;\t";
    size_t counts[sizeof candidates - 1] = {0};
    size_t best = 0;
    bool quoted = false;
    long begin = ftell(file);
    for (int byte; (byte = getc(file)) != EOF && (quoted || byte != '\n');) {
        const char *found = byte ? strchr(candidates, byte) : NULL;
        quoted ^= byte == '"';
        if (found && !quoted)
            counts[found - candidates]++;
    }
    for (size_t i = 1; i < sizeof counts / sizeof *counts; i++)
        best = counts[i] > counts[best] ? i : best;
    fseek(file, begin, SEEK_SET);
    return candidates[best];
}

static void skip_mark(FILE *file)
{
    char mark[3];
    if (fread(mark, 1, sizeof mark, file) != sizeof mark || memcmp(mark, "\xef\xbb\xbf", 3) != 0)
        fseek(file, 0, SEEK_SET);
}

void csv_init(struct csv *csv, FILE *file)
{
    *csv = (struct csv){.file = file, .next_line_number = 1};
    buffer_init(&csv->bytes, CSV_ROW_BYTES_MAX);
    skip_mark(file);
    csv->separator = guess_separator(file);
}

void csv_finish(struct csv *csv)
{
    buffer_finish(&csv->bytes);
}

const char *csv_field(const struct csv *csv, size_t at)
{
    return at < csv->field_count ? csv->bytes.data + csv->offsets[at] : "";
}

static int next_byte(struct csv *csv)
{
    int byte = getc(csv->file);
    csv->next_line_number += byte == '\n';
    return byte;
}

static int fail(const struct csv *csv, struct error *error, const char *what)
{
    return error_set(error, "line %zu: %s", csv->line_number, what);
}

static int add(struct csv *csv, int byte, struct error *error)
{
    char bytes = (char)byte;
    if (byte == '\0')
        return fail(csv, error, "holds a NUL");
    return buffer_add(&csv->bytes, &bytes, 1) < 0 ? fail(csv, error, "the row is too long") : 0;
}

/* The rest of a quoted field: the byte behind its closing quote, or -2 with the error. */
static int take_quoted(struct csv *csv, struct error *error)
{
    for (;;) {
        int byte = next_byte(csv);
        if (byte == EOF) {
            fail(csv, error, "a quoted field has no end");
            return -2;
        }
        if (byte == '"' && (byte = next_byte(csv)) != '"')
            return byte;
        if (add(csv, byte, error) < 0)
            return -2;
    }
}

/* One field; gives the byte that ended it (the separator, LF or EOF), or -2 with the error. */
static int take_field(struct csv *csv, struct error *error)
{
    if (csv->field_count == CSV_FIELDS_MAX) {
        fail(csv, error, "there are more than 256 fields");
        return -2;
    }
    csv->offsets[csv->field_count] = csv->bytes.len;
    int byte = next_byte(csv);
    if (byte == '"')
        byte = take_quoted(csv, error);
    while (byte != -2 && byte != csv->separator && byte != '\n' && byte != EOF) {
        if (byte != '\r' && add(csv, byte, error) < 0)
            return -2;
        byte = next_byte(csv);
    }
    if (byte == -2)
        return -2;
    if (buffer_add(&csv->bytes, "", 1) < 0) {
        fail(csv, error, "the row is too long");
        return -2;
    }
    csv->field_count++;
    return byte;
}

int csv_next(struct csv *csv, struct error *error)
{
    int ended;
    do {
        csv->field_count = 0;
        csv->line_number = csv->next_line_number;
        buffer_clear(&csv->bytes);
        while ((ended = take_field(csv, error)) == csv->separator)
            ;
        if (ended == -2)
            return -1;
        if (ended == EOF && ferror(csv->file))
            return error_set_errno(error, "line %zu", csv->line_number);
    } while (ended != EOF && csv->field_count == 1 && !*csv_field(csv, 0));
    return csv->field_count > 1 || *csv_field(csv, 0) ? 1 : 0;
}
