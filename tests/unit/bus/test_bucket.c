/* How many batches a rate lets go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/bus/bucket.h"

#define SECOND_RATE 3600 /* one a second, as a rate an hour */

/* Takes as many as go in span_ms by waiting as long as it says; returns how many. */
static int64_t count_taken(struct bucket *bucket, int64_t from_ms, int64_t span_ms)
{
    int64_t taken = 0;
    int64_t now_ms = from_ms;
    while (now_ms < from_ms + span_ms) {
        int64_t wait_ms = bucket_wait_ms(bucket, now_ms);
        assert_true(wait_ms >= 0);
        if (wait_ms == 0) {
            bucket_take(bucket, now_ms);
            taken++;
        }
        now_ms += wait_ms;
    }
    return taken;
}

static void without_a_rate_nothing_waits(void **state)
{
    (void)state;
    struct bucket bucket;
    bucket_init(&bucket, 0);
    for (int i = 0; i < 100000; i++) {
        assert_int_equal(bucket_wait_ms(&bucket, 5), 0);
        bucket_take(&bucket, 5);
    }
}

static void one_a_second_goes_at_once_and_then_each_second(void **state)
{
    (void)state;
    struct bucket bucket;
    bucket_init(&bucket, SECOND_RATE);
    assert_int_equal(bucket_wait_ms(&bucket, 7), 0);
    bucket_take(&bucket, 7);
    assert_int_equal(bucket_wait_ms(&bucket, 7), 1000);
    assert_int_equal(bucket_wait_ms(&bucket, 1006), 1);
    assert_int_equal(bucket_wait_ms(&bucket, 1007), 0);
}

static void over_time_the_rate_is_met_exactly(void **state)
{
    (void)state;
    static const int64_t rates_an_hour[] = {1, 7, 3600, 180000, 3600000, 36000000, INT32_MAX};
    for (size_t i = 0; i < sizeof rates_an_hour / sizeof *rates_an_hour; i++) {
        struct bucket bucket;
        int64_t rate = rates_an_hour[i];
        bucket_init(&bucket, rate);
        int64_t span_ms = rate < 1000 ? 24 * 3600000LL : 10000;
        int64_t fair = rate * span_ms / 3600000;
        int64_t burst = rate * 20 / 3600000 + 1;
        assert_in_range(count_taken(&bucket, 1, span_ms), fair, fair + burst);
    }
}

static void what_was_not_used_is_not_saved_up(void **state)
{
    (void)state;
    struct bucket bucket;
    bucket_init(&bucket, 50 * SECOND_RATE);
    bucket_take(&bucket, 0);
    assert_in_range(count_taken(&bucket, 3600000, 1000), 50, 51); /* after an idle hour */
    bucket_init(&bucket, INT32_MAX);
    bucket_take(&bucket, 0);
    assert_int_equal(bucket_wait_ms(&bucket, INT64_MAX), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_rate_nothing_waits),
        cmocka_unit_test(one_a_second_goes_at_once_and_then_each_second),
        cmocka_unit_test(over_time_the_rate_is_met_exactly),
        cmocka_unit_test(what_was_not_used_is_not_saved_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
