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
    struct table_line *lines;
    size_t line_count;
};

void table_init(struct table *table, const struct table_column *columns, size_t column_count);
void table_finish(struct table *table);

/* One cell for each column, kept and freed by the table; an empty one is shown as "-". */
void table_add_row(struct table *table, char *const *cells);

/* A line below the last row, kept and freed by the table. */
void table_add_note(struct table *table, char *note);

/* With `styled` the headings are bold. Nothing follows a line's last letter. */
void table_print(const struct table *table, bool styled, FILE *stream);

#endif
