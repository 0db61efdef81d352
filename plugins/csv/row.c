/* See row.h. */
#include "row.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include <affnotify/sink.h>

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

size_t row_cell(const char *text, char *cell)
{
    bool quoted = strpbrk(text, ",\"\r\n");
    char *end = cell;
    if (quoted)
        *end++ = '"';
    if (runs_as_formula(text))
        *end++ = '\'';
    for (; *text; text++) {
        if (*text == '"')
            *end++ = '"';
        *end++ = *text;
    }
    if (quoted)
        *end++ = '"';
    return (size_t)(end - cell);
}

size_t row_format(const struct affn_event *event, char row[ROW_BYTES_MAX])
{
    bool gone = strcmp(event->event, "affiliate.deactivated") == 0;
    const char *cells[] = {
        event->id,        event->event,       event->affiliate_id,          event->email,
        event->deep_link, event->occurred_at, gone ? "archived" : "active",
    };
    size_t length = 0;
    for (size_t i = 0; i < sizeof cells / sizeof cells[0]; i++) {
        assert(length + 2 * strlen(cells[i]) + 3 + 2 <= ROW_BYTES_MAX);
        if (i > 0)
            row[length++] = ',';
        length += row_cell(cells[i], row + length);
    }
    row[length++] = '\r';
    row[length++] = '\n';
    return length;
}
