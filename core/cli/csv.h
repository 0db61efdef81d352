/*
 * Rows of a CSV file (RFC 4180): quoted fields with commas, quotes and line breaks in them; LF or CR
 * LF; a byte order mark; separated by commas, semicolons or TABs, whichever the first line has most
 * of. Memory holds one row.
 */
#ifndef AFFN_CLI_CSV_H
#define AFFN_CLI_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "core/base/buffer.h"

#define CSV_FIELDS_MAX    256
#define CSV_ROW_BYTES_MAX (256 * 1024)

struct error;

struct csv {
    FILE *file;
    char separator;
    size_t line_number; /* at which the row begins, from 1 */
    size_t next_line_number;
    size_t field_count;
    struct buffer bytes;            /* the fields, each with a NUL behind it */
    size_t offsets[CSV_FIELDS_MAX]; /* of them */
};

/* Begins to read; the file, which must be one that can be sought in, is the caller's. */
void csv_init(struct csv *csv, FILE *file);
void csv_finish(struct csv *csv);

/* 1 and the next row that is not blank, 0 at the end, -1 with the error, which names the line. */
int csv_next(struct csv *csv, struct error *error);

/* A field of the row; "" for one that it does not have. It stays until the next row. */
const char *csv_field(const struct csv *csv, size_t at);

#endif
