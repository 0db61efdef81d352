/*
 * The files that the imports of well-known CRMs ask for, as tables: columns, limits, form. Where the
 * figures are from stands in README.md. Pure.
 */
#ifndef CSV_PRESET_H
#define CSV_PRESET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "date.h"
#include "field.h"

/* The words of the option `preset`, in the order of preset_get, then NULL. */
extern const char *const preset_names[];

struct preset_column {
    const char *header;
    enum field field;
    bool required; /* of a column that is filled; the others come only when they are */
};

struct preset {
    const struct preset_column *columns;
    size_t column_count;
    int64_t rows; /* a file */
    int64_t bytes;
    enum date_format date;
};

/* The preset of an index into preset_names. */
const struct preset *preset_get(int32_t index);

#endif
