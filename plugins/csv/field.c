/* See field.h. */
#include "field.h"

#include <string.h>

/* The lengths are those of affnotify/sink.h; a date is the longest of date.h. */
static const struct {
    const char *name;
    size_t bytes_max;
} fields[] = {
    [FIELD_EVENT_ID] = {"event_id", 36},
    [FIELD_EVENT] = {"event", sizeof "affiliate.deactivated" - 1},
    [FIELD_AFFILIATE_ID] = {"affiliate_id", 11},
    [FIELD_EMAIL] = {"email", 254},
    [FIELD_DEEP_LINK] = {"deep_link", 2048},
    [FIELD_OCCURRED_AT] = {"occurred_at", 24},
    [FIELD_STATUS] = {"status", sizeof "archived" - 1},
    [FIELD_FILL] = {"fill", FILL_BYTES_MAX},
};

bool field_find(const char *name, enum field *field)
{
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        if (strcmp(fields[i].name, name) != 0)
            continue;
        *field = (enum field)i;
        return true;
    }
    return false;
}

size_t field_bytes_max(enum field field)
{
    return fields[field].bytes_max;
}
