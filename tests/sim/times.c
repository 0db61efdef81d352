/* See times.h. Stands in for core/base/clock.c and for the one random number that the bus draws. */
#include "tests/sim/times.h"

#include <assert.h>
#include <stdlib.h>

#include "core/base/clock.h"
#include "tests/sim/draw.h"

#define MONO_AT_START_MS INT64_C(1000000)
#define UNIX_AT_START_MS INT64_C(1790000000000)

static int64_t mono_ms;
static int64_t unix_ms;
static int64_t latest_unix_ms;

void times_begin(void)
{
    mono_ms = MONO_AT_START_MS;
    unix_ms = latest_unix_ms = UNIX_AT_START_MS;
}

void times_pass(int64_t ms)
{
    assert(ms >= 0);
    mono_ms += ms;
    times_set_civil_clock(ms);
}

void times_set_civil_clock(int64_t by_ms)
{
    unix_ms += by_ms;
    if (unix_ms > latest_unix_ms)
        latest_unix_ms = unix_ms;
}

void times_put_right(void)
{
    unix_ms = latest_unix_ms;
}

int64_t clock_mono_ms(void)
{
    return mono_ms;
}

int64_t clock_mono_us(void)
{
    return mono_ms * 1000;
}

int64_t clock_unix_ms(void)
{
    return unix_ms;
}

/* The jitter of retries. */
uint32_t arc4random(void)
{
    return (uint32_t)draw_bits(DRAW_BUS);
}
