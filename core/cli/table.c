/* See table.h. A character is taken to be one column wide. */
#include "core/cli/table.h"

#include <assert.h>
#include <stdlib.h>

#include "core/base/memory.h"
#include "core/cli/show.h"
#include "core/cli/wrap.h"

#define GAP         "  "
#define NOTE_INDENT 4
#define MORE_INDENT 6 /* of its further lines, so that one sees where the next note begins */

void table_init(struct table *table, const struct table_column *columns, size_t column_count)
{
    assert(column_count <= TABLE_COLUMNS_MAX);
    *table = (struct table){.columns = columns, .column_count = column_count};
}

static void drop_lines(struct table *table)
{
    for (size_t i = 0; i < table->line_count; i++) {
        for (size_t column = 0; column < table->column_count; column++)
            free(table->lines[i].cells[column]);
        free(table->lines[i].note);
    }
    free(table->lines);
    table->lines = NULL;
    table->line_count = 0;
}

void table_finish(struct table *table)
{
    drop_lines(table);
    *table = (struct table){0};
}

void table_fit(struct table *table, size_t columns, size_t usual, size_t folded)
{
    assert(folded < table->column_count);
    table->note_columns = columns;
    table->folded = columns > 0 && columns < usual ? folded : 0;
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

static const char *cell_text(const struct table_line *line, size_t column)
{
    const char *cell = line->cells[column];
    return *cell ? cell : "-";
}

static void widen(struct table *table, size_t column, const char *text)
{
    size_t width = show_width(text);
    if (width > table->widths[column])
        table->widths[column] = width;
}

static void measure(struct table *table)
{
    for (size_t column = 0; column < table->column_count; column++) {
        widen(table, column, table->columns[column].heading);
        for (size_t i = 0; i < table->line_count; i++)
            if (!table->lines[i].note)
                widen(table, column, cell_text(&table->lines[i], column));
    }
}

static bool is_folded(const struct table *table, size_t column)
{
    return table->folded > 0 && column == table->folded;
}

static void print_cell(const struct table *table, size_t column, const char *text, FILE *stream)
{
    int padding = (int)(table->widths[column] - show_width(text));
    size_t left = table->column_count - column - 1;
    bool is_last = left == 0 || (left == 1 && is_folded(table, column + 1));
    if (is_folded(table, column))
        return;
    if (table->columns[column].right)
        fprintf(stream, "%*s%s", padding, "", text);
    else
        fprintf(stream, "%s%*s", text, is_last ? 0 : padding, "");
    fputs(is_last ? "\n" : GAP, stream);
}

static void print_headings(const struct table *table, bool styled, FILE *stream)
{
    fputs(styled ? "\033[1m" : "", stream);
    for (size_t column = 0; column < table->column_count; column++)
        print_cell(table, column, table->columns[column].heading, stream);
    fputs(styled ? "\033[0m" : "", stream);
}

static void print_row(const struct table *table, const struct table_line *line, FILE *stream)
{
    for (size_t column = 0; column < table->column_count; column++)
        print_cell(table, column, cell_text(line, column), stream);
    if (table->folded > 0 && *line->cells[table->folded])
        fprintf(stream, "%*s%s\n", NOTE_INDENT, "", line->cells[table->folded]);
}

void table_print(struct table *table, bool styled, FILE *stream)
{
    measure(table);
    if (!table->is_headed)
        print_headings(table, styled, stream);
    table->is_headed = true;
    for (size_t i = 0; i < table->line_count; i++) {
        const struct table_line *line = &table->lines[i];
        if (line->note)
            wrap_hanging(stream, line->note, NOTE_INDENT, MORE_INDENT, table->note_columns);
        else
            print_row(table, line, stream);
    }
    drop_lines(table);
}
