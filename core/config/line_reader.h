/*
 * Between an INI file and inih: takes each physical line, checks it, and hands inih a short
 * stand-in, which no limit of inih's can cut. The line's number is the stand-in's value, and what
 * the line really says waits here for inih's handler. Called by document.c only.
 *
 *     the file                      the stand-ins for inih
 *     [sink:crm]                    [12]
 *                                   section=12        so that an empty section is reported too
 *     url = https://… ; 300 bytes   url=13
 */
#ifndef AFFN_CONFIG_LINE_READER_H
#define AFFN_CONFIG_LINE_READER_H

#include <stdbool.h>
#include <stddef.h>

#include "core/config/ini_line.h"

struct mistakes;

struct line_reader {
    const char *file;
    char *next; /* the rest of the file's text, which is changed */
    char *end;
    size_t *lines_left; /* shared by all files of a document */
    struct mistakes *mistakes;

    struct ini_line line; /* what the last stand-in stands for */
    int number;           /* its number, from 1 */
    const char *section;  /* the one it lies in; NULL for none, or one without a readable name */
    bool mark_is_due;     /* the section's second stand-in comes next */
};

/* How many bytes of a file's text are a byte order mark, before its first line. */
size_t line_reader_mark_bytes(const char *text);

/* text has `bytes` bytes and a NUL after them, and must outlive the reader. */
void line_reader_init(struct line_reader *reader, const char *file, char *text, size_t bytes,
                      size_t *lines_left, struct mistakes *mistakes);

/* An ini_reader: the next stand-in into `stand_in`, or NULL at the end. */
char *line_reader_next(char *stand_in, int size, void *line_reader);

#endif
