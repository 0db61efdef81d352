/*
 * What is due to be told of a sink: each rule by a story, a line a moment. All stories begin at the
 * monotonic second 1000 and at the civil second 5000; `after` is ten minutes.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "core/base/limits.h"
#include "core/bus/alert.h"

#define AFTER_S 600
#define NEVER   (-1)

/* At this second the sink looks so; what is due then, and whether it is told. */
struct moment {
    int64_t at_s;
    enum alert_sight sight;
    int64_t delivered;
    int64_t pending;
    enum alert_news due;
    bool told;
    int64_t failing_s; /* with ALERT_FAILING */
};

static struct alert alert;

static void see(const struct moment *moment)
{
    const struct alert_view view = {moment->sight, moment->delivered, moment->pending,
                                    moment->failing_s * 1000};
    alert_see(&alert, &view, (1000 + moment->at_s) * 1000, (5000 + moment->at_s) * 1000);
}

static enum alert_news due(int64_t at_s)
{
    return alert_due(&alert, AFTER_S * 1000, (1000 + at_s) * 1000);
}

static void tell(int64_t at_s)
{
    enum alert_news news = due(at_s);
    int64_t since = news == ALERT_TROUBLE ? alert.since_unix_ms : 0;
    alert_told(&alert, news, alert_is_failing(&alert), since, (1000 + at_s) * 1000);
}

static void play(const struct moment *moments, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        see(&moments[i]);
        if (due(moments[i].at_s) != moments[i].due)
            fail_msg("moment %zu: due is %d", i, (int)due(moments[i].at_s));
        if (moments[i].told)
            tell(moments[i].at_s);
    }
}
#define PLAY(...)                                                                                  \
    play((const struct moment[]){__VA_ARGS__},                                                     \
         sizeof((const struct moment[]){__VA_ARGS__}) / sizeof(struct moment))

/* When something may be due by itself, as a second of the story. */
static void expect_next(int64_t at_s)
{
    int64_t next_ms = alert_next_mono_ms(&alert, AFTER_S * 1000);
    assert_int_equal(next_ms, at_s == NEVER ? NEVER : (1000 + at_s) * 1000);
}

static int begin(void **state)
{
    (void)state;
    alert_begin(&alert, 0, 0);
    return 0;
}

static void wrong_settings_are_due_at_once(void **state)
{
    (void)state;
    PLAY({0, ALERT_OPEN, 0, 0, ALERT_NOTHING, false, 0},
         {5, ALERT_UNCLEAR, 0, 1, ALERT_NOTHING, false, 0},
         {6, ALERT_MISSET, 0, 1, ALERT_TROUBLE, false, 0});
    assert_int_equal(alert.since_unix_ms, 5006 * 1000);
    PLAY({7, ALERT_MISSET, 0, 1, ALERT_TROUBLE, true, 0},
         {8, ALERT_MISSET, 0, 2, ALERT_NOTHING, false, 0});
    assert_int_equal(alert.told_unix_ms, 5006 * 1000);
    expect_next(NEVER);
    PLAY({2000, ALERT_UNCLEAR, 0, 2, ALERT_NOTHING, false, 0},
         {2001, ALERT_OPEN, 1, 1, ALERT_OVER, true, 0},
         {2002, ALERT_OPEN, 2, 0, ALERT_NOTHING, false, 0});
    assert_int_equal(alert.told_unix_ms, 0);
    expect_next(NEVER);
}

static void the_rest_is_due_later(void **state)
{
    (void)state;
    static const enum alert_sight sights[] = {ALERT_TROUBLED, ALERT_HOSTLESS};
    for (int i = 0; i < 2; i++) {
        enum alert_sight sight = sights[i];
        begin(NULL);
        PLAY({0, ALERT_OPEN, 0, 0, ALERT_NOTHING, false, 0},
             {10, sight, 0, 1, ALERT_NOTHING, false, 0});
        expect_next(610);
        PLAY({609, sight, 0, 1, ALERT_NOTHING, false, 0},
             {610, sight, 0, 1, ALERT_TROUBLE, true, 0},
             {700, ALERT_OPEN, 1, 0, ALERT_OVER, true, 0});
    }
}

static void what_is_short_is_not_told(void **state)
{
    (void)state;
    PLAY({0, ALERT_TROUBLED, 0, 1, ALERT_NOTHING, false, 0},
         {599, ALERT_OPEN, 1, 0, ALERT_NOTHING, false, 0},
         {601, ALERT_TROUBLED, 1, 1, ALERT_NOTHING, false, 0});
    expect_next(1201);
}

static void what_was_overtaken_is_not_told(void **state)
{
    (void)state;
    PLAY({0, ALERT_MISSET, 0, 1, ALERT_TROUBLE, false, 0},
         {1, ALERT_OPEN, 1, 0, ALERT_NOTHING, false, 0});
}

/* It is told that it is not open; that it was open for a while in between is not. */
static void an_end_that_could_not_be_told_in_time(void **state)
{
    (void)state;
    PLAY({0, ALERT_MISSET, 0, 1, ALERT_TROUBLE, true, 0},
         {1, ALERT_OPEN, 1, 0, ALERT_OVER, false, 0},
         {2, ALERT_IGNORED, 1, 0, ALERT_NOTHING, false, 0},
         {2, ALERT_MISSET, 1, 1, ALERT_NOTHING, false, 0},
         {3, ALERT_OPEN, 2, 0, ALERT_OVER, true, 0});
}

static void a_hold_by_hand_is_no_trouble(void **state)
{
    (void)state;
    PLAY({0, ALERT_TROUBLED, 0, 1, ALERT_NOTHING, false, 0},
         {100, ALERT_IGNORED, 0, 1, ALERT_NOTHING, false, 0},
         {10000, ALERT_IGNORED, 0, 1, ALERT_NOTHING, false, 0});
    expect_next(NEVER);
    PLAY({10001, ALERT_TROUBLED, 0, 1, ALERT_NOTHING, false, 0});
    expect_next(10601); /* its time began anew */
    PLAY({10601, ALERT_TROUBLED, 0, 1, ALERT_TROUBLE, true, 0},
         {10700, ALERT_IGNORED, 0, 1, ALERT_NOTHING, false, 0},
         {10800, ALERT_OPEN, 1, 0, ALERT_OVER, true, 0});
}

static void one_pair_in_a_while(void **state)
{
    (void)state;
    PLAY({0, ALERT_MISSET, 0, 1, ALERT_TROUBLE, true, 0},
         {10, ALERT_OPEN, 1, 0, ALERT_OVER, true, 0},
         {20, ALERT_MISSET, 1, 1, ALERT_NOTHING, false, 0});
    expect_next(600);
    PLAY({30, ALERT_OPEN, 2, 0, ALERT_NOTHING, false, 0},
         {40, ALERT_MISSET, 2, 1, ALERT_NOTHING, false, 0},
         {599, ALERT_MISSET, 2, 1, ALERT_NOTHING, false, 0},
         {600, ALERT_MISSET, 2, 1, ALERT_TROUBLE, true, 0});
    assert_int_equal(alert.told_unix_ms, 5040 * 1000);
}

static void a_short_while_has_a_pause_nevertheless(void **state)
{
    (void)state;
    int64_t pause_s = ALERT_PAUSE_MIN_MS / 1000;
    PLAY({0, ALERT_MISSET, 0, 1, ALERT_TROUBLE, true, 0},
         {1, ALERT_OPEN, 1, 0, ALERT_OVER, true, 0},
         {2, ALERT_MISSET, 1, 1, ALERT_NOTHING, false, 0});
    assert_int_equal(alert_next_mono_ms(&alert, 0), (1000 + pause_s) * 1000);
    assert_int_equal(alert_due(&alert, 0, (1000 + pause_s) * 1000 - 1), ALERT_NOTHING);
    assert_int_equal(alert_due(&alert, 0, (1000 + pause_s) * 1000), ALERT_TROUBLE);
}

/* A host that is there for moments is not open: it would never be told of. */
static void a_host_that_dies_again_and_again(void **state)
{
    (void)state;
    for (int64_t at_s = 0; at_s < 600; at_s += 50)
        PLAY({at_s, ALERT_HOSTLESS, 3, 1, ALERT_NOTHING, false, 0},
             {at_s + 1, ALERT_OPEN, 3, 1, ALERT_NOTHING, false, 0});
    PLAY({600, ALERT_HOSTLESS, 3, 1, ALERT_TROUBLE, true, 0},
         {601, ALERT_OPEN, 3, 1, ALERT_NOTHING, false, 0},
         {602, ALERT_OPEN, 4, 1, ALERT_OVER, true, 0});
}

static void being_there_for_long_is_enough(void **state)
{
    (void)state;
    PLAY({0, ALERT_HOSTLESS, 0, 0, ALERT_NOTHING, false, 0},
         {1, ALERT_OPEN, 0, 0, ALERT_NOTHING, false, 0});
    expect_next(61);
    PLAY({61, ALERT_OPEN, 0, 0, ALERT_NOTHING, false, 0});
    expect_next(NEVER);
    PLAY({62, ALERT_HOSTLESS, 0, 0, ALERT_NOTHING, false, 0});
    expect_next(662);
    PLAY({662, ALERT_HOSTLESS, 0, 0, ALERT_TROUBLE, true, 0},
         {663, ALERT_OPEN, 0, 0, ALERT_NOTHING, false, 0});
    expect_next(723);
    PLAY({723, ALERT_OPEN, 0, 0, ALERT_OVER, true, 0});
}

/* What happens after the host was there is no part of the time before. */
static void a_hold_after_a_start(void **state)
{
    (void)state;
    PLAY({0, ALERT_HOSTLESS, 0, 1, ALERT_NOTHING, false, 0},
         {2, ALERT_OPEN, 0, 1, ALERT_NOTHING, false, 0},
         {3, ALERT_TROUBLED, 0, 1, ALERT_NOTHING, false, 0});
    expect_next(603);
    assert_int_equal(alert.since_unix_ms, 5003 * 1000);
}

static void a_restart_neither_repeats_nor_forgets(void **state)
{
    (void)state;
    alert_begin(&alert, 4000 * 1000, 9);
    PLAY({0, ALERT_HOSTLESS, 9, 1, ALERT_NOTHING, false, 0},
         {1, ALERT_OPEN, 9, 1, ALERT_NOTHING, false, 0},
         {2, ALERT_MISSET, 9, 1, ALERT_NOTHING, false, 0},
         {10000, ALERT_MISSET, 9, 1, ALERT_NOTHING, false, 0},
         {10001, ALERT_OPEN, 10, 0, ALERT_OVER, true, 0});
    alert_begin(&alert, 4000 * 1000, 9);
    PLAY({0, ALERT_OPEN, 9, 1, ALERT_NOTHING, false, 0},
         {61, ALERT_OPEN, 9, 1, ALERT_NOTHING, false, 0},
         {62, ALERT_OPEN, 9, 0, ALERT_OVER, true, 0},
         {63, ALERT_OPEN, 9, 0, ALERT_NOTHING, false, 0});
    alert_begin(&alert, 4000 * 1000, 9); /* it delivered before it was looked at */
    PLAY({0, ALERT_OPEN, 10, 0, ALERT_OVER, true, 0});
}

/* ---- Open, and delivering nothing ---- */

static void what_delivers_nothing_is_due_later(void **state)
{
    (void)state;
    PLAY({0, ALERT_OPEN, 3, 1, ALERT_NOTHING, false, 0},
         {15, ALERT_FAILING, 3, 1, ALERT_NOTHING, false, 5});
    expect_next(610); /* by its first attempt */
    assert_int_equal(alert.since_unix_ms, 5010 * 1000);
    PLAY({609, ALERT_FAILING, 3, 1, ALERT_NOTHING, false, 599},
         {610, ALERT_FAILING, 3, 1, ALERT_TROUBLE, true, 600});
    assert_int_equal(alert.told_unix_ms, 5010 * 1000);
    assert_true(alert.told_failing);
    expect_next(NEVER);
    PLAY({5000, ALERT_FAILING, 3, 9, ALERT_NOTHING, false, 4990},
         {5001, ALERT_OPEN, 4, 8, ALERT_OVER, true, 0},
         {5002, ALERT_OPEN, 4, 8, ALERT_NOTHING, false, 0});
    assert_false(alert.told_failing);
}

/* The second attempt may come after all that time. */
static void what_is_known_late_is_due_at_once(void **state)
{
    (void)state;
    PLAY({0, ALERT_OPEN, 0, 1, ALERT_NOTHING, false, 0},
         {3600, ALERT_FAILING, 0, 1, ALERT_TROUBLE, true, 3500});
}

/* Each look sees it fail, and in between it delivers. */
static void what_delivers_now_and_then_is_not_told(void **state)
{
    (void)state;
    for (int64_t at_s = 0; at_s < 3000; at_s += 10)
        PLAY({at_s, ALERT_FAILING, at_s, 1, ALERT_NOTHING, false, 5});
    expect_next(2990 - 5 + 600);
}

/* A hold that follows is the same trouble, and has its time. */
static void a_hold_after_failures(void **state)
{
    (void)state;
    PLAY({0, ALERT_OPEN, 0, 1, ALERT_NOTHING, false, 0},
         {10, ALERT_FAILING, 0, 1, ALERT_NOTHING, false, 10},
         {300, ALERT_TROUBLED, 0, 1, ALERT_NOTHING, false, 0});
    expect_next(600);
    PLAY({600, ALERT_TROUBLED, 0, 1, ALERT_TROUBLE, true, 0},
         {700, ALERT_UNCLEAR, 0, 1, ALERT_NOTHING, false, 0},
         {701, ALERT_OPEN, 1, 0, ALERT_OVER, true, 0});
}

/* A host that dies again and again, and does not deliver in between either. */
static void failures_between_deaths(void **state)
{
    (void)state;
    for (int64_t at_s = 0; at_s < 600; at_s += 50)
        PLAY({at_s, ALERT_HOSTLESS, 3, 1, ALERT_NOTHING, false, 0},
             {at_s + 9, ALERT_FAILING, 3, 1, ALERT_NOTHING, false, 5});
    PLAY({600, ALERT_FAILING, 3, 1, ALERT_TROUBLE, true, 5},
         {602, ALERT_OPEN, 4, 1, ALERT_OVER, true, 0});
}

static void failures_while_nothing_is_wanted(void **state)
{
    (void)state;
    PLAY({0, ALERT_FAILING, 0, 1, ALERT_NOTHING, false, 0},
         {100, ALERT_IGNORED, 0, 1, ALERT_NOTHING, false, 0},
         {9000, ALERT_IGNORED, 0, 1, ALERT_NOTHING, false, 0});
    expect_next(NEVER);
}

static void failures_after_a_restart(void **state)
{
    (void)state;
    alert_begin(&alert, 4000 * 1000, 9);
    PLAY({0, ALERT_OPEN, 9, 1, ALERT_NOTHING, false, 0},
         {2000, ALERT_FAILING, 9, 1, ALERT_NOTHING, false, 1900},
         {2001, ALERT_OPEN, 10, 0, ALERT_OVER, true, 0});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(wrong_settings_are_due_at_once, begin),
        cmocka_unit_test_setup(the_rest_is_due_later, begin),
        cmocka_unit_test_setup(what_is_short_is_not_told, begin),
        cmocka_unit_test_setup(what_was_overtaken_is_not_told, begin),
        cmocka_unit_test_setup(an_end_that_could_not_be_told_in_time, begin),
        cmocka_unit_test_setup(a_hold_by_hand_is_no_trouble, begin),
        cmocka_unit_test_setup(one_pair_in_a_while, begin),
        cmocka_unit_test_setup(a_short_while_has_a_pause_nevertheless, begin),
        cmocka_unit_test_setup(a_host_that_dies_again_and_again, begin),
        cmocka_unit_test_setup(being_there_for_long_is_enough, begin),
        cmocka_unit_test_setup(a_hold_after_a_start, begin),
        cmocka_unit_test_setup(what_delivers_nothing_is_due_later, begin),
        cmocka_unit_test_setup(what_is_known_late_is_due_at_once, begin),
        cmocka_unit_test_setup(what_delivers_now_and_then_is_not_told, begin),
        cmocka_unit_test_setup(a_hold_after_failures, begin),
        cmocka_unit_test_setup(failures_between_deaths, begin),
        cmocka_unit_test_setup(failures_while_nothing_is_wanted, begin),
        cmocka_unit_test_setup(failures_after_a_restart, begin),
        cmocka_unit_test_setup(a_restart_neither_repeats_nor_forgets, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
