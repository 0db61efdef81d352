/* The moment of an event in the forms that imports and spreadsheets read. Always UTC. Pure. */
#ifndef CSV_DATE_H
#define CSV_DATE_H

enum date_format {
    DATE_ISO,
    DATE_TIME,
    DATE_DAY,
    DATE_US,
    DATE_EU,
    DATE_DOTS,
};

/* The words of the option `date_format`, in that order, then NULL. */
extern const char *const date_formats[];

#define DATE_SIZE 32

/* Writes occurred_at, which is 2026-03-18T12:00:00.000Z, in another form. */
void date_write(enum date_format format, const char *occurred_at, char text[DATE_SIZE]);

#endif
