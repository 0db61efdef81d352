/* What a column of a row can hold. Pure. */
#ifndef CSV_FIELD_H
#define CSV_FIELD_H

#include <stdbool.h>
#include <stddef.h>

enum field {
    FIELD_EVENT_ID,
    FIELD_EVENT,
    FIELD_AFFILIATE_ID,
    FIELD_EMAIL,
    FIELD_DEEP_LINK,
    FIELD_OCCURRED_AT,
    FIELD_STATUS, /* active after affiliate.created, archived after affiliate.deactivated */
    FIELD_FILL,   /* what the option fill.COLUMN says, the same in each row */
};

#define FILL_BYTES_MAX 255

/* The field of a name; false when there is none. */
bool field_find(const char *name, enum field *field);

/* The longest value that a field can have, in bytes. */
size_t field_bytes_max(enum field field);

#endif
