/*
 * Rows in columns as wide as their widest cell, with notes indented below a row. Knows nothing of
 * what the cells say.
 */
#ifndef AFFN_CLI_TABLE_H
#define AFFN_CLI_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define TABLE_COLUMNS_MAX 8

struct table_column {
    const char *heading;
    bool right; /* aligned to the right: numbers */
};

struct table_line {
    char *cells[TABLE_COLUMNS_MAX];
    char *note; /* set for a note; then there are no cells */
};

struct table {
    const struct table_column *columns;
    size_t column_count;
    size_t folded; /* this column stands below its row; 0, the first, for none */
    struct table_line *lines;
    size_t line_count;
    size_t widths[TABLE_COLUMNS_MAX]; /* of the pages so far; a column never gets narrower */
    bool is_headed;                   /* a page was printed, with the headings */
    size_t note_columns;              /* notes are wrapped to so many; 0: not at all */
};

void table_init(struct table *table, const struct table_column *columns, size_t column_count);
void table_finish(struct table *table);

/* One cell for each column, kept and freed by the table; an empty one is shown as "-". */
void table_add_row(struct table *table, char *const *cells);

/* A line below the last row, kept and freed by the table. */
void table_add_note(struct table *table, char *note);

/*
 * Fits a table to a terminal of so many columns, 0 for none: notes are wrapped, and when rows of
 * usual cells would need more than `usual` columns, the column `folded` (not the first) stands below
 * its row, without a heading, and nothing where its cell is empty.
 */
void table_fit(struct table *table, size_t columns, size_t usual, size_t folded);

/*
 * Prints what was added and drops it, so that a long table can be printed page by page: the headings
 * stand above the first, bold with `styled`. Nothing follows a line's last letter.
 */
void table_print(struct table *table, bool styled, FILE *stream);

#endif
