/* See row.h. */
#include "row.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include <affnotify/sink.h>

#include "format.h"

/*
 * What a formula begins with. The last four are the full-width forms, which spreadsheets set up for
 * Japanese and Chinese take for the plain ones.
 */
static const char *const formula_starts[] = {
    "=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20",
};

/* Spreadsheets drop leading blanks and run what follows, so blanks don't hide a formula. */
static bool runs_as_formula(const char *text)
{
    const char *begin = text + strspn(text, " ");
    for (size_t i = 0; i < sizeof formula_starts / sizeof formula_starts[0]; i++)
        if (strncmp(begin, formula_starts[i], strlen(formula_starts[i])) == 0)
            return true;
    return false;
}

size_t row_cell(const char *text, char delimiter, char *cell, uint32_t *guarded)
{
    const char special[] = {delimiter, '"', '\r', '\n', '\0'};
    bool quoted = strpbrk(text, special);
    char *end = cell;
    if (quoted)
        *end++ = '"';
    if (runs_as_formula(text)) {
        *end++ = '\'';
        (*guarded)++;
    }
    for (; *text; text++) {
        if (*text == '"')
            *end++ = '"';
        *end++ = *text;
    }
    if (quoted)
        *end++ = '"';
    return (size_t)(end - cell);
}

static const char *value_of(const struct format *format, const struct column *column,
                            const struct affn_event *event, char date[DATE_SIZE])
{
    switch (column->field) {
    case FIELD_EVENT_ID:
        return event->id;
    case FIELD_EVENT:
        return event->event;
    case FIELD_AFFILIATE_ID:
        return event->affiliate_id;
    case FIELD_EMAIL:
        return event->email;
    case FIELD_DEEP_LINK:
        return event->deep_link;
    case FIELD_OCCURRED_AT:
        date_write(format->date, event->occurred_at, date);
        return date;
    case FIELD_STATUS:
        return strcmp(event->event, "affiliate.deactivated") == 0 ? "archived" : "active";
    case FIELD_FILL:
        return column->fill;
    }
    assert(!"every field is in the list");
    return "";
}

size_t row_format(const struct format *format, const struct affn_event *event, char *row,
                  uint32_t *guarded)
{
    size_t length = 0;
    for (size_t i = 0; i < format->column_count; i++) {
        char date[DATE_SIZE];
        const char *value = value_of(format, &format->columns[i], event, date);
        if (i > 0)
            row[length++] = format->delimiter;
        assert(length + 2 * strlen(value) + ROW_CELL_BYTES_MORE + 2 <= format->row_bytes_max);
        length += row_cell(value, format->delimiter, row + length, guarded);
    }
    for (const char *end = format->line_end; *end; end++)
        row[length++] = *end;
    return length;
}
