/*
 * See bucket.h. One batch weighs as many units as an hour has milliseconds, and in one millisecond
 * rate_an_hour units come in: so nothing is lost to rounding, whatever the rate.
 */
#include "core/bus/bucket.h"

#include <assert.h>

#define BATCH_UNITS (60 * 60 * 1000LL)
#define BURST_MS    20

void bucket_init(struct bucket *bucket, int64_t rate_an_hour)
{
    assert(rate_an_hour >= 0 && rate_an_hour <= INT32_MAX);
    *bucket = (struct bucket){.rate_an_hour = rate_an_hour};
}

static int64_t missing_units(const struct bucket *bucket, int64_t now_ms)
{
    int64_t elapsed_ms = now_ms - bucket->as_of_ms;
    if (elapsed_ms >= bucket->taken / bucket->rate_an_hour + 1)
        return 0;
    int64_t missing = bucket->taken - elapsed_ms * bucket->rate_an_hour;
    return missing > 0 ? missing : 0;
}

int64_t bucket_wait_ms(const struct bucket *bucket, int64_t now_ms)
{
    int64_t rate = bucket->rate_an_hour;
    if (rate == 0)
        return 0;
    int64_t room = BURST_MS * rate > BATCH_UNITS ? BURST_MS * rate : BATCH_UNITS;
    int64_t over = missing_units(bucket, now_ms) + BATCH_UNITS - room;
    return over > 0 ? (over + rate - 1) / rate : 0;
}

void bucket_take(struct bucket *bucket, int64_t now_ms)
{
    if (bucket->rate_an_hour == 0)
        return;
    bucket->taken = missing_units(bucket, now_ms) + BATCH_UNITS;
    bucket->as_of_ms = now_ms;
}
