/*
 * How the files of a sink look and how long they get, from its section: columns, header row, form,
 * limits. Pure. Made in `check`, `open` and `render` alike, so that they cannot differ.
 */
#ifndef CSV_FORMAT_H
#define CSV_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "date.h"
#include "field.h"

struct affn_mistakes;
struct csv_options;

#define COLUMNS_MAX       24
#define COLUMNS_BYTES_MAX 3000 /* of the option */
#define HEADER_BYTES_MAX  100  /* of one column's */
#define HEADER_ROW_MAX    (3 + COLUMNS_MAX * (2 * HEADER_BYTES_MAX + 4) + 2)

struct column {
    const char *header;
    enum field field;
    const char *fill; /* of FIELD_FILL */
};

struct format {
    struct column columns[COLUMNS_MAX];
    size_t column_count;
    char delimiter;
    const char *line_end;
    enum date_format date;
    size_t row_bytes_max;
    char header[HEADER_ROW_MAX]; /* the first row, with the byte order mark if there is one */
    size_t header_bytes;

    bool has_mode;
    mode_t mode;

    int64_t rotate_bytes; /* 0: no limit */
    int64_t rotate_rows;
    bool rotate_daily;
    bool rotates; /* one of the three */
    bool done_marker;

    bool tells_ids; /* its rows begin with the event's ID, and stay in one file */

    char text[COLUMNS_BYTES_MAX + 1]; /* what headers of the option `columns` point into */
};

/*
 * Makes the format, and adds what is wrong to the mistakes when they are not NULL. Of options with a
 * mistake the format is not to be used.
 */
void format_make(struct format *format, const struct csv_options *options,
                 struct affn_mistakes *mistakes);

#endif
