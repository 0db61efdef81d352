/* See table.h. A character is taken to be one column wide. */
#include "core/cli/table.h"

#include <assert.h>
#include <stdlib.h>

#include "core/base/memory.h"

#define GAP "  "

void table_init(struct table *table, const struct table_column *columns, size_t column_count)
{
    assert(column_count <= TABLE_COLUMNS_MAX);
    *table = (struct table){.columns = columns, .column_count = column_count};
}

void table_finish(struct table *table)
{
    for (size_t i = 0; i < table->line_count; i++) {
        for (size_t column = 0; column < table->column_count; column++)
            free(table->lines[i].cells[column]);
        free(table->lines[i].note);
    }
    free(table->lines);
    *table = (struct table){0};
}

static struct table_line *add_line(struct table *table)
{
    table->lines = memory_resize(table->lines, table->line_count + 1, sizeof *table->lines);
    struct table_line *line = &table->lines[table->line_count++];
    *line = (struct table_line){0};
    return line;
}

void table_add_row(struct table *table, char *const *cells)
{
    struct table_line *line = add_line(table);
    for (size_t i = 0; i < table->column_count; i++)
        line->cells[i] = cells[i];
}

void table_add_note(struct table *table, char *note)
{
    add_line(table)->note = note;
}

/* Characters of UTF-8 text: all bytes but those that continue one. */
static size_t width_of(const char *text)
{
    size_t width = 0;
    for (; *text; text++)
        width += ((unsigned char)*text & 0xc0) != 0x80;
    return width;
}

static const char *cell_text(const struct table_line *line, size_t column)
{
    const char *cell = line->cells[column];
    return *cell ? cell : "-";
}

static void measure(const struct table *table, size_t *widths)
{
    for (size_t column = 0; column < table->column_count; column++) {
        widths[column] = width_of(table->columns[column].heading);
        for (size_t i = 0; i < table->line_count; i++) {
            if (table->lines[i].note)
                continue;
            size_t width = width_of(cell_text(&table->lines[i], column));
            if (width > widths[column])
                widths[column] = width;
        }
    }
}

static void print_cell(const struct table *table, const size_t *widths, size_t column,
                       const char *text, FILE *stream)
{
    int padding = (int)(widths[column] - width_of(text));
    bool is_last = column + 1 == table->column_count;
    if (table->columns[column].right)
        fprintf(stream, "%*s%s", padding, "", text);
    else
        fprintf(stream, "%s%*s", text, is_last ? 0 : padding, "");
    fputs(is_last ? "\n" : GAP, stream);
}

void table_print(const struct table *table, bool styled, FILE *stream)
{
    size_t widths[TABLE_COLUMNS_MAX];
    measure(table, widths);
    fputs(styled ? "\033[1m" : "", stream);
    for (size_t column = 0; column < table->column_count; column++)
        print_cell(table, widths, column, table->columns[column].heading, stream);
    fputs(styled ? "\033[0m" : "", stream);
    for (size_t i = 0; i < table->line_count; i++) {
        const struct table_line *line = &table->lines[i];
        if (line->note)
            fprintf(stream, "    %s\n", line->note);
        for (size_t column = 0; !line->note && column < table->column_count; column++)
            print_cell(table, widths, column, cell_text(line, column), stream);
    }
}
