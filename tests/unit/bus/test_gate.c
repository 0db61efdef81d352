/* What follows from verdicts for a sink as a whole. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "affnotify/sink.h"
#include "core/bus/gate.h"

#define MINUTE_MS 60000

/* An answer about batch 1, which was event 10 alone, with others at hand. */
static struct gate_answer said(int32_t verdict)
{
    return (struct gate_answer){
        .batch = 1, .verdict = verdict, .first_seq = 10, .single = true, .has_others = true};
}

static enum gate_ruling hear(struct gate *gate, int32_t verdict, uint32_t batch, int64_t seq,
                             int64_t now_ms)
{
    struct gate_answer answer = said(verdict);
    answer.batch = batch;
    answer.first_seq = seq;
    return gate_answer(gate, &answer, now_ms);
}

static void an_open_gate_stays_open_for_what_is_an_events_own(void **state)
{
    (void)state;
    static const int32_t verdicts[] = {AFFN_DELIVERED, AFFN_REFUSED, AFFN_RETRY};
    for (size_t i = 0; i < 3; i++) {
        struct gate gate = {0};
        assert_int_equal(hear(&gate, verdicts[i], 1, 10, 0), GATE_NOTHING);
        assert_int_equal(gate_pass(&gate, 0), PASS_BATCHES);
    }
}

static void down_holds_a_second_doubling_to_five_minutes(void **state)
{
    (void)state;
    static const int64_t expected[] = {1000,  2000,   4000,   8000,   16000, 32000,
                                       64000, 128000, 256000, 300000, 300000};
    struct gate gate = {0};
    int64_t now_ms = 100;
    hear(&gate, AFFN_DOWN, 1, 10, now_ms);
    for (uint32_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        assert_int_equal(gate_pass(&gate, now_ms + expected[i] - 1), PASS_NOTHING);
        now_ms += expected[i];
        assert_int_equal(gate_pass(&gate, now_ms), PASS_PROBE);
        gate_sent(&gate, i + 2);
        assert_int_equal(gate_pass(&gate, now_ms), PASS_NOTHING); /* one at a time */
        hear(&gate, AFFN_DOWN, i + 2, 10, now_ms);
    }
}

static void what_went_out_before_a_hold_does_not_double_it(void **state)
{
    (void)state;
    struct gate gate = {0};
    hear(&gate, AFFN_DOWN, 1, 10, 0);
    for (uint32_t batch = 2; batch < 40; batch++)
        hear(&gate, batch % 2 ? AFFN_DOWN : AFFN_DELIVERED, batch, batch, 500);
    assert_int_equal(gate_pass(&gate, 999), PASS_NOTHING);
    assert_int_equal(gate_pass(&gate, 1000), PASS_PROBE);
}

static void a_far_side_that_asks_for_time_gets_it(void **state)
{
    (void)state;
    struct gate gate = {0};
    struct gate_answer answer = said(AFFN_RETRY);
    answer.code = 503;
    answer.retry_after_ms = 70000;
    gate_answer(&gate, &answer, 0);
    assert_int_equal(gate_pass(&gate, 69999), PASS_NOTHING);
    answer.batch = 2; /* sent before the hold, and asks for more */
    answer.retry_after_ms = 90000;
    gate_answer(&gate, &answer, 1000);
    assert_int_equal(gate_pass(&gate, 90999), PASS_NOTHING);
    answer.retry_after_ms = 10; /* less than what holds already */
    gate_answer(&gate, &answer, 1000);
    assert_int_equal(gate_pass(&gate, 90999), PASS_NOTHING);
    assert_int_equal(gate_pass(&gate, 91000), PASS_PROBE);
}

static void too_many_requests_always_hold(void **state)
{
    (void)state;
    struct gate gate = {0};
    struct gate_answer answer = said(AFFN_RETRY);
    answer.code = 429;
    gate_answer(&gate, &answer, 0);
    assert_int_equal(gate_pass(&gate, 999), PASS_NOTHING);
    assert_int_equal(gate_pass(&gate, 1000), PASS_PROBE);
}

static void misset_is_compared_with_another_event(void **state)
{
    (void)state;
    struct gate gate = {0};
    hear(&gate, AFFN_MISSET, 4, 10, 0);
    assert_int_equal(gate_pass(&gate, 0), PASS_OTHER);
    assert_int_equal(gate.suspect, 10);
    gate_sent(&gate, 5);
    assert_int_equal(gate_pass(&gate, 0), PASS_NOTHING);
    assert_int_equal(hear(&gate, AFFN_DELIVERED, 3, 9, 0), GATE_NOTHING); /* sent before */
    assert_int_equal(gate_pass(&gate, 0), PASS_NOTHING);
    assert_int_equal(hear(&gate, AFFN_DELIVERED, 5, 11, 0), GATE_SUSPECT_REFUSED);
    assert_int_equal(gate.suspect, 10);
    gate_forget(&gate, 10);
    assert_int_equal(gate.suspect, 0);
    assert_int_equal(gate_pass(&gate, 0), PASS_BATCHES);
}

static void one_that_is_under_way_is_as_good_as_the_comparison(void **state)
{
    (void)state;
    static const struct {
        int32_t verdict;
        uint32_t batch; /* the suspect's is 4 */
        enum gate_ruling ruling;
        enum gate_pass pass;
    } cases[] = {
        {AFFN_DELIVERED, 5, GATE_SUSPECT_REFUSED, PASS_BATCHES},
        {AFFN_DELIVERED, 3, GATE_NOTHING, PASS_OTHER}, /* got through before things went wrong */
        {AFFN_MISSET, 5, GATE_NOTHING, PASS_OTHER},    /* may be a bad one too */
        {AFFN_RETRY, 5, GATE_NOTHING, PASS_OTHER},
        {AFFN_REFUSED, 5, GATE_NOTHING, PASS_OTHER},
        {AFFN_DOWN, 5, GATE_NOTHING, PASS_OTHER},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct gate gate = {0};
        hear(&gate, AFFN_MISSET, 4, 10, 0);
        assert_int_equal(hear(&gate, cases[i].verdict, cases[i].batch, 11, 0), cases[i].ruling);
        assert_int_equal(gate_pass(&gate, 0), cases[i].pass);
    }
    struct gate gate = {0};
    hear(&gate, AFFN_MISSET, 4, 10, 0);
    gate_sent(&gate, 7); /* the comparison; then another is faster */
    assert_int_equal(hear(&gate, AFFN_DELIVERED, 6, 12, 0), GATE_SUSPECT_REFUSED);
    gate_forget(&gate, 10);
    assert_int_equal(hear(&gate, AFFN_DELIVERED, 7, 13, 0), GATE_NOTHING);
    assert_int_equal(gate_pass(&gate, 0), PASS_BATCHES);
}

static void the_number_of_a_batch_may_wrap(void **state)
{
    (void)state;
    struct gate gate = {0};
    hear(&gate, AFFN_MISSET, UINT32_MAX, 10, 0);
    assert_int_equal(hear(&gate, AFFN_DELIVERED, UINT32_MAX - 1, 9, 0), GATE_NOTHING);
    assert_int_equal(hear(&gate, AFFN_DELIVERED, 1, 11, 0), GATE_SUSPECT_REFUSED);
}

static void the_first_goes_ahead_and_is_heard_like_any(void **state)
{
    (void)state;
    static const struct {
        int32_t verdict;
        int32_t code;
        bool no_retries;
        enum gate_pass pass;
        enum gate_pass pass_later; /* a second after */
    } cases[] = {
        {AFFN_DELIVERED, 200, true, PASS_BATCHES, PASS_BATCHES},
        {AFFN_REFUSED, 400, true, PASS_BATCHES, PASS_BATCHES},
        {AFFN_RETRY, 500, true, PASS_BATCHES, PASS_BATCHES},
        {AFFN_RETRY, 429, true, PASS_NOTHING, PASS_PROBE},
        {AFFN_DOWN, 0, true, PASS_NOTHING, PASS_PROBE},
        {AFFN_MISSET, 401, true, PASS_NOTHING, PASS_NOTHING},
        {AFFN_MISSET, 401, false, PASS_OTHER, PASS_OTHER},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct gate gate = {0};
        gate_begin(&gate);
        assert_true(gate_is_open(&gate));
        assert_int_equal(gate_pass(&gate, 0), PASS_BATCHES);
        gate_sent(&gate, 1);
        gate_begin(&gate); /* it has begun already */
        assert_int_equal(gate_pass(&gate, 0), PASS_NOTHING);
        struct gate_answer answer = said(cases[i].verdict);
        answer.code = cases[i].code;
        answer.no_retries = cases[i].no_retries;
        assert_int_equal(gate_answer(&gate, &answer, 0), GATE_NOTHING);
        assert_int_equal(gate_pass(&gate, 0), cases[i].pass);
        assert_int_equal(gate_pass(&gate, 1000), cases[i].pass_later);
    }
}

static void what_begins_anew(void **state)
{
    (void)state;
    struct gate gate = {0};
    gate_begin(&gate);
    gate_sent(&gate, 1);
    gate_lost(&gate, 5); /* with its host */
    assert_int_equal(gate_pass(&gate, 5), PASS_BATCHES);
    gate_resume(&gate, 5); /* nothing to end */
    assert_int_equal(gate.state, GATE_FIRST);
    struct gate held = {0};
    hear(&held, AFFN_DOWN, 1, 10, 0);
    gate_begin(&held);
    assert_int_equal(gate_pass(&held, 0), PASS_NOTHING);
    assert_false(gate_is_open(&held));
}

static void misset_twice_holds_and_the_suspect_is_the_first_probe(void **state)
{
    (void)state;
    struct gate gate = {0};
    hear(&gate, AFFN_MISSET, 1, 10, 0);
    gate_sent(&gate, 2);
    assert_int_equal(hear(&gate, AFFN_MISSET, 2, 11, 0), GATE_NOTHING);
    assert_int_equal(gate_pass(&gate, 15 * MINUTE_MS - 1), PASS_NOTHING);
    assert_int_equal(gate_pass(&gate, 15 * MINUTE_MS), PASS_PROBE);
    assert_int_equal(gate.suspect, 10);
    gate_sent(&gate, 3);
    /* By now it is a probe: its success says nothing against an event. */
    assert_int_equal(hear(&gate, AFFN_DELIVERED, 3, 10, 0), GATE_NOTHING);
    assert_int_equal(gate.suspect, 0);
    assert_int_equal(gate_pass(&gate, 0), PASS_BATCHES);
}

static void a_probe_that_fails_lets_another_event_be_the_next(void **state)
{
    (void)state;
    struct gate gate = {0};
    hear(&gate, AFFN_MISSET, 1, 10, 0);
    gate_sent(&gate, 2);
    hear(&gate, AFFN_MISSET, 2, 11, 0);
    gate_sent(&gate, 3);
    hear(&gate, AFFN_MISSET, 3, 10, 15 * MINUTE_MS);
    assert_int_equal(gate.suspect, 0);
    assert_int_equal(gate.tried, 10);
    assert_int_equal(gate_pass(&gate, 30 * MINUTE_MS - 1), PASS_NOTHING);
    assert_int_equal(gate_pass(&gate, 30 * MINUTE_MS), PASS_PROBE);
}

static void misset_without_another_event_or_without_retries_holds_at_once(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct gate gate = {0};
        struct gate_answer answer = said(AFFN_MISSET);
        answer.has_others = i == 0;
        answer.no_retries = i == 0;
        gate_answer(&gate, &answer, 0);
        assert_int_equal(gate_pass(&gate, 15 * MINUTE_MS - 1), PASS_NOTHING);
        assert_int_equal(gate_pass(&gate, 15 * MINUTE_MS), PASS_PROBE);
    }
    struct gate gate = {0};
    hear(&gate, AFFN_MISSET, 1, 10, 0);
    gate_no_other(&gate, 0);
    assert_int_equal(gate_pass(&gate, 15 * MINUTE_MS - 1), PASS_NOTHING);
}

static void of_a_batch_of_several_none_is_suspected(void **state)
{
    (void)state;
    struct gate gate = {0};
    struct gate_answer answer = said(AFFN_MISSET);
    answer.single = false;
    gate_answer(&gate, &answer, 0);
    assert_int_equal(gate_pass(&gate, 0), PASS_OTHER);
    gate_sent(&gate, 2);
    assert_int_equal(hear(&gate, AFFN_DELIVERED, 2, 11, 0), GATE_NOTHING);
    assert_int_equal(gate_pass(&gate, 0), PASS_BATCHES);
}

static void a_comparison_that_ends_otherwise_holds_and_convicts_nobody(void **state)
{
    (void)state;
    static const int32_t verdicts[] = {AFFN_DOWN, AFFN_RETRY, AFFN_REFUSED};
    for (size_t i = 0; i < 3; i++) {
        struct gate gate = {0};
        hear(&gate, AFFN_MISSET, 1, 10, 0);
        gate_sent(&gate, 2);
        assert_int_equal(hear(&gate, verdicts[i], 2, 11, 0), GATE_NOTHING);
        assert_int_equal(gate_pass(&gate, 999), PASS_NOTHING);
        assert_int_equal(gate_pass(&gate, 1000), PASS_PROBE);
    }
}

static void a_success_makes_the_next_hold_short_again(void **state)
{
    (void)state;
    struct gate gate = {0};
    hear(&gate, AFFN_DOWN, 1, 10, 0);
    gate_sent(&gate, 2);
    hear(&gate, AFFN_DOWN, 2, 10, 1000);
    gate_sent(&gate, 3);
    hear(&gate, AFFN_DELIVERED, 3, 10, 3000);
    hear(&gate, AFFN_DOWN, 4, 11, 3000);
    assert_int_equal(gate_pass(&gate, 4000), PASS_PROBE);
}

static void a_host_that_dies_gives_the_probe_back(void **state)
{
    (void)state;
    struct gate gate = {0};
    hear(&gate, AFFN_DOWN, 1, 10, 0);
    gate_sent(&gate, 2);
    gate_lost(&gate, 5000);
    assert_int_equal(gate_pass(&gate, 5000), PASS_PROBE);
    struct gate comparing = {0};
    hear(&comparing, AFFN_MISSET, 1, 10, 0);
    gate_sent(&comparing, 2);
    gate_lost(&comparing, 5000);
    assert_int_equal(gate_pass(&comparing, 5000), PASS_OTHER);
    struct gate open = {0};
    gate_lost(&open, 5000);
    assert_int_equal(gate_pass(&open, 5000), PASS_BATCHES);
}

static void by_hand_it_is_held_until_resume(void **state)
{
    (void)state;
    struct gate gate = {0};
    gate_hold(&gate);
    assert_int_equal(gate_pass(&gate, INT64_MAX), PASS_NOTHING);
    hear(&gate, AFFN_DELIVERED, 1, 10, 0);
    assert_int_equal(gate_pass(&gate, INT64_MAX), PASS_NOTHING);
    gate_resume(&gate, 77);
    assert_int_equal(gate_pass(&gate, 77), PASS_PROBE);
    gate_sent(&gate, 2);
    gate_hold(&gate); /* while the probe is out */
    hear(&gate, AFFN_DELIVERED, 2, 10, 80);
    assert_int_equal(gate_pass(&gate, INT64_MAX), PASS_NOTHING);
    struct gate never_held = {0};
    gate_resume(&never_held, 0);
    assert_int_equal(gate_pass(&never_held, 0), PASS_BATCHES);
}

static void states_have_names(void **state)
{
    (void)state;
    assert_string_equal(gate_state_name(GATE_OPEN), "open");
    assert_string_equal(gate_state_name(GATE_FIRST), "first");
    assert_string_equal(gate_state_name(GATE_HELD), "held");
    assert_string_equal(gate_state_name(GATE_PROBING), "probing");
    assert_string_equal(gate_state_name(GATE_COMPARING), "comparing");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_open_gate_stays_open_for_what_is_an_events_own),
        cmocka_unit_test(down_holds_a_second_doubling_to_five_minutes),
        cmocka_unit_test(what_went_out_before_a_hold_does_not_double_it),
        cmocka_unit_test(a_far_side_that_asks_for_time_gets_it),
        cmocka_unit_test(too_many_requests_always_hold),
        cmocka_unit_test(misset_is_compared_with_another_event),
        cmocka_unit_test(one_that_is_under_way_is_as_good_as_the_comparison),
        cmocka_unit_test(the_number_of_a_batch_may_wrap),
        cmocka_unit_test(the_first_goes_ahead_and_is_heard_like_any),
        cmocka_unit_test(what_begins_anew),
        cmocka_unit_test(misset_twice_holds_and_the_suspect_is_the_first_probe),
        cmocka_unit_test(a_probe_that_fails_lets_another_event_be_the_next),
        cmocka_unit_test(misset_without_another_event_or_without_retries_holds_at_once),
        cmocka_unit_test(of_a_batch_of_several_none_is_suspected),
        cmocka_unit_test(a_comparison_that_ends_otherwise_holds_and_convicts_nobody),
        cmocka_unit_test(a_success_makes_the_next_hold_short_again),
        cmocka_unit_test(a_host_that_dies_gives_the_probe_back),
        cmocka_unit_test(by_hand_it_is_held_until_resume),
        cmocka_unit_test(states_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
