/* When an event that was not delivered is tried again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/bus/retry.h"
#include "core/config/config.h"

static const struct sink_tuning three = {.retry_ms = {5000, 300000, 86400000}, .retry_count = 3};

static void each_attempt_has_its_delay_within_a_fifth(void **state)
{
    (void)state;
    static const struct {
        uint32_t attempts;
        uint32_t random;
        int64_t delay_ms;
    } cases[] = {
        {1, 0, 4000},
        {1, UINT32_MAX, 6000},
        {1, 0x80000000, 5000},
        {2, 0, 240000},
        {2, UINT32_MAX, 360000},
        {3, 0, 69120000},
        {3, UINT32_MAX, 103680000},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(retry_delay_ms(&three, cases[i].attempts, cases[i].random),
                         cases[i].delay_ms);
}

static void a_list_that_is_used_up_gives_no_further_attempt(void **state)
{
    (void)state;
    static const struct sink_tuning none = {.retry_count = 0};
    assert_int_equal(retry_delay_ms(&three, 4, 0), RETRY_NEVER);
    assert_int_equal(retry_delay_ms(&three, UINT32_MAX, 0), RETRY_NEVER);
    assert_int_equal(retry_delay_ms(&none, 1, 0), RETRY_NEVER);
}

static void the_longest_delay_does_not_overflow(void **state)
{
    (void)state;
    static const struct sink_tuning year = {.retry_ms = {365LL * 86400000}, .retry_count = 1};
    assert_int_equal(retry_delay_ms(&year, 1, UINT32_MAX), 365LL * 86400000 / 10 * 12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_attempt_has_its_delay_within_a_fifth),
        cmocka_unit_test(a_list_that_is_used_up_gives_no_further_attempt),
        cmocka_unit_test(the_longest_delay_does_not_overflow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
