/* See date.h. */
#include "date.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

const char *const date_formats[] = {
    [DATE_ISO] = "iso",
    [DATE_TIME] = "time",
    [DATE_DAY] = "date",
    [DATE_US] = "us",
    [DATE_EU] = "eu",
    [DATE_DOTS] = "dots",
    NULL,
};

/* Each is made of letters that stand for parts of the moment, and of what stands between. */
static const char *const patterns[] = {
    [DATE_ISO] = NULL,   [DATE_TIME] = "Y-M-D T", [DATE_DAY] = "Y-M-D",
    [DATE_US] = "M/D/Y", [DATE_EU] = "D/M/Y",     [DATE_DOTS] = "D.M.Y",
};

/* Where the part that a letter stands for begins in occurred_at, and how long it is. */
static size_t find_part(char letter, size_t *at)
{
    switch (letter) {
    case 'Y':
        *at = 0;
        return 4;
    case 'M':
        *at = 5;
        return 2;
    case 'D':
        *at = 8;
        return 2;
    case 'T':
        *at = 11;
        return 8;
    default:
        return 0;
    }
}

void date_write(enum date_format format, const char *occurred_at, char text[DATE_SIZE])
{
    const char *pattern = patterns[format];
    char *end = text;
    if (!pattern) {
        snprintf(text, DATE_SIZE, "%s", occurred_at);
        return;
    }
    for (; *pattern; pattern++) {
        size_t at;
        size_t length = find_part(*pattern, &at);
        if (length == 0)
            *end++ = *pattern;
        memcpy(end, occurred_at + (length > 0 ? at : 0), length);
        end += length;
    }
    *end = '\0';
}
