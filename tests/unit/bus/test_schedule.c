/* The window of one sink: order, batches, isolation, the cursor. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/bus/schedule.h"

static void add(struct schedule *schedule, int64_t seq, int64_t affiliate)
{
    struct journal_event event = {
        .seq = seq, .affiliate = affiliate, .canonical = memory_text("{}"), .canonical_bytes = 2};
    schedule_add(schedule, &event);
}

static int setup(void **state)
{
    struct schedule *schedule = memory_new(1, sizeof *schedule);
    schedule_init(schedule);
    schedule->batches_max = 4;
    *state = schedule;
    return 0;
}

static int teardown(void **state)
{
    schedule_finish(*state);
    free(*state);
    return 0;
}

/* The seqs of the next batch as "1,2,", or "" for none. */
static const char *take_wished(struct schedule *schedule, struct schedule_wish wish)
{
    static char text[256];
    struct slot *slots[BATCH_EVENTS_MAX];
    uint32_t count = schedule_take(schedule, &wish, slots);
    text[0] = '\0';
    for (uint32_t i = 0; i < count; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%d,", (int)slots[i]->event.seq);
    return text;
}

static const char *take(struct schedule *schedule)
{
    return take_wished(schedule, (struct schedule_wish){.only = 0});
}

static struct slot *slot_of(struct schedule *schedule, int64_t seq)
{
    struct slot *slot = schedule_find(schedule, seq);
    assert_non_null(slot);
    return slot;
}

static void settle(struct schedule *schedule, int64_t seq)
{
    struct slot *slot = slot_of(schedule, seq);
    schedule_settling(schedule, slot);
    schedule_remove(schedule, slot);
}

static void affiliates_go_in_parallel_and_in_order(void **state)
{
    struct schedule *schedule = *state;
    add(schedule, 1, 100);
    add(schedule, 2, 100);
    add(schedule, 3, 200);
    assert_string_equal(take(schedule), "1,");
    assert_string_equal(take(schedule), "3,");
    assert_string_equal(take(schedule), "");
    settle(schedule, 1);
    schedule_batch_done(schedule);
    assert_string_equal(take(schedule), "2,");
}

static void settling_blocks_until_it_is_committed(void **state)
{
    struct schedule *schedule = *state;
    add(schedule, 1, 100);
    add(schedule, 2, 100);
    assert_string_equal(take(schedule), "1,");
    schedule_settling(schedule, slot_of(schedule, 1));
    schedule_batch_done(schedule);
    assert_string_equal(take(schedule), "");
    schedule_remove(schedule, slot_of(schedule, 1));
    assert_string_equal(take(schedule), "2,");
}

static void a_batch_holds_one_affiliate_oldest_first(void **state)
{
    struct schedule *schedule = *state;
    schedule->batch_events_max = 3;
    add(schedule, 5, 100);
    add(schedule, 4, 100);
    add(schedule, 7, 200);
    add(schedule, 6, 100);
    assert_string_equal(take(schedule), "4,5,6,");
    assert_string_equal(take(schedule), "7,");
}

static void without_order_all_go(void **state)
{
    struct schedule *schedule = *state;
    schedule->by_affiliate = false;
    add(schedule, 1, 100);
    add(schedule, 2, 100);
    assert_string_equal(take(schedule), "1,");
    assert_string_equal(take(schedule), "2,");
}

static void one_batch_at_a_time_waits_for_the_commit(void **state)
{
    struct schedule *schedule = *state;
    schedule->batches_max = 1;
    add(schedule, 1, 100);
    add(schedule, 2, 200);
    assert_string_equal(take(schedule), "1,");
    assert_string_equal(take(schedule), "");
    schedule_settling(schedule, slot_of(schedule, 1));
    schedule_batch_done(schedule);
    assert_string_equal(take(schedule), "");
    schedule_remove(schedule, slot_of(schedule, 1));
    assert_string_equal(take(schedule), "2,");
}

static void a_batch_is_cut_by_its_bytes(void **state)
{
    struct schedule *schedule = *state;
    schedule->batch_events_max = 10;
    add(schedule, 1, 100);
    add(schedule, 2, 200);
    add(schedule, 3, 300);
    slot_of(schedule, 2)->event.canonical_bytes = BATCH_BYTES_MAX - 3;
    assert_string_equal(take(schedule), "1,2,");
    assert_string_equal(take(schedule), "3,");
}

static void suspects_go_alone_oldest_first_before_all_others(void **state)
{
    struct schedule *schedule = *state;
    schedule->batch_events_max = 3;
    for (int64_t seq = 1; seq <= 5; seq++)
        add(schedule, seq, 100 * seq);
    assert_string_equal(take(schedule), "1,2,3,");
    for (int64_t seq = 1; seq <= 3; seq++) {
        schedule_put_back(schedule, slot_of(schedule, seq));
        schedule_isolate(schedule, slot_of(schedule, seq));
    }
    schedule->batches = 0;
    for (int64_t seq = 1; seq <= 3; seq++) {
        char expected[8];
        snprintf(expected, sizeof expected, "%d,", (int)seq);
        assert_string_equal(take(schedule), expected);
        assert_string_equal(take(schedule), "");
        settle(schedule, seq);
        schedule_batch_done(schedule);
    }
    assert_int_equal(schedule->alone, 0);
    assert_string_equal(take(schedule), "4,5,");
}

static void a_suspect_stays_behind_its_affiliate_and_keeps_nobody_waiting(void **state)
{
    struct schedule *schedule = *state;
    add(schedule, 2, 100);
    add(schedule, 3, 200);
    schedule_isolate(schedule, slot_of(schedule, 2));
    schedule_block(schedule, 100, 1); /* an earlier one waits for its next attempt */
    assert_string_equal(take(schedule), "3,");
    settle(schedule, 3);
    schedule_batch_done(schedule);
    assert_string_equal(take(schedule), "");
    schedule_unblock(schedule, 100, INT64_MAX);
    assert_string_equal(take(schedule), "2,");
}

static void a_suspect_stays_behind_an_earlier_one_in_the_window(void **state)
{
    struct schedule *schedule = *state;
    add(schedule, 1, 100);
    add(schedule, 2, 100);
    schedule_isolate(schedule, slot_of(schedule, 2));
    assert_string_equal(take(schedule), "1,");
    assert_string_equal(take(schedule), "");
    settle(schedule, 1);
    schedule_batch_done(schedule);
    assert_string_equal(take(schedule), "2,");
}

static void events_blocked_in_the_journal_wait(void **state)
{
    struct schedule *schedule = *state;
    add(schedule, 9, 100);
    slot_of(schedule, 9)->event.blocked = true;
    assert_string_equal(take(schedule), "");
    assert_int_equal(schedule->blocked, 1);
    add(schedule, 3, 100);
    assert_string_equal(take(schedule), "3,");
    settle(schedule, 3);
    schedule_batch_done(schedule);
    assert_string_equal(take(schedule), "");
    schedule_unblock(schedule, 100, INT64_MAX);
    assert_string_equal(take(schedule), "9,");
}

static void a_window_of_one_affiliate_is_crowded(void **state)
{
    struct schedule *schedule = *state;
    for (int64_t seq = 1; seq <= SINK_WINDOW_EVENTS; seq++)
        add(schedule, seq, 100);
    assert_int_equal(schedule_room(schedule), 0);
    assert_string_equal(take(schedule), "1,");
    assert_false(schedule_crowded(schedule));
    assert_string_equal(take(schedule), "");
    assert_true(schedule_crowded(schedule));
    assert_false(schedule_is_behind(schedule, slot_of(schedule, 1)));
    assert_true(schedule_is_behind(schedule, slot_of(schedule, 2)));
}

static void what_is_put_aside_is_not_taken(void **state)
{
    struct schedule *schedule = *state;
    add(schedule, 1, 100);
    add(schedule, 2, 100);
    slot_of(schedule, 1)->put_aside = true;
    assert_string_equal(take(schedule), "");
}

static void batches_are_told_apart(void **state)
{
    struct schedule *schedule = *state;
    struct slot *slots[BATCH_EVENTS_MAX];
    add(schedule, 1, 100);
    add(schedule, 2, 200);
    take(schedule);
    take(schedule);
    assert_int_equal(schedule_batch(schedule, 1, slots), 1);
    assert_int_equal(slots[0]->event.seq, 1);
    assert_int_equal(schedule_batch(schedule, 2, slots), 1);
    assert_int_equal(slots[0]->event.seq, 2);
    assert_int_equal(schedule_batch(schedule, 3, slots), 0);
}

static void the_cursor_stops_at_the_oldest_open_event(void **state)
{
    struct schedule *schedule = *state;
    assert_int_equal(schedule_cursor(schedule, 40), 40);
    for (int64_t seq = 41; seq <= 44; seq++)
        add(schedule, seq, seq);
    assert_int_equal(schedule_cursor(schedule, 44), 40);
    for (int i = 0; i < 4; i++)
        take(schedule);
    schedule_settling(schedule, slot_of(schedule, 42));
    assert_int_equal(schedule_cursor(schedule, 44), 40);
    schedule_settling(schedule, slot_of(schedule, 41));
    assert_int_equal(schedule_cursor(schedule, 44), 42);
    slot_of(schedule, 43)->unsaved = true;
    assert_int_equal(schedule_cursor(schedule, 44), 43);
    slot_of(schedule, 44)->event.waiting = true;
    assert_int_equal(schedule_cursor(schedule, 44), 44);
}

/* Three of two affiliates, up to three in a batch. */
static void add_three(struct schedule *schedule)
{
    schedule->batch_events_max = 3;
    add(schedule, 1, 100);
    add(schedule, 2, 200);
    add(schedule, 3, 100);
}

static void a_slot_is_found_by_its_seq(void **state)
{
    struct schedule *schedule = *state;
    assert_null(schedule_find(schedule, 1));
    add_three(schedule);
    assert_int_equal(schedule_find(schedule, 2)->event.seq, 2);
    assert_null(schedule_find(schedule, 4));
    assert_null(schedule_find(schedule, 0));
}

static void who_wishes_for_one_event_gets_it_by_itself(void **state)
{
    struct schedule *schedule = *state;
    add_three(schedule);
    assert_string_equal(take_wished(schedule, (struct schedule_wish){.only = 2}), "2,");
    assert_string_equal(take_wished(schedule, (struct schedule_wish){.only = 2}), "");
    assert_string_equal(take_wished(schedule, (struct schedule_wish){.only = 9}), "");
    /* Not past an earlier one of its affiliate. */
    assert_string_equal(take_wished(schedule, (struct schedule_wish){.only = 3}), "");
    assert_string_equal(take(schedule), "1,3,");
}

static void what_is_to_stay_behind_keeps_its_affiliate_behind(void **state)
{
    struct schedule *schedule = *state;
    add_three(schedule);
    add(schedule, 4, 300);
    assert_string_equal(take_wished(schedule, (struct schedule_wish){.without = 1}), "2,4,");
    assert_string_equal(take_wished(schedule, (struct schedule_wish){.without = 1}), "");
    assert_string_equal(take(schedule), "1,3,");
}

static void without_order_only_the_one_stays_behind(void **state)
{
    struct schedule *schedule = *state;
    schedule->by_affiliate = false;
    add_three(schedule);
    assert_string_equal(take_wished(schedule, (struct schedule_wish){.without = 1}), "2,3,");
}

static void who_wishes_for_a_single_event_gets_the_oldest(void **state)
{
    struct schedule *schedule = *state;
    add_three(schedule);
    assert_string_equal(take_wished(schedule, (struct schedule_wish){.single = true}), "1,");
    struct schedule_wish other = {.without = 1, .single = true};
    assert_string_equal(take_wished(schedule, other), "2,");
}

static void who_wishes_for_later_events_gets_none_before(void **state)
{
    struct schedule *schedule = *state;
    add_three(schedule);
    add(schedule, 4, 300);
    /* 3 has to stay behind 1, which is not wished for. */
    assert_string_equal(take_wished(schedule, (struct schedule_wish){.after = 1}), "2,4,");
    assert_string_equal(take_wished(schedule, (struct schedule_wish){.after = 4}), "");
    assert_string_equal(take_wished(schedule, (struct schedule_wish){.only = 1, .after = 4}), "1,");
}

static void who_wishes_for_a_fresh_event_gets_one_that_never_went_out(void **state)
{
    struct schedule *schedule = *state;
    schedule->by_affiliate = false;
    add_three(schedule);
    struct schedule_wish fresh = {.fresh = true, .single = true};
    assert_string_equal(take_wished(schedule, fresh), "1,");
    schedule_put_back(schedule, slot_of(schedule, 1));
    schedule_batch_done(schedule);
    assert_string_equal(take_wished(schedule, fresh), "2,");
    fresh.without = 3;
    assert_string_equal(take_wished(schedule, fresh), "");
    assert_string_equal(take(schedule), "1,3,");
}

static void a_wish_does_not_bring_more_than_there_may_be(void **state)
{
    struct schedule *schedule = *state;
    schedule->batches_max = 1;
    add_three(schedule);
    assert_string_equal(take(schedule), "1,2,3,");
    assert_string_equal(take_wished(schedule, (struct schedule_wish){.only = 1}), "");
}

static void suspects_of_a_death_come_before_wishes(void **state)
{
    struct schedule *schedule = *state;
    add_three(schedule);
    schedule_isolate(schedule, slot_of(schedule, 2));
    /* Only the suspect is heard of: what else is wished for has to wait. */
    assert_string_equal(take_wished(schedule, (struct schedule_wish){.only = 1}), "");
    assert_string_equal(take_wished(schedule, (struct schedule_wish){.single = true}), "2,");
    schedule_put_back(schedule, slot_of(schedule, 2));
    schedule_batch_done(schedule);
    /* But when it is the one that another is to be compared with, it does not keep that back. */
    struct schedule_wish other = {.without = 2, .single = true};
    assert_string_equal(take_wished(schedule, other), "1,");
}

static void what_was_put_aside_is_no_suspect_to_take(void **state)
{
    struct schedule *schedule = *state;
    add_three(schedule);
    schedule_isolate(schedule, slot_of(schedule, 1));
    slot_of(schedule, 1)->put_aside = true;
    assert_string_equal(take(schedule), "");
    schedule_remove(schedule, slot_of(schedule, 1));
    assert_int_equal(schedule->alone, 0);
    assert_string_equal(take(schedule), "2,3,");
}

static void what_goes_singly_shares_its_batch_with_nobody(void **state)
{
    struct schedule *schedule = *state;
    add_three(schedule);
    for (int64_t seq = 4; seq <= 6; seq++)
        add(schedule, seq, 100 * seq);
    for (int64_t seq = 2; seq <= 3; seq++)
        slot_of(schedule, seq)->singly = true;
    schedule->by_affiliate = false;
    assert_string_equal(take(schedule), "1,");
    assert_string_equal(take(schedule), "2,"); /* beside the others, unlike after a death */
    assert_string_equal(take(schedule), "3,");
    assert_string_equal(take(schedule), "4,5,6,");
}

static void strictly_nothing_overtakes_and_no_wish_is_heard(void **state)
{
    struct schedule *schedule = *state;
    schedule->strictly = true;
    schedule->batches_max = 1;
    add_three(schedule);
    schedule->batch_events_max = 2;
    assert_false(schedule_has_other(schedule, slot_of(schedule, 1)));
    struct schedule_wish other = {.without = 1, .single = true};
    assert_string_equal(take_wished(schedule, other), "1,2,");
    assert_string_equal(take_wished(schedule, (struct schedule_wish){.only = 3}), "");
    for (int64_t seq = 1; seq <= 2; seq++)
        schedule_put_back(schedule, slot_of(schedule, seq));
    schedule_batch_done(schedule);
    assert_string_equal(take_wished(schedule, (struct schedule_wish){.only = 3}), "1,2,");
}

/* It was put aside by another order: a death, an earlier event that waited. */
static void strictly_nothing_goes_before_its_turn(void **state)
{
    struct schedule *schedule = *state;
    schedule->strictly = true;
    schedule->batches_max = 1;
    schedule->batch_events_max = 3;
    add(schedule, 1, 100);
    add(schedule, 2, 100);
    add(schedule, 3, 300);
    add(schedule, 4, 400);
    slot_of(schedule, 2)->event.blocked = true;
    schedule_isolate(schedule, slot_of(schedule, 3));
    static const char *const batches[] = {"1,2,", "3,", "4,"};
    for (size_t i = 0; i < 3; i++) {
        assert_string_equal(take(schedule), batches[i]);
        for (struct slot *after, *slot = schedule->first; slot; slot = after) {
            after = slot->after;
            if (slot->state == SLOT_IN_FLIGHT)
                schedule_remove(schedule, slot);
        }
        schedule_batch_done(schedule);
    }
    assert_int_equal(schedule->count, 0);
}

/* For a comparison: whether another event could go. */
static void another_event_is_one_that_could_go(void **state)
{
    struct schedule *schedule = *state;
    add(schedule, 1, 100);
    assert_false(schedule_has_other(schedule, slot_of(schedule, 1)));
    add(schedule, 2, 100); /* behind it */
    assert_false(schedule_has_other(schedule, slot_of(schedule, 1)));
    schedule->by_affiliate = false;
    assert_true(schedule_has_other(schedule, slot_of(schedule, 1)));
    schedule->by_affiliate = true;
    add(schedule, 3, 300);
    assert_true(schedule_has_other(schedule, slot_of(schedule, 1)));
    slot_of(schedule, 3)->put_aside = true;
    assert_false(schedule_has_other(schedule, slot_of(schedule, 1)));
    slot_of(schedule, 3)->put_aside = false;
    schedule_block(schedule, 300, 0);
    assert_false(schedule_has_other(schedule, slot_of(schedule, 1)));
    schedule_unblock(schedule, 300, INT64_MAX);
    assert_true(schedule_has_other(schedule, slot_of(schedule, 1)));
    struct schedule_wish third = {.only = 3};
    assert_string_equal(take_wished(schedule, third), "3,");
    assert_true(schedule_has_other(schedule, slot_of(schedule, 1))); /* its answer will come */
    schedule_settling(schedule, slot_of(schedule, 3));
    assert_false(schedule_has_other(schedule, slot_of(schedule, 1)));
}

static void an_affiliate_is_blocked_and_unblocked_as_a_whole(void **state)
{
    struct schedule *schedule = *state;
    add_three(schedule);
    schedule_block(schedule, 100, 0);
    assert_string_equal(take(schedule), "2,");
    assert_int_equal(schedule->blocked, 2);
    schedule_unblock(schedule, 200, INT64_MAX);
    assert_string_equal(take(schedule), "");
    schedule_unblock(schedule, 100, INT64_MAX);
    assert_string_equal(take(schedule), "1,3,");
}

static void what_is_before_the_one_that_waits_may_go(void **state)
{
    struct schedule *schedule = *state;
    add(schedule, 1, 100);
    add(schedule, 3, 100);
    schedule_block(schedule, 100, 2);
    assert_string_equal(take(schedule), "1,");
}

static void what_is_before_the_one_that_still_waits_is_unblocked(void **state)
{
    struct schedule *schedule = *state;
    add(schedule, 2, 100);
    add(schedule, 4, 100);
    schedule_block(schedule, 100, 0);
    schedule_unblock(schedule, 100, 2); /* the third waits in the journal */
    assert_string_equal(take(schedule), "2,");
}

static void without_order_nothing_is_blocked(void **state)
{
    struct schedule *schedule = *state;
    schedule->by_affiliate = false;
    add_three(schedule);
    schedule_block(schedule, 100, 0);
    assert_string_equal(take(schedule), "1,2,3,");
}

/* A MISSET that another event has shown to be this one's own fault: it lies ready, and is settled. */
static void what_lies_ready_can_be_settled(void **state)
{
    struct schedule *schedule = *state;
    add_three(schedule);
    schedule_settling(schedule, slot_of(schedule, 1));
    assert_int_equal(schedule->in_flight, 0);
    assert_int_equal(schedule->settling, 1);
    assert_string_equal(take(schedule), "2,"); /* 3 waits for the commit */
    assert_int_equal(schedule->in_flight, 1);
    schedule_remove(schedule, slot_of(schedule, 1));
    assert_int_equal(schedule->settling, 0);
    assert_string_equal(take(schedule), "3,");
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(affiliates_go_in_parallel_and_in_order),
        CASE(settling_blocks_until_it_is_committed),
        CASE(a_batch_holds_one_affiliate_oldest_first),
        CASE(without_order_all_go),
        CASE(one_batch_at_a_time_waits_for_the_commit),
        CASE(a_batch_is_cut_by_its_bytes),
        CASE(suspects_go_alone_oldest_first_before_all_others),
        CASE(a_suspect_stays_behind_its_affiliate_and_keeps_nobody_waiting),
        CASE(a_suspect_stays_behind_an_earlier_one_in_the_window),
        CASE(events_blocked_in_the_journal_wait),
        CASE(a_window_of_one_affiliate_is_crowded),
        CASE(what_is_put_aside_is_not_taken),
        CASE(batches_are_told_apart),
        CASE(the_cursor_stops_at_the_oldest_open_event),
        CASE(a_slot_is_found_by_its_seq),
        CASE(who_wishes_for_one_event_gets_it_by_itself),
        CASE(what_is_to_stay_behind_keeps_its_affiliate_behind),
        CASE(without_order_only_the_one_stays_behind),
        CASE(who_wishes_for_a_single_event_gets_the_oldest),
        CASE(who_wishes_for_later_events_gets_none_before),
        CASE(who_wishes_for_a_fresh_event_gets_one_that_never_went_out),
        CASE(a_wish_does_not_bring_more_than_there_may_be),
        CASE(suspects_of_a_death_come_before_wishes),
        CASE(what_was_put_aside_is_no_suspect_to_take),
        CASE(what_goes_singly_shares_its_batch_with_nobody),
        CASE(strictly_nothing_overtakes_and_no_wish_is_heard),
        CASE(strictly_nothing_goes_before_its_turn),
        CASE(another_event_is_one_that_could_go),
        CASE(an_affiliate_is_blocked_and_unblocked_as_a_whole),
        CASE(what_is_before_the_one_that_waits_may_go),
        CASE(what_is_before_the_one_that_still_waits_is_unblocked),
        CASE(without_order_nothing_is_blocked),
        CASE(what_lies_ready_can_be_settled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
