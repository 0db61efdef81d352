/*
 * Notices as the slack plugin posts them: tests/golden/slack/notice_NAME.json, written anew by
 * AFFN_GOLDEN_WRITE=1; what becomes of values that mean harm and of what is too long.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "notice.h"
#include "slack_fixture.h"

#define HELD                                                                                       \
    "Not open since 2026-03-18 12:00 UTC. 1204 events wait.\n\n"                                   \
    "Why: HTTP 404: channel_is_archived: the webhook's channel is archived\n\n"                    \
    "What to do: un-archive the channel in Slack, or make a new incoming webhook for another one " \
    "and set `url` to its URL at /etc/affnotify/affnotify.ini:14, then `affnotify resume crm`"

static struct affn_notice notice_of(const char *subject, const char *text, uint32_t flags)
{
    return (struct affn_notice){
        .id = "ntc_crm_1773835200000_held",
        .about = "crm",
        .subject = subject,
        .text = text,
        .subject_bytes = (uint32_t)strlen(subject),
        .text_bytes = (uint32_t)strlen(text),
        .flags = flags,
        .made_unix_ms = 1773835200000,
    };
}

/* The message, whose limits are checked. */
static json_t *message_of(const struct affn_notice *notice)
{
    static char bytes[MESSAGE_BYTES_MAX];
    struct draft body;
    json_error_t error;
    draft_init(&body, bytes, sizeof bytes);
    notice_write(&body, notice);
    assert_false(body.full);
    assert_true(body.characters <= MESSAGE_CHARACTERS_MAX);
    json_t *message = json_loads(bytes, JSON_REJECT_DUPLICATES, &error);
    if (!message)
        fail_msg("not JSON: %s: %s", error.text, bytes);
    fixture_check_limits(message);
    return message;
}

static void expect_golden(const char *name, const struct affn_notice *notice)
{
    static char expected[64 * 1024];
    char path[512];
    json_t *message = message_of(notice);
    char *text = json_dumps(message, JSON_INDENT(2));
    json_decref(message);
    snprintf(path, sizeof path, AFFN_GOLDEN "/notice_%s.json", name);
    FILE *file = fopen(path, getenv("AFFN_GOLDEN_WRITE") ? "w+" : "r");
    if (!file)
        fail_msg("no %s: AFFN_GOLDEN_WRITE=1 writes it", path);
    if (getenv("AFFN_GOLDEN_WRITE")) {
        fprintf(file, "%s\n", text);
        rewind(file);
    }
    size_t length = fread(expected, 1, sizeof expected - 1, file);
    fclose(file);
    assert_true(length > 0);
    expected[length - 1] = '\0'; /* its last line break */
    assert_string_equal(text, expected);
    free(text);
}

static void held(void **state)
{
    (void)state;
    struct affn_notice notice = notice_of("affnotify: crm is held", HELD, 0);
    expect_golden("held", &notice);
}

static void over(void **state)
{
    (void)state;
    struct affn_notice notice =
        notice_of("affnotify: crm is open again",
                  "It was not open for 2 h 5 min, since 2026-03-18 12:00 UTC. 1204 events wait and "
                  "will go out.",
                  AFFN_NOTICE_OVER);
    expect_golden("over", &notice);
}

static void a_test_is_marked(void **state)
{
    (void)state;
    struct affn_notice notice = notice_of("affnotify: crm is held", HELD, AFFN_NOTICE_TEST);
    expect_golden("test", &notice);
}

static void nothing_in_it_is_obeyed(void **state)
{
    (void)state;
    struct affn_notice notice = notice_of("affnotify: <!channel> is *held*",
                                          "Why: <!here> said \"<https://evil.example|fine>\" & "
                                          "_more_ \u202egnp.exe :wave:\n\n@channel",
                                          0);
    expect_golden("hostile", &notice);
}

static const char *section(const json_t *message, size_t at)
{
    const json_t *block = json_array_get(json_object_get(message, "blocks"), at);
    return json_string_value(json_object_get(json_object_get(block, "text"), "text"));
}

static void what_is_too_long_is_cut(void **state)
{
    (void)state;
    static char text[4097];
    memset(text, '&', 4096); /* five characters each, once escaped */
    struct affn_notice notice = notice_of("affnotify: crm is held", text, 0);
    json_t *message = message_of(&notice);
    const char *cut = section(message, 1);
    assert_string_equal(cut + strlen(cut) - 8, "&amp;\u2026");
    json_decref(message);

    memset(text, 'x', 4096);
    for (size_t i = 3; i < 4096; i += 4) /* more paragraphs than a message may have blocks */
        text[i] = '\n';
    notice = notice_of("affnotify: crm is held", text, 0);
    message = message_of(&notice);
    assert_int_equal(json_array_size(json_object_get(message, "blocks")), 21);
    json_decref(message);
}

/* Others than affnotify's bus hold to the limits, too. */
static void a_long_subject_comes_below(void **state)
{
    (void)state;
    char subject[121];
    memset(subject, '&', 120);
    subject[120] = '\0';
    struct affn_notice notice = notice_of(subject, "One.", 0);
    json_t *message = message_of(&notice);
    assert_string_equal(section(message, 0), "\u26a0\ufe0f affnotify");
    assert_int_equal(strlen(section(message, 1)), 600);
    assert_string_equal(section(message, 2), "One.");
    json_decref(message);
}

static void an_empty_text(void **state)
{
    (void)state;
    struct affn_notice notice = notice_of("affnotify: crm is held", "\n\n", 0);
    char bytes[1024];
    static char body_bytes[MESSAGE_BYTES_MAX];
    struct draft body;
    draft_init(&body, body_bytes, sizeof body_bytes);
    notice_write(&body, &notice);
    snprintf(bytes, sizeof bytes, "%s", body.bytes);
    assert_non_null(strstr(bytes, "\"blocks\":[{\"type\":\"header\""));
    assert_null(strstr(bytes, "section"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(held),
        cmocka_unit_test(over),
        cmocka_unit_test(a_test_is_marked),
        cmocka_unit_test(nothing_in_it_is_obeyed),
        cmocka_unit_test(what_is_too_long_is_cut),
        cmocka_unit_test(a_long_subject_comes_below),
        cmocka_unit_test(an_empty_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
