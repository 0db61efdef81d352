/* How many lines of a plugin reach the log. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/limits.h"
#include "core/bus/flood.h"

#define START_MS 5000

static void fill(struct flood *flood, int64_t now_ms)
{
    for (int i = 0; i < PLUGIN_LINES_MAX; i++)
        assert_true(flood_admits(flood, now_ms));
}

static void the_first_lines_of_a_while_are_shown_and_the_rest_is_counted(void **state)
{
    (void)state;
    struct flood flood = {0};
    assert_int_equal(flood_left_ms(&flood, START_MS), 0);
    fill(&flood, START_MS);
    for (int i = 0; i < 1000; i++)
        assert_false(flood_admits(&flood, START_MS + i));
    assert_int_equal(flood_left_ms(&flood, START_MS + 1), PLUGIN_LINES_WHILE_MS - 1);
    assert_int_equal(flood_take(&flood), 1000);
    assert_int_equal(flood_take(&flood), 0);
    assert_false(flood_admits(&flood, START_MS + PLUGIN_LINES_WHILE_MS - 1));
    assert_int_equal(flood_take(&flood), 1);
    fill(&flood, START_MS + PLUGIN_LINES_WHILE_MS);
}

static void a_new_while_begins_with_a_line_after_the_old_one(void **state)
{
    (void)state;
    struct flood flood = {0};
    fill(&flood, START_MS);
    fill(&flood, START_MS + PLUGIN_LINES_WHILE_MS);
    assert_int_equal(flood_take(&flood), 0);
}

static void a_count_is_not_lost_because_nobody_asked_in_time(void **state)
{
    (void)state;
    struct flood flood = {0};
    fill(&flood, START_MS);
    assert_false(flood_admits(&flood, START_MS));
    assert_false(flood_admits(&flood, START_MS + 10 * PLUGIN_LINES_WHILE_MS));
    assert_int_equal(flood_left_ms(&flood, START_MS + 10 * PLUGIN_LINES_WHILE_MS), 0);
    assert_int_equal(flood_take(&flood), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_lines_of_a_while_are_shown_and_the_rest_is_counted),
        cmocka_unit_test(a_new_while_begins_with_a_line_after_the_old_one),
        cmocka_unit_test(a_count_is_not_lost_because_nobody_asked_in_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
