/* The civil clock, in milliseconds since 1970-01-01T00:00:00Z. Used to name and to end files. */
#ifndef CSV_CLOCK_H
#define CSV_CLOCK_H

#include <stdint.h>
#include <time.h>

#define CLOCK_DAY_MS (INT64_C(24) * 60 * 60 * 1000)

static inline int64_t clock_of(const struct timespec *moment)
{
    return (int64_t)moment->tv_sec * 1000 + moment->tv_nsec / 1000000;
}

static inline int64_t clock_unix_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return clock_of(&now);
}

/* Which day of UTC a moment is on. */
static inline int64_t clock_day(int64_t unix_ms)
{
    return unix_ms / CLOCK_DAY_MS;
}

#endif
