/* Who has a sink suspended, and what others are told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <jansson.h>
#include <stdio.h>

#include "core/bus/rest.h"

static void one_at_a_time(void **state)
{
    (void)state;
    for (enum sink_suspender by = SUSPENDED_BY_SKIP; by <= SUSPENDED_BY_RELOAD; by++) {
        struct sink sink = {.name = "crm"};
        assert_true(rest_begin(&sink, by));
        assert_true(rest_begin(&sink, by)); /* it has it already */
        for (enum sink_suspender other = SUSPENDED_BY_SKIP; other <= SUSPENDED_BY_RELOAD; other++)
            assert_int_equal(rest_begin(&sink, other), other == by);
        assert_int_equal(sink.suspended, by);
    }
}

static void others_are_told_what_keeps_it_busy(void **state)
{
    (void)state;
    static const struct {
        enum sink_suspender by;
        const char *work;
    } cases[] = {
        {SUSPENDED_BY_SKIP, "its events are being skipped"},
        {SUSPENDED_BY_REPLAY, "events are being sent to it again"},
        {SUSPENDED_BY_RETENTION, "its oldest events are being given up to make room"},
        {SUSPENDED_BY_FORGET, "an affiliate is being forgotten"},
        {SUSPENDED_BY_RELOAD, "it is being reloaded"},
    };
    struct sink sink = {.name = "crm"};
    assert_null(rest_refuse_busy(&sink));
    assert_null(rest_work(&sink));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char wanted[200];
        snprintf(wanted, sizeof wanted, "sink: crm is busy: %s; try again when that is done",
                 cases[i].work);
        sink.suspended = cases[i].by;
        assert_string_equal(rest_work(&sink), cases[i].work);
        json_t *refusal = rest_refuse_busy(&sink);
        assert_string_equal(json_string_value(json_object_get(refusal, "rule")), "busy");
        assert_string_equal(json_string_value(json_object_get(refusal, "message")), wanted);
        json_decref(refusal);
    }
}

static void a_sink_with_something_in_flight_is_not_at_rest(void **state)
{
    (void)state;
    struct sink sink = {.name = "crm"};
    rest_begin(&sink, SUSPENDED_BY_FORGET);
    sink.schedule.in_flight = 1;
    assert_false(rest_is_quiet(&sink));
    assert_false(rest_reached(&sink));
    sink.schedule.in_flight = 0;
    sink.unsaved = 1;
    assert_false(rest_is_quiet(&sink));
    assert_false(rest_reached(&sink));
    sink.unsaved = 0;
    assert_true(rest_is_quiet(&sink));
    assert_true(rest_reached(&sink));
    assert_int_equal(sink.suspended, SUSPENDED_BY_FORGET);
}

/* What is in its window must not be read into it again. */
static void one_that_never_came_to_rest_goes_on_as_it_is(void **state)
{
    (void)state;
    struct sink sink = {.name = "crm", .scanned = 7};
    const struct journal_event event = {.seq = 7};
    schedule_add(&sink.schedule, &event);
    sink.schedule.in_flight = 1;
    rest_begin(&sink, SUSPENDED_BY_RETENTION);
    assert_false(rest_reached(&sink));
    assert_true(rest_over(&sink)); /* no journal is asked */
    assert_int_equal(sink.suspended, SUSPENDED_BY_NOBODY);
    assert_int_equal(sink.scanned, 7);
    assert_non_null(schedule_find(&sink.schedule, 7));
    schedule_remove(&sink.schedule, sink.schedule.first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_at_a_time),
        cmocka_unit_test(others_are_told_what_keeps_it_busy),
        cmocka_unit_test(a_sink_with_something_in_flight_is_not_at_rest),
        cmocka_unit_test(one_that_never_came_to_rest_goes_on_as_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
