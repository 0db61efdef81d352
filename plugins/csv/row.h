/*
 * One event as one row of CSV (RFC 4180), safe to open in a spreadsheet. Pure.
 *
 * A row is one line and ends with CRLF: no value of an event holds a line break. Cells with a comma
 * or a quote are quoted. A cell that a spreadsheet would run as a formula gets a single quote
 * before it, which spreadsheets take as "this is text".
 */
#ifndef CSV_ROW_H
#define CSV_ROW_H

#include <stddef.h>

struct affn_event;

#define ROW_HEADER "Event ID,Event,Affiliate ID,E-mail,Deep link,Occurred at,Status\r\n"

/* The longest row: an e-mail of 254 bytes and a link of 2,048, all quotes; the rest is short. */
#define ROW_BYTES_MAX 5120

/* Writes a cell, guarded and quoted where needed, and no NUL. Returns its length: at most twice
 * that of text, and 3. */
size_t row_cell(const char *text, char *cell);

/* Writes the event's row with its CRLF, and no NUL. Returns its length. */
size_t row_format(const struct affn_event *event, char row[ROW_BYTES_MAX]);

#endif
