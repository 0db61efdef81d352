/*
 * What the section of a CSV sink says, as the host fills it in by the table of csv.c. Read by
 * format.c and those that it asks.
 */
#ifndef CSV_OPTIONS_H
#define CSV_OPTIONS_H

#include <stdint.h>

#include <affnotify/sink.h>

struct csv_options {
    const char *path;
    int32_t preset; /* enum preset_name; -1: none */
    const char *columns;
    struct affn_map fill;
    int32_t delimiter;
    int32_t bom;
    int32_t line_end;
    int32_t date_format; /* enum date_format; -1: the preset's */
    const char *mode;
    int64_t rotate_bytes;
    int64_t rotate_rows;
    int32_t rotate_daily;
    int32_t done_marker;
    int32_t show_header;
};

#endif
