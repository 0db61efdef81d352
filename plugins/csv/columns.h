/*
 * The columns of a format: those of the option `columns`, of a preset, or affnotify's own; and what
 * fills those that no event can supply. Pure. Called by format.c.
 */
#ifndef CSV_COLUMNS_H
#define CSV_COLUMNS_H

struct affn_mistakes;
struct csv_options;
struct format;

/* Fills in the format's columns; mistakes may be NULL. */
void columns_read(struct format *format, const struct csv_options *options,
                  struct affn_mistakes *mistakes);

#endif
