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
};

static struct alert alert;

static void see(const struct moment *moment)
{
    const struct alert_view view = {moment->sight, moment->delivered, moment->pending};
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
    alert_told(&alert, news, since, (1000 + at_s) * 1000);
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
    PLAY({0, ALERT_OPEN, 0, 0, ALERT_NOTHING, false},
         {5, ALERT_UNCLEAR, 0, 1, ALERT_NOTHING, false},
         {6, ALERT_MISSET, 0, 1, ALERT_TROUBLE, false});
    assert_int_equal(alert.since_unix_ms, 5006 * 1000);
    PLAY({7, ALERT_MISSET, 0, 1, ALERT_TROUBLE, true},
         {8, ALERT_MISSET, 0, 2, ALERT_NOTHING, false});
    assert_int_equal(alert.told_unix_ms, 5006 * 1000);
    expect_next(NEVER);
    PLAY({2000, ALERT_UNCLEAR, 0, 2, ALERT_NOTHING, false},
         {2001, ALERT_OPEN, 1, 1, ALERT_OVER, true},
         {2002, ALERT_OPEN, 2, 0, ALERT_NOTHING, false});
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
        PLAY({0, ALERT_OPEN, 0, 0, ALERT_NOTHING, false}, {10, sight, 0, 1, ALERT_NOTHING, false});
        expect_next(610);
        PLAY({609, sight, 0, 1, ALERT_NOTHING, false}, {610, sight, 0, 1, ALERT_TROUBLE, true},
             {700, ALERT_OPEN, 1, 0, ALERT_OVER, true});
    }
}

static void what_is_short_is_not_told(void **state)
{
    (void)state;
    PLAY({0, ALERT_TROUBLED, 0, 1, ALERT_NOTHING, false},
         {599, ALERT_OPEN, 1, 0, ALERT_NOTHING, false},
         {601, ALERT_TROUBLED, 1, 1, ALERT_NOTHING, false});
    expect_next(1201);
}

static void what_was_overtaken_is_not_told(void **state)
{
    (void)state;
    PLAY({0, ALERT_MISSET, 0, 1, ALERT_TROUBLE, false},
         {1, ALERT_OPEN, 1, 0, ALERT_NOTHING, false});
}

/* It is told that it is not open; that it was open for a while in between is not. */
static void an_end_that_could_not_be_told_in_time(void **state)
{
    (void)state;
    PLAY({0, ALERT_MISSET, 0, 1, ALERT_TROUBLE, true}, {1, ALERT_OPEN, 1, 0, ALERT_OVER, false},
         {2, ALERT_IGNORED, 1, 0, ALERT_NOTHING, false},
         {2, ALERT_MISSET, 1, 1, ALERT_NOTHING, false}, {3, ALERT_OPEN, 2, 0, ALERT_OVER, true});
}

static void a_hold_by_hand_is_no_trouble(void **state)
{
    (void)state;
    PLAY({0, ALERT_TROUBLED, 0, 1, ALERT_NOTHING, false},
         {100, ALERT_IGNORED, 0, 1, ALERT_NOTHING, false},
         {10000, ALERT_IGNORED, 0, 1, ALERT_NOTHING, false});
    expect_next(NEVER);
    PLAY({10001, ALERT_TROUBLED, 0, 1, ALERT_NOTHING, false});
    expect_next(10601); /* its time began anew */
    PLAY({10601, ALERT_TROUBLED, 0, 1, ALERT_TROUBLE, true},
         {10700, ALERT_IGNORED, 0, 1, ALERT_NOTHING, false},
         {10800, ALERT_OPEN, 1, 0, ALERT_OVER, true});
}

static void one_pair_in_a_while(void **state)
{
    (void)state;
    PLAY({0, ALERT_MISSET, 0, 1, ALERT_TROUBLE, true}, {10, ALERT_OPEN, 1, 0, ALERT_OVER, true},
         {20, ALERT_MISSET, 1, 1, ALERT_NOTHING, false});
    expect_next(600);
    PLAY({30, ALERT_OPEN, 2, 0, ALERT_NOTHING, false},
         {40, ALERT_MISSET, 2, 1, ALERT_NOTHING, false},
         {599, ALERT_MISSET, 2, 1, ALERT_NOTHING, false},
         {600, ALERT_MISSET, 2, 1, ALERT_TROUBLE, true});
    assert_int_equal(alert.told_unix_ms, 5040 * 1000);
}

static void a_short_while_has_a_pause_nevertheless(void **state)
{
    (void)state;
    int64_t pause_s = ALERT_PAUSE_MIN_MS / 1000;
    PLAY({0, ALERT_MISSET, 0, 1, ALERT_TROUBLE, true}, {1, ALERT_OPEN, 1, 0, ALERT_OVER, true},
         {2, ALERT_MISSET, 1, 1, ALERT_NOTHING, false});
    assert_int_equal(alert_next_mono_ms(&alert, 0), (1000 + pause_s) * 1000);
    assert_int_equal(alert_due(&alert, 0, (1000 + pause_s) * 1000 - 1), ALERT_NOTHING);
    assert_int_equal(alert_due(&alert, 0, (1000 + pause_s) * 1000), ALERT_TROUBLE);
}

/* A host that is there for moments is not open: it would never be told of. */
static void a_host_that_dies_again_and_again(void **state)
{
    (void)state;
    for (int64_t at_s = 0; at_s < 600; at_s += 50)
        PLAY({at_s, ALERT_HOSTLESS, 3, 1, ALERT_NOTHING, false},
             {at_s + 1, ALERT_OPEN, 3, 1, ALERT_NOTHING, false});
    PLAY({600, ALERT_HOSTLESS, 3, 1, ALERT_TROUBLE, true},
         {601, ALERT_OPEN, 3, 1, ALERT_NOTHING, false}, {602, ALERT_OPEN, 4, 1, ALERT_OVER, true});
}

static void being_there_for_long_is_enough(void **state)
{
    (void)state;
    PLAY({0, ALERT_HOSTLESS, 0, 0, ALERT_NOTHING, false},
         {1, ALERT_OPEN, 0, 0, ALERT_NOTHING, false});
    expect_next(61);
    PLAY({61, ALERT_OPEN, 0, 0, ALERT_NOTHING, false});
    expect_next(NEVER);
    PLAY({62, ALERT_HOSTLESS, 0, 0, ALERT_NOTHING, false});
    expect_next(662);
    PLAY({662, ALERT_HOSTLESS, 0, 0, ALERT_TROUBLE, true},
         {663, ALERT_OPEN, 0, 0, ALERT_NOTHING, false});
    expect_next(723);
    PLAY({723, ALERT_OPEN, 0, 0, ALERT_OVER, true});
}

/* What happens after the host was there is no part of the time before. */
static void a_hold_after_a_start(void **state)
{
    (void)state;
    PLAY({0, ALERT_HOSTLESS, 0, 1, ALERT_NOTHING, false},
         {2, ALERT_OPEN, 0, 1, ALERT_NOTHING, false},
         {3, ALERT_TROUBLED, 0, 1, ALERT_NOTHING, false});
    expect_next(603);
    assert_int_equal(alert.since_unix_ms, 5003 * 1000);
}

static void a_restart_neither_repeats_nor_forgets(void **state)
{
    (void)state;
    alert_begin(&alert, 4000 * 1000, 9);
    PLAY({0, ALERT_HOSTLESS, 9, 1, ALERT_NOTHING, false},
         {1, ALERT_OPEN, 9, 1, ALERT_NOTHING, false}, {2, ALERT_MISSET, 9, 1, ALERT_NOTHING, false},
         {10000, ALERT_MISSET, 9, 1, ALERT_NOTHING, false},
         {10001, ALERT_OPEN, 10, 0, ALERT_OVER, true});
    alert_begin(&alert, 4000 * 1000, 9);
    PLAY({0, ALERT_OPEN, 9, 1, ALERT_NOTHING, false}, {61, ALERT_OPEN, 9, 1, ALERT_NOTHING, false},
         {62, ALERT_OPEN, 9, 0, ALERT_OVER, true}, {63, ALERT_OPEN, 9, 0, ALERT_NOTHING, false});
    alert_begin(&alert, 4000 * 1000, 9); /* it delivered before it was looked at */
    PLAY({0, ALERT_OPEN, 10, 0, ALERT_OVER, true});
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
        cmocka_unit_test_setup(a_restart_neither_repeats_nor_forgets, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
