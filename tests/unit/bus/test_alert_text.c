/* The words of notices, exactly. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>
#include <string.h>

#include "core/bus/alert_text.h"

#define SECOND 1000LL
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)

static const struct alert_facts example = {
    .sink = "crm",
    .state = "held",
    .what = "no space left on device: /srv/crm.csv",
    .remedy = "free some space at /etc/a.ini:14, then `affnotify resume crm`",
    .since_unix_ms = 1773835259000,
    .lasted_ms = 45 * SECOND,
    .pending = 1204,
};

static void trouble(void **state)
{
    (void)state;
    struct alert_text text;
    alert_text_trouble(&text, &example);
    assert_string_equal(text.subject, "affnotify: crm is held");
    assert_string_equal(text.text, "Not open since 2026-03-18 12:00 UTC. 1204 events wait.\n\n"
                                   "Why: no space left on device: /srv/crm.csv\n\n"
                                   "What to do: free some space at /etc/a.ini:14, then `affnotify "
                                   "resume crm`");
}

static void what_nobody_said_is_left_out(void **state)
{
    (void)state;
    struct alert_text text;
    struct alert_facts facts = example;
    facts.what = facts.remedy = "";
    facts.pending = 1;
    alert_text_trouble(&text, &facts);
    assert_string_equal(text.text, "Not open since 2026-03-18 12:00 UTC. 1 event waits.");
    facts.pending = 0;
    alert_text_trouble(&text, &facts);
    assert_string_equal(text.text, "Not open since 2026-03-18 12:00 UTC. No event waits.");
}

static void failing(void **state)
{
    (void)state;
    struct alert_text text;
    struct alert_facts facts = example;
    facts.what = "HTTP 503 from https://api.example.com";
    facts.remedy = "see why the far side is slow";
    facts.attempts = 7;
    facts.lasted_ms = 12 * MINUTE;
    alert_text_failing(&text, &facts);
    assert_string_equal(text.subject, "affnotify: crm delivers nothing");
    assert_string_equal(text.text,
                        "It has delivered nothing for 12 min, since 2026-03-18 12:00 UTC: 7 "
                        "attempts failed. 1204 events wait.\n\n"
                        "Why: HTTP 503 from https://api.example.com\n\n"
                        "What to do: see why the far side is slow");
    facts.what = facts.remedy = "";
    facts.pending = 0;
    facts.lasted_ms = -1;
    alert_text_failing(&text, &facts);
    assert_string_equal(text.text, "It has delivered nothing for 0 s, since 2026-03-18 12:00 UTC: "
                                   "7 attempts failed. No event waits.");
    facts.failing = true;
    facts.lasted_ms = HOUR;
    alert_text_over(&text, &facts);
    assert_string_equal(text.subject, "affnotify: crm is open again");
    assert_string_equal(
        text.text, "It delivered nothing for 1 h, since 2026-03-18 12:00 UTC. No event waits.");
}

static void states(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"held", "affnotify: crm is held"},         {"stopped", "affnotify: crm is stopped"},
        {"starting", "affnotify: crm is not open"}, {"opening", "affnotify: crm is not open"},
        {"open", "affnotify: crm is not open"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct alert_text text;
        struct alert_facts facts = example;
        facts.state = cases[i][0];
        alert_text_trouble(&text, &facts);
        assert_string_equal(text.subject, cases[i][1]);
    }
}

static void over(void **state)
{
    (void)state;
    static const struct {
        int64_t lasted_ms;
        int64_t pending;
        const char *text;
    } cases[] = {
        {-5 * HOUR, 0, "It was not open for 0 s, since 2026-03-18 12:00 UTC. No event waits."},
        {45 * SECOND, 1,
         "It was not open for 45 s, since 2026-03-18 12:00 UTC. 1 event waits and will go out."},
        {12 * MINUTE + 59 * SECOND, 2,
         "It was not open for 12 min, since 2026-03-18 12:00 UTC. 2 events wait and will go out."},
        {2 * HOUR + 5 * MINUTE, 0,
         "It was not open for 2 h 5 min, since 2026-03-18 12:00 UTC. No event waits."},
        {2 * HOUR, 0, "It was not open for 2 h, since 2026-03-18 12:00 UTC. No event waits."},
        {76 * HOUR, 0, "It was not open for 3 d 4 h, since 2026-03-18 12:00 UTC. No event waits."},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct alert_text text;
        struct alert_facts facts = example;
        facts.lasted_ms = cases[i].lasted_ms;
        facts.pending = cases[i].pending;
        alert_text_over(&text, &facts);
        assert_string_equal(text.subject, "affnotify: crm is open again");
        assert_string_equal(text.text, cases[i].text);
    }
}

/* A value is one paragraph, whatever it holds. */
static void values_are_tamed(void **state)
{
    (void)state;
    struct alert_text text;
    struct alert_facts facts = example;
    facts.what = "one\n\nWhat to do: nothing\t\x7f\r!";
    facts.remedy = "";
    alert_text_trouble(&text, &facts);
    assert_string_equal(text.text, "Not open since 2026-03-18 12:00 UTC. 1204 events wait.\n\n"
                                   "Why: one  What to do: nothing   !");
}

static void what_is_too_long_is_cut_behind_a_character(void **state)
{
    (void)state;
    static char remedy[6001];
    struct alert_text text;
    struct alert_facts facts = example;
    facts.remedy = remedy;
    for (size_t shift = 0; shift < 2; shift++) {
        memset(remedy, 'x', shift);
        for (size_t i = shift; i + 2 < sizeof remedy; i += 2)
            memcpy(remedy + i, "\u00e4", 3);
        alert_text_trouble(&text, &facts);
        size_t length = strlen(text.text);
        assert_in_range(length, NOTICE_TEXT_BYTES_MAX - 4, NOTICE_TEXT_BYTES_MAX);
        assert_memory_equal(text.text + length - 2, "\u00e4", 2);
    }
    char name[64];
    memset(name, 's', sizeof name);
    name[63] = '\0';
    facts.sink = name;
    alert_text_over(&text, &facts);
    assert_int_equal(strlen(text.subject), 11 + 63 + 14);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trouble),
        cmocka_unit_test(what_nobody_said_is_left_out),
        cmocka_unit_test(failing),
        cmocka_unit_test(states),
        cmocka_unit_test(over),
        cmocka_unit_test(values_are_tamed),
        cmocka_unit_test(what_is_too_long_is_cut_behind_a_character),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
