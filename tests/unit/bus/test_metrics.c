/* What is counted: histograms by their bounds, refusals by their rules, and the turn's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "core/bus/metrics.h"

static void test_bounds(void **state)
{
    (void)state;
    static const enum histogram_kind kinds[] = {HISTOGRAM_COMMIT, HISTOGRAM_BATCH,
                                                HISTOGRAM_LATENCY};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const int64_t *bounds_us;
        size_t count = histogram_bounds(kinds[i], &bounds_us);
        struct histogram histogram = {.count = 0};
        assert_in_range(count, 10, HISTOGRAM_BOUNDS_MAX);
        for (size_t at = 0; at < count; at++) {
            assert_true(bounds_us[at] > (at > 0 ? bounds_us[at - 1] : 0));
            histogram_observe(&histogram, kinds[i], bounds_us[at]); /* a bound is in its bucket */
            histogram_observe(&histogram, kinds[i], bounds_us[at] + 1);
        }
        assert_int_equal(histogram.count, 2 * count);
        assert_int_equal(histogram.buckets[0], 1);
        for (size_t at = 1; at < count; at++)
            assert_int_equal(histogram.buckets[at], 2);
    }
}

static void test_sum(void **state)
{
    (void)state;
    struct histogram histogram = {.count = 0};
    histogram_observe(&histogram, HISTOGRAM_BATCH, 7000);
    histogram_observe(&histogram, HISTOGRAM_BATCH, INT64_C(3600000000));
    histogram_observe(&histogram, HISTOGRAM_BATCH, -5000); /* a clock that was set back */
    assert_int_equal(histogram.count, 3);
    assert_int_equal(histogram.sum_us, INT64_C(3600007000));
    assert_int_equal(histogram.buckets[0], 1);
    assert_int_equal(histogram.buckets[1], 1);
}

static uint64_t refused(const struct metrics *metrics, const char *rule)
{
    for (size_t i = 0; i < REFUSAL_RULES; i++) {
        if (strcmp(metrics_rules[i], rule) == 0)
            return metrics->intake.refused[i];
    }
    fail_msg("no rule %s", rule);
    return 0;
}

static void test_rules(void **state)
{
    (void)state;
    struct metrics metrics = {.notices = 0};
    metrics_refused(&metrics, "syntax");
    metrics_refused(&metrics, "syntax");
    metrics_refused(&metrics, "what a client made up");
    metrics_refused(&metrics, "");
    assert_int_equal(refused(&metrics, "syntax"), 2);
    assert_int_equal(refused(&metrics, "other"), 2);
    assert_int_equal(refused(&metrics, "missing"), 0);
}

static void test_turn(void **state)
{
    (void)state;
    struct metrics metrics = {.notices = 0};
    metrics_refused_in_turn(&metrics, "missing");
    metrics.turn.repeated++;
    assert_int_equal(refused(&metrics, "missing"), 0);
    metrics_end_turn(&metrics, false);
    metrics_end_turn(&metrics, true);
    assert_int_equal(refused(&metrics, "missing"), 0);
    assert_int_equal(metrics.intake.repeated, 0);
    metrics_refused_in_turn(&metrics, "missing");
    metrics.turn.repeated += 2;
    metrics_end_turn(&metrics, true);
    metrics_end_turn(&metrics, true);
    assert_int_equal(refused(&metrics, "missing"), 1);
    assert_int_equal(metrics.intake.repeated, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_sum),
        cmocka_unit_test(test_rules),
        cmocka_unit_test(test_turn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
