/* Notices as mail: tests/golden/smtp/notice_NAME.*, written anew by AFFN_GOLDEN_WRITE=1. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "smtp_fixture.h"

#define HELD                                                                                       \
    "Not open since 2026-03-18 12:00 UTC. 1204 events wait.\n\n"                                   \
    "Why: HTTP 404: channel_is_archived: the webhook's channel is archived\n\n"                    \
    "What to do: un-archive the channel in Slack, or make a new incoming webhook for another one " \
    "and set `url` to its URL at /etc/affnotify/affnotify.ini:14, then `affnotify resume crm`"

static void expect(const char *name, const char *subject, const char *text, uint32_t flags)
{
    char file[64];
    const struct affn_notice notice = {
        .id = "ntc_crm_1773835200000_held",
        .about = "crm",
        .subject = subject,
        .text = text,
        .subject_bytes = (uint32_t)strlen(subject),
        .text_bytes = (uint32_t)strlen(text),
        .flags = flags,
        .made_unix_ms = 1773835200000,
    };
    smtp_prepare_notice(&notice);
    snprintf(file, sizeof file, "notice_%s.request", name);
    smtp_expect_golden(file, fake_request_text);
    snprintf(file, sizeof file, "notice_%s.txt", name);
    smtp_expect_golden(file, smtp_plain);
    snprintf(file, sizeof file, "notice_%s.html", name);
    smtp_expect_golden(file, smtp_page);
}

static void held(void **state)
{
    (void)state;
    smtp_open_example();
    expect("held", "affnotify: crm is held", HELD, 0);
}

static void over(void **state)
{
    (void)state;
    smtp_open_example();
    smtp_set("subject_prefix", "[prod]");
    expect(
        "over", "affnotify: crm is open again",
        "It was not open for 2 h 5 min, since 2026-03-18 12:00 UTC. 1204 events wait and will go "
        "out.",
        AFFN_NOTICE_OVER);
}

static void a_test_is_marked(void **state)
{
    (void)state;
    smtp_open_example();
    expect("test", "affnotify: crm is held", HELD, AFFN_NOTICE_TEST);
}

static void nothing_in_it_is_obeyed(void **state)
{
    (void)state;
    smtp_open_example();
    expect(
        "hostile", "affnotify: <b>crm</b>\u202e is held",
        "Why: <script>alert(1)</script> & \"quotes\" \u202egnp.exe, and a word without end: "
        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        0);
}

/* The longest that the header promises, of what takes the most room. */
static void the_longest_fits(void **state)
{
    (void)state;
    static char text[4097];
    for (size_t i = 0; i + 2 < sizeof text; i += 2)
        memcpy(text + i, "\u00ad", 3);
    char subject[121];
    memcpy(subject, text, 120);
    subject[120] = '\0';
    smtp_open_example();
    const struct affn_notice notice = {.id = "ntc_a",
                                       .about = "a",
                                       .subject = subject,
                                       .text = text,
                                       .subject_bytes = 120,
                                       .text_bytes = 4096};
    smtp_prepare_notice(&notice);
    size_t shown = 0;
    for (const char *at = smtp_page; (at = strstr(at, "[U+00AD]")) != NULL; at++)
        shown++;
    assert_int_equal(shown, 60 * 2 + 2048); /* title, headline, text */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(held),
        cmocka_unit_test(over),
        cmocka_unit_test(a_test_is_marked),
        cmocka_unit_test(nothing_in_it_is_obeyed),
        cmocka_unit_test(the_longest_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
