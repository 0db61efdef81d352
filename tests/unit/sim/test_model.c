/*
 * The model of the simulator, on histories that are made up: right ones pass, and each rule is
 * broken on purpose and found. Without this nobody would know that the model can fail.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/sim/history.h"

#define A "a@example.com"
#define B "b@example.com"

/* ---- How stories begin: an event of A, or one of A and one of B ---- */

static void begin_one(void)
{
    history_begin();
    history_event(1, A);
}

static void begin_two(void)
{
    begin_one();
    history_event(2, B);
}

static void send_one(void)
{
    begin_one();
    history_send(1, 1, 1);
}

static void answer_one(int32_t verdict)
{
    send_one();
    history_back(1, 1, verdict);
}

static void send_first_of_two(void)
{
    begin_two();
    history_send(1, 1, 1);
}

static void answer_first_of_two(int32_t verdict)
{
    send_first_of_two();
    history_back(1, 1, verdict);
}

static void send_two_together(void)
{
    begin_two();
    history_send(1, 1, 2);
}

/* It is delivered. */
static void deliver_one(void)
{
    answer_one(DELIVERED);
    history_settle(1, AS_DELIVERED, 1);
    history_cursor(1);
}

/* It has failed once, and waits. */
static void fail_one(void)
{
    answer_one(RETRY);
    history_wait(1, 1, 9000);
    history_cursor(1);
}

static void die(bool overrun)
{
    model_host_ended(history_model, "s", overrun);
}

static void open_host(void)
{
    model_host_opened(history_model, "s");
}

/* ---- Right ---- */

static void delivered(void)
{
    deliver_one();
}

static void retried(void)
{
    fail_one();
    history_judge();
    history_later(9000);
    history_send_attempt(2, 1, 2);
    history_back(2, 1, DELIVERED);
    history_settle(1, AS_DELIVERED, 2);
}

static void used_up(void)
{
    fail_one();
    history_later(9000);
    history_send_attempt(2, 1, 2);
    history_back(2, 1, RETRY);
    history_wait(1, 2, 50000);
    history_judge();
    history_later(50000);
    history_send_attempt(3, 1, 3);
    history_back(3, 1, RETRY);
    history_settle(1, AS_DEAD, 3);
}

static void refused(void)
{
    send_two_together();
    history_back(1, 2, REFUSED);
    history_send(2, 1, 1);
    history_send(3, 2, 1);
    history_back(2, 1, REFUSED);
    history_back(3, 1, DELIVERED);
    history_settle(1, AS_DEAD, 1);
    history_settle(2, AS_DELIVERED, 1);
    history_cursor(2);
}

static void compared(void)
{
    answer_first_of_two(MISSET);
    history_send(2, 2, 1);
    history_back(2, 1, DELIVERED);
    history_settle(1, AS_DEAD, 1);
    history_settle(2, AS_DELIVERED, 1);
    history_cursor(2);
}

static void three_deaths(void)
{
    begin_one();
    for (uint32_t i = 1; i <= 3; i++) {
        history_send(i, 1, 1);
        die(false);
        if (i < 3)
            history_wait_alone(1, (int)i);
        open_host();
    }
    history_settle(1, AS_DEAD, 0);
    history_write("UPDATE settled SET verdict = 0, attempts = 3, deaths = 3");
    history_cursor(1);
}

static void overrun(void)
{
    send_one();
    die(true);
    history_wait(1, 1, 9000);
}

static void replayed(void)
{
    deliver_one();
    history_judge();
    model_asked(history_model, "s", MODEL_REPLAYS);
    history_put_back(1);
    model_replayed(history_model, "s", false);
    history_judge();
    history_send_replay(2, 1);
    history_back(2, 1, DELIVERED);
    history_settle(1, AS_DELIVERED, 1);
}

static void skipped(void)
{
    fail_one();
    history_judge();
    model_asked(history_model, "s", MODEL_SKIPS);
    history_settle(1, AS_SKIPPED, 1);
    model_skipped(history_model, "s", true, 0);
}

static void dropped(void)
{
    history_sink.retry_count = 0;
    answer_one(DOWN);
    history_settle(1, AS_DEAD, 1);
    history_cursor(1);
    history_judge();
    model_asked(history_model, "s", MODEL_DROPS);
    history_write("UPDATE settled SET settled_as = 5");
    model_dropped(history_model, "s");
}

static void expired(void)
{
    history_sink.expire_ms = 5000;
    begin_one();
    history_later(5001);
    history_settle(1, AS_EXPIRED, 0);
    history_cursor(1);
}

static void held_and_resumed(void)
{
    history_begin();
    model_held(history_model, "s");
    history_write("UPDATE sinks SET held = 1");
    history_event(1, A);
    history_judge();
    history_later(100000);
    history_judge();
    model_resumed(history_model, "s");
    history_write("UPDATE sinks SET held = 0");
    history_send(1, 1, 1);
}

static void probed(void)
{
    answer_first_of_two(DOWN);
    history_later(1000);
    history_send(2, 1, 1);
    history_back(2, 1, DOWN);
    history_later(2000);
    history_send(3, 1, 1);
    history_back(3, 1, DELIVERED);
    history_settle(1, AS_DELIVERED, 1);
    history_cursor(1);
    history_send(4, 2, 1);
}

static void at_a_rate(void)
{
    history_sink.rate_an_hour = 3600;
    send_first_of_two();
    history_later(1000);
    history_send(2, 2, 1);
}

static void killed(void)
{
    answer_one(DELIVERED); /* and it was not written */
    history_end();
    history_later(1000);
    history_begin();
    history_send(1, 1, 1);
}

/* ---- Each rule broken ---- */

static void accepted_nowhere(void)
{
    history_begin();
    model_accepted(history_model, "evt_000000000000000000000000000000ff", A, true, HISTORY_START_MS,
                   true);
}

static void new_twice(void)
{
    begin_one();
    model_accepted(history_model, "evt_00000000000000000000000000000001", A, true, HISTORY_START_MS,
                   true);
}

static void another_affiliate(void)
{
    begin_two();
    model_accepted(history_model, "evt_00000000000000000000000000000002", A, true, HISTORY_START_MS,
                   false);
}

static void begins_elsewhere(void)
{
    history_sink.start = MODEL_START_BEGINNING;
    history_write("INSERT INTO events (seq, id, affiliate, type, via, received_unix_ms, canonical)"
                  " VALUES (1, x'00000000000000000000000000000001', 1, 1, 0, 0,"
                  " '\"occurred_at\":\"2026-03-18T12:00:00.000Z\"');"
                  " UPDATE totals SET accepted = 1 WHERE type = 1");
    history_begin();
}

static void two_states(void)
{
    fail_one();
    history_judge();
    history_write("INSERT INTO settled VALUES (1, 1, 1, 1, 0, 1, 0, 0, 0, '', '')");
}

static void cursor_too_far(void)
{
    send_one();
    history_cursor(1);
}

static void waiting_row_gone(void)
{
    fail_one();
    history_judge();
    history_write("DELETE FROM waiting");
}

static void settled_row_gone(void)
{
    deliver_one();
    history_judge();
    history_write("DELETE FROM settled; UPDATE sinks SET delivered = 0");
}

static void sink_gone(void)
{
    deliver_one();
    history_judge();
    history_write("DELETE FROM sinks");
}

static void put_back_by_nobody(void)
{
    deliver_one();
    history_judge();
    history_put_back(1);
}

static void settled_otherwise(void)
{
    deliver_one();
    history_judge();
    history_write("UPDATE settled SET settled_as = 2");
}

static void delivered_without_verdict(void)
{
    send_one();
    history_settle(1, AS_DELIVERED, 1);
    history_cursor(1);
}

static void delivered_before_a_kill(void)
{
    killed();
    history_settle(1, AS_DELIVERED, 1);
    history_cursor(1);
}

static void dead_too_soon(void)
{
    answer_one(RETRY);
    history_settle(1, AS_DEAD, 1);
    history_cursor(1);
}

static void dead_by_a_batch(void)
{
    send_two_together();
    history_back(1, 2, REFUSED);
    history_settle(1, AS_DEAD, 1);
}

static void dead_without_comparison(void)
{
    answer_first_of_two(MISSET);
    history_send(2, 2, 1);
    history_back(2, 1, MISSET);
    history_settle(1, AS_DEAD, 1);
}

static void dead_by_two_deaths(void)
{
    send_one();
    die(false);
    open_host();
    history_send(2, 1, 1);
    die(false);
    history_settle(1, AS_DEAD, 0);
}

static void expired_too_soon(void)
{
    history_sink.expire_ms = 5000;
    begin_one();
    history_later(5000);
    history_settle(1, AS_EXPIRED, 0);
    history_cursor(1);
}

static void skipped_by_nobody(void)
{
    fail_one();
    history_settle(1, AS_SKIPPED, 1);
}

static void skipped_but_one(void)
{
    begin_two();
    model_asked(history_model, "s", MODEL_SKIPS);
    history_settle(1, AS_SKIPPED, 0);
    model_skipped(history_model, "s", true, 0);
}

static void replayed_superseded(void)
{
    begin_one();
    history_event(2, A);
    history_send(1, 1, 2);
    history_back(1, 2, DELIVERED);
    history_settle(1, AS_DELIVERED, 1);
    history_settle(2, AS_DELIVERED, 1);
    history_cursor(2);
    history_judge();
    model_asked(history_model, "s", MODEL_REPLAYS);
    history_put_back(1);
    model_replayed(history_model, "s", false);
}

static void charged_for_down(void)
{
    answer_one(DOWN);
    history_wait(1, 1, 0);
}

static void death_of_several_charged(void)
{
    send_two_together();
    die(false);
    history_wait_alone(1, 1);
    history_wait_alone(2, 1);
}

static void outcome_forgotten(void)
{
    answer_one(DELIVERED);
    history_later(1);
}

static void charge_forgotten(void)
{
    answer_one(RETRY);
}

static void counted_twice(void)
{
    deliver_one();
    history_judge();
    history_write("UPDATE sinks SET delivered = 2");
}

static void pending_miscounted(void)
{
    deliver_one();
    history_judge();
    history_write("UPDATE sinks SET done_created = 0");
}

static void sent_when_settled(void)
{
    deliver_one();
    history_send(2, 1, 1);
}

static void sent_before_journaled(void)
{
    history_begin();
    history_send(1, 1, 1);
}

static void sent_twice(void)
{
    send_one();
    history_send(2, 1, 1);
}

static void too_many_batches(void)
{
    history_begin();
    for (int i = 1; i <= 3; i++) {
        char email[32];
        snprintf(email, sizeof email, "%d@example.com", i);
        history_event(i, email);
        history_send((uint32_t)i, i, 1);
    }
}

static void batch_too_big(void)
{
    history_begin();
    for (int i = 1; i <= 5; i++)
        history_event(i, A);
    history_send(1, 1, 5);
}

static void window_too_big(void)
{
    char email[32];
    history_sink.batch = 8;
    history_sink.concurrency = 256;
    history_begin();
    for (int i = 1; i <= 1032; i++) {
        snprintf(email, sizeof email, "%d@example.com", i % 900 + 1000 * (i / 900));
        history_event(i, email);
    }
    for (int i = 0; i < 129; i++)
        history_send((uint32_t)i + 1, 8 * i + 1, 8);
}

static void overtaken_in_flight(void)
{
    begin_one();
    history_event(2, A);
    history_send(1, 1, 1);
    history_send(2, 2, 1);
}

static void overtaken_waiting(void)
{
    fail_one();
    history_event(2, A);
    history_send(2, 2, 1);
}

static void overtaken_pending(void)
{
    begin_one();
    history_event(2, A);
    history_send(1, 2, 1);
}

static void journal_overtaken(void)
{
    history_sink.order = MODEL_ORDER_JOURNAL;
    fail_one();
    history_event(2, B);
    history_send(2, 2, 1);
}

static void attempt_misnumbered(void)
{
    begin_one();
    history_send_attempt(1, 1, 2);
}

static void replay_unmarked(void)
{
    deliver_one();
    history_judge();
    model_asked(history_model, "s", MODEL_REPLAYS);
    history_put_back(1);
    model_replayed(history_model, "s", false);
    history_send(2, 1, 1);
}

static void retried_too_soon(void)
{
    fail_one();
    history_later(7999);
    history_send_attempt(2, 1, 2);
}

static void sent_stale(void)
{
    history_sink.expire_ms = 5000;
    begin_one();
    history_later(5001);
    history_send(1, 1, 1);
}

static void suspects_together(void)
{
    send_two_together();
    die(false);
    open_host();
    history_send(2, 1, 2);
}

static void refused_again_together(void)
{
    send_two_together();
    history_back(1, 2, REFUSED);
    history_send(2, 1, 2);
}

static void digest_too_soon(void)
{
    history_sink.digest_ms = 5000;
    begin_one();
    history_later(4999);
    history_send(1, 1, 1);
}

static void too_fast(void)
{
    history_sink.rate_an_hour = 3600;
    send_first_of_two();
    history_later(999);
    history_send(2, 2, 1);
}

static void sent_while_held_by_hand(void)
{
    begin_one();
    model_held(history_model, "s");
    history_write("UPDATE sinks SET held = 1");
    history_send(1, 1, 1);
}

static void hold_by_hand_ended_by_an_answer(void)
{
    send_first_of_two();
    model_held(history_model, "s");
    history_write("UPDATE sinks SET held = 1");
    history_back(1, 1, DELIVERED);
    history_settle(1, AS_DELIVERED, 1);
    history_cursor(1);
    history_send(2, 2, 1);
}

static void sent_while_down(void)
{
    answer_one(DOWN);
    history_later(999);
    history_send(2, 1, 1);
}

static void sent_before_retry_after(void)
{
    send_first_of_two();
    history_back_waiting(1, 0, 30000);
    history_wait(1, 1, 9000);
    history_later(29999);
    history_send(2, 2, 1);
}

static void sent_after_429(void)
{
    send_first_of_two();
    history_back_waiting(1, 429, 0);
    history_wait(1, 1, 9000);
    history_send(2, 2, 1);
}

static void two_probes(void)
{
    answer_first_of_two(DOWN);
    history_later(1000);
    history_send(2, 1, 1);
    history_send(3, 2, 1);
}

static void suspect_compared_with_itself(void)
{
    answer_one(MISSET);
    history_send(2, 1, 1);
}

static void compared_without_retries(void)
{
    history_sink.retry_count = 0;
    answer_first_of_two(MISSET);
    history_settle(1, AS_DEAD, 1);
    history_send(2, 2, 1);
}

static void hold_not_kept(void)
{
    history_begin();
    model_held(history_model, "s");
}

static void starved(void)
{
    begin_one();
    history_judge();
    history_later(1);
}

static void starved_when_due(void)
{
    fail_one();
    history_later(9000);
    history_judge();
    history_later(61001);
}

static void answer_of_no_batch(void)
{
    history_begin();
    history_back(1, 1, DELIVERED);
}

/* ---- All ---- */

struct history {
    const char *name;
    void (*tell)(void);
    const char *broken; /* how the sentence begins; "" when nothing is */
};

static const struct history histories[] = {
    {"an event is delivered", delivered, ""},
    {"an event is tried again", retried, ""},
    {"the list is used up", used_up, ""},
    {"one of two is refused", refused, ""},
    {"a comparison finds the guilty one", compared, ""},
    {"three deaths alone", three_deaths, ""},
    {"an overrun is charged", overrun, ""},
    {"a replay", replayed, ""},
    {"a skip", skipped, ""},
    {"a dead letter is dropped", dropped, ""},
    {"an old event expires", expired, ""},
    {"held by hand, and resumed", held_and_resumed, ""},
    {"holds that double, and probes", probed, ""},
    {"a batch a second", at_a_rate, ""},
    {"killed before it was written", killed, ""},

    {"accepted and nowhere", accepted_nowhere, "what was answered accepted is in the file"},
    {"new twice", new_twice, "what was answered accepted is in the file"},
    {"one e-mail, two affiliates", another_affiliate, "one affiliate for one e-mail"},
    {"a new sink begins elsewhere", begins_elsewhere, "a new sink begins where it is told to"},
    {"two rows", two_states, "one state at each sink"},
    {"the cursor is past an unsettled event", cursor_too_far, "nothing accepted is lost"},
    {"put back by nobody", put_back_by_nobody, "what is settled stays so"},
    {"settled otherwise", settled_otherwise, "what is settled stays so"},
    {"delivered without a verdict", delivered_without_verdict, "delivered only by a verdict"},
    {"delivered by a verdict that was lost", delivered_before_a_kill,
     "delivered only by a verdict"},
    {"dead before the list is used up", dead_too_soon, "a dead letter only for a reason"},
    {"dead because a batch was refused", dead_by_a_batch, "a dead letter only for a reason"},
    {"dead though the other failed too", dead_without_comparison,
     "a dead letter only for a reason"},
    {"dead by two deaths", dead_by_two_deaths, "a dead letter only for a reason"},
    {"expired too soon", expired_too_soon, "expired only when old"},
    {"skipped by nobody", skipped_by_nobody, "skipped only by a skip"},
    {"one is left by a skip", skipped_but_one, "a skip leaves nothing pending"},
    {"a superseded one is sent again", replayed_superseded, "no replay of what is superseded"},
    {"DOWN is charged", charged_for_down, "charged only what was attempted"},
    {"a death of several is charged", death_of_several_charged, "charged only what was attempted"},
    {"an outcome is never written", outcome_forgotten, "what came back is recorded"},
    {"a charge is never written", charge_forgotten, "what came back is recorded"},
    {"sent when settled", sent_when_settled, "only what is owed goes out"},
    {"sent before it is journaled", sent_before_journaled, "only what is owed goes out"},
    {"in two batches", sent_twice, "in one batch at a time"},
    {"too many batches", too_many_batches, "batches in flight"},
    {"a batch is too big", batch_too_big, "a batch's size"},
    {"the window is too big", window_too_big, "a window of 1,024 events"},
    {"overtakes what is in flight", overtaken_in_flight, "order of an affiliate"},
    {"overtakes what waits", overtaken_waiting, "order of an affiliate"},
    {"overtakes what is pending", overtaken_pending, "order of an affiliate"},
    {"the journal is overtaken", journal_overtaken, "order of the journal"},
    {"an attempt's number", attempt_misnumbered, "the attempt's number"},
    {"a replay is not marked", replay_unmarked, "the attempt's number, the mark of a replay"},
    {"tried again too soon", retried_too_soon, "no retry before its time"},
    {"sent though it is old", sent_stale, "nothing older than expire is sent"},
    {"two suspects together", suspects_together, "after a death alone"},
    {"a refused batch again", refused_again_together, "after a refused batch one by one"},
    {"a digest is too soon", digest_too_soon, "a digest waits for more"},
    {"faster than the rate", too_fast, "rate"},
    {"sent while held by hand", sent_while_held_by_hand, "a hold by hand lets nothing out"},
    {"a late answer ends a hold by hand", hold_by_hand_ended_by_an_answer,
     "a hold by hand lets nothing out"},
    {"sent while DOWN holds", sent_while_down, "a hold lasts its time"},
    {"sent before Retry-After", sent_before_retry_after, "a hold lasts its time"},
    {"sent after 429", sent_after_429, "a hold lasts its time"},
    {"two probes", two_probes, "one probe after a hold"},
    {"a suspect is compared with itself", suspect_compared_with_itself,
     "one comparison after MISSET"},
    {"without retries nothing is compared", compared_without_retries, "a hold lasts its time"},
    {"a hold by hand is not kept", hold_not_kept, "a hold by hand is kept in the file"},
    {"what may go is not sent", starved, "what may go is in flight"},
    {"what is due is not sent", starved_when_due, "what may go is in flight"},
    {"an answer of no batch", answer_of_no_batch, "an outcome is for a batch that went out"},
};

/* These tell the sink's figures themselves: they are not worked out before it is judged. */
static const struct history histories_with_figures[] = {
    {"a waiting row is gone", waiting_row_gone, "nothing accepted is lost"},
    {"a settled row is gone", settled_row_gone, "nothing accepted is lost"},
    {"a sink's row is gone", sink_gone, "nothing accepted is lost"},
    {"counted twice", counted_twice, "a sink's counts are its rows"},
    {"pending is miscounted", pending_miscounted, "the pending count is what is pending"},
};

/* How many are not judged as they should be. */
static int tell_all(const struct history *all, size_t count, const char *(*judge)(void))
{
    int wrong = 0;
    for (size_t i = 0; i < count; i++) {
        history_open();
        all[i].tell();
        const char *broken = judge();
        bool right = all[i].broken[0] ? strncmp(broken, all[i].broken, strlen(all[i].broken)) == 0
                                      : broken[0] == '\0';
        if (!right)
            print_error("%s: \"%s\", and not \"%s\"\n", all[i].name, broken, all[i].broken);
        wrong += !right;
        history_close();
    }
    return wrong;
}

#define COUNT(table) (sizeof(table) / sizeof *(table))

static void test_histories(void **state)
{
    (void)state;
    assert_int_equal(tell_all(histories, COUNT(histories), history_judge), 0);
}

static void test_histories_with_figures(void **state)
{
    (void)state;
    assert_int_equal(
        tell_all(histories_with_figures, COUNT(histories_with_figures), history_judge_as_it_is), 0);
}

static void test_end(void **state)
{
    (void)state;
    history_open();
    deliver_one();
    assert_string_equal(history_judge_end(), "");
    history_event(2, B);
    assert_string_equal(history_judge_end(),
                        "at the end all is settled: s, evt_00000000000000000000000000000002 "
                        "(seq 2): it is still pending");
    history_close();
}

static void test_counts_what_it_checks(void **state)
{
    (void)state;
    size_t count;
    history_open();
    deliver_one();
    history_judge_end();
    const struct model_count *counts = model_counts(history_model, &count);
    uint64_t checked = 0;
    for (size_t i = 0; i < count; i++)
        checked +=
            strcmp(counts[i].rule, "delivered only by a verdict") == 0 ? counts[i].checked : 0;
    assert_int_equal(checked, 1);
    history_close();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_histories),
        cmocka_unit_test(test_histories_with_figures),
        cmocka_unit_test(test_end),
        cmocka_unit_test(test_counts_what_it_checks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
