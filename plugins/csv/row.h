/*
 * One event as one row of CSV (RFC 4180), safe to open in a spreadsheet. Pure.
 *
 * A row is one line: no value of an event or of the configuration holds a line break. Cells with
 * the delimiter or a quote are quoted. A cell that a spreadsheet would run as a formula gets a
 * single quote before it, which spreadsheets take as "this is text".
 */
#ifndef CSV_ROW_H
#define CSV_ROW_H

#include <stddef.h>
#include <stdint.h>

struct affn_event;
struct format;

/* No row of any format is longer. */
#define ROW_BYTES_MAX (64 * 1024)

/* What row_cell adds at most to twice the length of the text. */
#define ROW_CELL_BYTES_MORE 3

/*
 * Writes a cell, guarded and quoted where needed, and no NUL. Returns its length; counts it in
 * *guarded when it looked like a formula.
 */
size_t row_cell(const char *text, char delimiter, char *cell, uint32_t *guarded);

/*
 * Writes the event's row with its line end, and no NUL: at most format->row_bytes_max. Returns its
 * length; adds the cells that looked like formulas to *guarded.
 */
size_t row_format(const struct format *format, const struct affn_event *event, char *row,
                  uint32_t *guarded);

#endif
