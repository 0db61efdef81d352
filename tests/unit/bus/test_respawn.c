/* How long to wait before a host is started once more. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/bus/respawn.h"

static void failing_at_the_start_doubles_from_a_second_to_five_minutes(void **state)
{
    (void)state;
    static const int64_t expected[] = {1000,  2000,   4000,   8000,   16000, 32000,
                                       64000, 128000, 256000, 300000, 300000};
    for (uint32_t i = 0; i < sizeof expected / sizeof *expected; i++)
        assert_int_equal(respawn_delay_ms(i + 1, false), expected[i]);
    assert_int_equal(respawn_delay_ms(UINT32_MAX, false), 300000);
}

static void dying_at_work_is_forgiven_once(void **state)
{
    (void)state;
    assert_int_equal(respawn_delay_ms(1, true), 0);
    assert_int_equal(respawn_delay_ms(2, true), 1000);
    assert_int_equal(respawn_delay_ms(3, true), 2000);
    assert_int_equal(respawn_delay_ms(UINT32_MAX, true), 300000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(failing_at_the_start_doubles_from_a_second_to_five_minutes),
        cmocka_unit_test(dying_at_work_is_forgiven_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
