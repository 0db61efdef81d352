/* What each answer of Slack becomes: a verdict, a sentence, a remedy. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "answer.h"
#include "fake_host.h"

/* As the host asks: its own verdict and sentence are there already. */
static int32_t answer(int32_t code, const char *body, int32_t hosts_verdict, uint32_t flags)
{
    static char what[64];
    snprintf(what, sizeof what, "HTTP %d from hooks.slack.com", code);
    struct affn_response response = {
        .phase = AFFN_PHASE_ANSWER,
        .code = code,
        .verdict = hosts_verdict,
        .body = body,
        .body_bytes = (uint32_t)strlen(body),
        .what = what,
        .flags = flags,
    };
    fake_reply_reset(1);
    return answer_read(&response, &fake_reply);
}

static void ok_is_a_success(void **state)
{
    (void)state;
    static const char *const bodies[] = {"ok", "ok\n", " ok \r\n"};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(answer(200, bodies[i], AFFN_DELIVERED, 0), AFFN_DELIVERED);
        assert_string_equal(fake_reply.what, "");
        assert_string_equal(fake_reply.remedy, "");
    }
}

static void every_word_has_a_verdict_and_a_remedy(void **state)
{
    (void)state;
    static const struct {
        const char *word;
        int32_t code;
        int32_t verdict;
        const char *remedy; /* a part of it */
    } cases[] = {
        {"invalid_payload", 400, AFFN_REFUSED, "report it to the plugin's author"},
        {"invalid_blocks", 400, AFFN_REFUSED, "may not know Block Kit"},
        {"invalid_blocks_format", 400, AFFN_REFUSED, "may not know Block Kit"},
        {"no_text", 400, AFFN_REFUSED, "report it"},
        {"missing_text_or_fallback_or_attachments", 400, AFFN_REFUSED, "report it"},
        {"too_many_attachments", 400, AFFN_REFUSED, "lower `batch`"},
        {"msg_too_long", 400, AFFN_REFUSED, "lower `batch`"},
        {"msg_blocks_too_long", 400, AFFN_REFUSED, "lower `batch`"},
        {"channel_is_archived", 410, AFFN_MISSET, "un-archive the channel in Slack, or make a new"},
        {"channel_not_found", 404, AFFN_MISSET, "invite the Slack app to the channel again"},
        {"user_not_found", 400, AFFN_MISSET, "make a new incoming webhook for a channel"},
        {"action_prohibited", 403, AFFN_MISSET, "ask an administrator of the Slack workspace"},
        {"posting_to_general_channel_denied", 403, AFFN_MISSET, "for another channel"},
        {"no_service", 404, AFFN_MISSET, "copy the webhook's whole URL"},
        {"no_service_id", 404, AFFN_MISSET, "copy the webhook's whole URL"},
        {"no_active_hooks", 404, AFFN_MISSET, "switch Incoming Webhooks on"},
        {"invalid_token", 403, AFFN_MISSET, "copy the webhook's whole URL"},
        {"token_revoked", 403, AFFN_MISSET, "install the Slack app again"},
        {"account_inactive", 403, AFFN_MISSET, "install the Slack app again"},
        {"no_team", 404, AFFN_MISSET, "copy the webhook's whole URL"},
        {"team_disabled", 403, AFFN_MISSET, "make a new incoming webhook and set `url`"},
        {"rollup_error", 500, AFFN_RETRY, "slack-status.com"},
        {"internal_error", 500, AFFN_RETRY, "slack-status.com"},
        {"fatal_error", 500, AFFN_RETRY, "slack-status.com"},
        {"service_unavailable", 503, AFFN_RETRY, "slack-status.com"},
        {"request_timeout", 400, AFFN_RETRY, "slack-status.com"},
        {"rate_limited", 200, AFFN_RETRY, "keep `rate = 1/s`"},
        {"ratelimited", 400, AFFN_RETRY, "keep `rate = 1/s`"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char body[64];
        char begin[128];
        snprintf(body, sizeof body, "%s\n", cases[i].word);
        snprintf(begin, sizeof begin, "HTTP %d from hooks.slack.com: %s: ", cases[i].code,
                 cases[i].word);
        assert_int_equal(answer(cases[i].code, body, AFFN_DELIVERED, 0), cases[i].verdict);
        assert_int_equal(strncmp(fake_reply.what, begin, strlen(begin)), 0);
        assert_true(strlen(fake_reply.what) > strlen(begin));
        assert_non_null(strstr(fake_reply.remedy, cases[i].remedy));
    }
    assert_int_equal(answer(410, "channel_is_archived", AFFN_MISSET, 0), AFFN_MISSET);
    assert_string_equal(fake_reply.what, "HTTP 410 from hooks.slack.com: channel_is_archived: the "
                                         "webhook's channel is archived");
    assert_string_equal(fake_reply.remedy,
                        "un-archive the channel in Slack, or make a new incoming webhook for "
                        "another one and set `url` to its URL");
}

static void too_much_is_a_retry_whatever_the_body(void **state)
{
    (void)state;
    static const char *const bodies[] = {"", "ok", "rate_limited", "no_service", "<html>"};
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        assert_int_equal(answer(429, bodies[i], AFFN_RETRY, 0), AFFN_RETRY);
        assert_string_equal(fake_reply.what,
                            "HTTP 429 from hooks.slack.com: it gets too much at once");
        assert_non_null(strstr(fake_reply.remedy, "keep `rate = 1/s`"));
    }
}

static void a_success_without_ok_is_none(void **state)
{
    (void)state;
    static const struct {
        int32_t code;
        const char *body;
        uint32_t flags;
    } cases[] = {
        {200, "", 0},
        {200, "OK", 0},
        {200, "ok ok", 0},
        {200, "okay", 0},
        {200, "ok", AFFN_RESPONSE_CUT},
        {200, "<html><title>Log in</title>", 0},
        {200, "{\"ok\":true}", 0},
        {201, "ok", 0},
        {204, "", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(answer(cases[i].code, cases[i].body, AFFN_DELIVERED, cases[i].flags),
                         AFFN_MISSET);
        assert_non_null(strstr(fake_reply.what, ", but not Slack's answer"));
        assert_non_null(strstr(fake_reply.remedy, "an incoming webhook answers `ok`"));
    }
}

/* The status came, and then the connection broke or the time was over. */
static void half_an_answer_is_nobody_elses_page(void **state)
{
    (void)state;
    assert_int_equal(answer(200, "", AFFN_RETRY, 0), AFFN_RETRY);
    assert_string_equal(fake_reply.what, "");
    assert_string_equal(fake_reply.remedy, "");
    assert_int_equal(answer(200, "ok", AFFN_RETRY, 0), AFFN_DELIVERED); /* all that it ever says */
}

static void a_nul_in_the_body_is_not_its_end(void **state)
{
    (void)state;
    struct affn_response response = {
        .phase = AFFN_PHASE_ANSWER,
        .code = 200,
        .verdict = AFFN_DELIVERED,
        .body = "ok\0x",
        .body_bytes = 4,
        .what = "HTTP 200 from x",
    };
    fake_reply_reset(1);
    assert_int_equal(answer_read(&response, &fake_reply), AFFN_MISSET);
}

static void what_nobody_knows_is_the_hosts(void **state)
{
    (void)state;
    assert_int_equal(answer(503, "<html>", AFFN_RETRY, 0), AFFN_RETRY);
    assert_string_equal(fake_reply.what, "");
    assert_string_equal(fake_reply.remedy,
                        "nothing, unless it lasts: then look at slack-status.com");
    assert_int_equal(answer(400, "brand_new_error", AFFN_REFUSED, 0), AFFN_REFUSED);
    assert_string_equal(fake_reply.what, "HTTP 400 from hooks.slack.com: brand_new_error");
    assert_string_equal(fake_reply.remedy, "");
    assert_int_equal(answer(404, "Not found: /services/T0/B0/x", AFFN_MISSET, 0), AFFN_MISSET);
    assert_string_equal(fake_reply.what, "");

    struct affn_response none = {.phase = AFFN_PHASE_TLS, .verdict = AFFN_DOWN, .body = ""};
    fake_reply_reset(1);
    assert_int_equal(answer_read(&none, &fake_reply), AFFN_DOWN);
    assert_string_equal(fake_reply.what, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ok_is_a_success),
        cmocka_unit_test(every_word_has_a_verdict_and_a_remedy),
        cmocka_unit_test(too_much_is_a_retry_whatever_the_body),
        cmocka_unit_test(a_success_without_ok_is_none),
        cmocka_unit_test(half_an_answer_is_nobody_elses_page),
        cmocka_unit_test(a_nul_in_the_body_is_not_its_end),
        cmocka_unit_test(what_nobody_knows_is_the_hosts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
