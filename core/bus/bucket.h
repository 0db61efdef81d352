/*
 * A token bucket: how many batches may go out, and when the next one may. Pure.
 *
 * It holds little, so that a far side that counts by the second sees hardly more than the rate:
 * what comes in 20 ms, and at least one.
 */
#ifndef AFFN_BUS_BUCKET_H
#define AFFN_BUS_BUCKET_H

#include <stdint.h>

struct bucket {
    int64_t rate_an_hour; /* 0: no limit */
    int64_t taken;        /* that have not come in again, each as an hour's milliseconds */
    int64_t as_of_ms;
};

/* Full. The rate is at most 2^31 an hour. */
void bucket_init(struct bucket *bucket, int64_t rate_an_hour);

/* How long until one may go: 0 for now. Takes nothing. */
int64_t bucket_wait_ms(const struct bucket *bucket, int64_t now_ms);

/* Takes one; only when bucket_wait_ms says 0. */
void bucket_take(struct bucket *bucket, int64_t now_ms);

#endif
