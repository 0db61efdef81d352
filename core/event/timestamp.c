/*
 * See timestamp.h. The calendar is computed here, not by libc, whose gmtime counts leap seconds
 * when TZ names a "right/" zone. Years are those of the proleptic Gregorian calendar.
 */
#include "core/event/timestamp.h"

#include <assert.h>
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>

#define DAY_SECONDS     86400
#define EPOCH_DAYS      719528            /* from 0000-01-01 to 1970-01-01 */
#define UNIX_MS_MIN     (-62135596800000) /* 0001-01-01T00:00:00.000Z */
#define UNIX_MS_MAX     253402300799999   /* 9999-12-31T23:59:59.999Z */
#define FRACTION_DIGITS 9

/* Days before each month of a year that is not a leap year. */
static const int month_starts[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365};

struct civil {
    int year;
    int month;
    int day;
    int hour;
    int minute;
    int second;
    int ms;
    int offset_seconds; /* east of UTC */
};

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Days before the first of a month, counted from 0000-01-01; a month of 13 is the next year. */
static int days_before(int year, int month)
{
    int leap_years = (year + 3) / 4 - (year + 99) / 100 + (year + 399) / 400;
    return year * 365 + leap_years + month_starts[month - 1] + (month > 2 && is_leap(year));
}

/* ---- Reading ---- */

/* Takes `count` digits off the front of *text. */
static bool take_number(const char **text, int count, int *number)
{
    *number = 0;
    for (int i = 0; i < count; i++) {
        if (!isdigit((unsigned char)**text))
            return false;
        *number = *number * 10 + (*(*text)++ - '0');
    }
    return true;
}

/* Takes one of two bytes off the front of *text. */
static bool take_either(const char **text, char one, char other)
{
    if (**text != one && **text != other)
        return false;
    (*text)++;
    return true;
}

static bool take(const char **text, char byte)
{
    return take_either(text, byte, byte);
}

static bool take_fraction(const char **text, int *ms)
{
    *ms = 0;
    if (!take(text, '.'))
        return true;
    int digits = 0;
    for (; isdigit((unsigned char)**text); (*text)++, digits++) {
        if (digits < 3)
            *ms = *ms * 10 + (**text - '0');
    }
    for (int i = digits; i < 3; i++)
        *ms *= 10;
    return digits >= 1 && digits <= FRACTION_DIGITS;
}

static bool take_offset(const char **text, int *offset_seconds)
{
    *offset_seconds = 0;
    if (take_either(text, 'Z', 'z'))
        return true;
    int sign = **text == '-' ? -1 : 1;
    int hours, minutes;
    if (!take_either(text, '+', '-') || !take_number(text, 2, &hours) || !take(text, ':') ||
        !take_number(text, 2, &minutes) || hours > 23 || minutes > 59)
        return false;
    *offset_seconds = sign * (hours * 3600 + minutes * 60);
    return true;
}

static bool read_civil(const char *text, struct civil *civil)
{
    return take_number(&text, 4, &civil->year) && take(&text, '-') &&
           take_number(&text, 2, &civil->month) && take(&text, '-') &&
           take_number(&text, 2, &civil->day) && take_either(&text, 'T', 't') &&
           take_number(&text, 2, &civil->hour) && take(&text, ':') &&
           take_number(&text, 2, &civil->minute) && take(&text, ':') &&
           take_number(&text, 2, &civil->second) && take_fraction(&text, &civil->ms) &&
           take_offset(&text, &civil->offset_seconds) && *text == '\0';
}

static bool exists(const struct civil *civil)
{
    if (civil->month < 1 || civil->month > 12)
        return false;
    int days = days_before(civil->year, civil->month + 1) - days_before(civil->year, civil->month);
    return civil->day >= 1 && civil->day <= days && civil->hour <= 23 && civil->minute <= 59 &&
           civil->second <= 60;
}

int timestamp_parse(const char *text, int64_t *unix_ms)
{
    struct civil civil;
    if (!read_civil(text, &civil) || !exists(&civil))
        return -1;
    if (civil.second == 60) {
        civil.second = 59;
        civil.ms = 999;
    }
    int64_t days = days_before(civil.year, civil.month) + civil.day - 1 - EPOCH_DAYS;
    int64_t seconds = days * DAY_SECONDS + civil.hour * 3600 + civil.minute * 60 + civil.second -
                      civil.offset_seconds;
    int64_t ms = seconds * 1000 + civil.ms;
    if (ms < UNIX_MS_MIN || ms > UNIX_MS_MAX)
        return -2;
    *unix_ms = ms;
    return 0;
}

/* ---- Writing ---- */

void timestamp_format(int64_t unix_ms, char text[TIMESTAMP_SIZE])
{
    assert(unix_ms >= UNIX_MS_MIN && unix_ms <= UNIX_MS_MAX);
    int64_t since_zero_ms = unix_ms + (int64_t)EPOCH_DAYS * DAY_SECONDS * 1000;
    int days = (int)(since_zero_ms / (DAY_SECONDS * 1000));
    int ms_of_day = (int)(since_zero_ms % (DAY_SECONDS * 1000));

    int year = days / 366; /* never too late */
    while (days_before(year + 1, 1) <= days)
        year++;
    int month = 1;
    while (days_before(year, month + 1) <= days)
        month++;
    int day = days - days_before(year, month) + 1;
    int seconds = ms_of_day / 1000;
    int length = snprintf(text, TIMESTAMP_SIZE, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", year, month,
                          day, seconds / 3600, seconds / 60 % 60, seconds % 60, ms_of_day % 1000);
    assert(length == TIMESTAMP_SIZE - 1);
    (void)length;
}
