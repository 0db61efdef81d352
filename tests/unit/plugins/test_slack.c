/* The slack sink: what it says about its options, what it would send, and to whom it leaves what. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "fake_host.h"

#define URL "https://hooks.slack.com/services/T000/B000/example"

static _Alignas(max_align_t) char self[64 * 1024];

static void set_options(const char *url, const char *programme)
{
    memset(self, 0, sizeof self);
    *(const char **)fake_option(self, "url") = url;
    *(const char **)fake_option(self, "programme") = programme;
}

static void the_description_is_whole(void **state)
{
    (void)state;
    const struct affn_sink *sink = affn_sink_v1();
    assert_int_equal(sink->abi, AFFN_ABI);
    assert_string_equal(sink->name, "slack");
    assert_string_equal(sink->defaults, "retry=standard rate=1/s concurrency=1 batch=20 expire=3d");
    assert_int_equal(sink->option_count, 2);
    assert_int_equal(sink->options[0].type, AFFN_URL);
    assert_int_equal(sink->options[0].flags, AFFN_REQUIRED | AFFN_SECRET);
    assert_int_equal(sink->options[1].type, AFFN_STRING);
    assert_int_equal(sink->options[1].flags, 0);
    assert_null(sink->deliver);
    assert_null(sink->extension("affn.other/1"));
    const struct affn_requester *requester = sink->extension(AFFN_REQUEST);
    assert_non_null(requester);
    assert_non_null(requester->conclude);
    assert_true(sink->self_bytes <= sizeof self);
}

static void options_are_checked(void **state)
{
    (void)state;
    static const char host_alone[] =
        "mistake: url: names a host alone; copy the whole URL of the incoming webhook\n";
    static const char no_host[] =
        "mistake: url: has no host; copy the whole URL of the incoming webhook\n";
    static const char blank[] = "mistake: url: holds a blank or a control character; copy the "
                                "webhook's URL again\n";
    static const char workflow[] =
        "warning: url: is not an incoming webhook's, which begins with "
        "https://hooks.slack.com/services/; a workflow's webhook does not take such messages\n";
    static const char sixty[] = "0123456789"
                                "0123456789"
                                "0123456789"
                                "0123456789"
                                "0123456789"
                                "\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9";
    static const char sixty_one[] = "0123456789"
                                    "0123456789"
                                    "0123456789"
                                    "0123456789"
                                    "0123456789"
                                    "01234567890";
    static const struct {
        const char *url;
        const char *programme;
        const char *expected;
    } cases[] = {
        {URL, NULL, ""},
        {NULL, NULL, ""}, /* the table has said already that it is required */
        {"HTTPS://HOOKS.slack.com/services/T000/B000/example", "Acme", ""},
        {"https://mattermost.example.com/hooks/example", NULL, ""},
        {"https://[::1]:8443/hooks/x", sixty, ""},
        {"http://hooks.slack.com/services/x", NULL,
         "mistake: url: must be https, not http: nothing is sent in the clear\n"},
        {"ftp://hooks.slack.com/services/x", NULL, "mistake: url: must begin with https://\n"},
        {"https://ann:example@example.com/x", NULL,
         "mistake: url: must not hold a user name or a password\n"},
        {"https://", NULL, no_host},
        {"https:///x", NULL, no_host},
        {"https://:443/x", NULL, no_host},
        {"https://hooks.slack.com", NULL, host_alone},
        {"https://hooks.slack.com/", NULL, host_alone},
        {"https://example.com/a b", NULL, blank},
        {"https://example.com/a\x7f", NULL, blank},
        {"https://hooks.slack.com/workflows/x", NULL, workflow},
        {"https://hooks.slack.com/triggers/x", NULL, workflow},
        {URL, "", "mistake: programme: is empty; leave it out for no name\n"},
        {URL, sixty_one, "mistake: programme: is longer than 60 characters\n"},
        {URL, "a\nb", "mistake: programme: holds a control character or one that cannot be seen\n"},
        {URL, "a\u202e",
         "mistake: programme: holds a control character or one that cannot be seen\n"},
        {URL, "a\xff", "mistake: programme: is not UTF-8\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        fake_host_reset();
        set_options(cases[i].url, cases[i].programme);
        affn_sink_v1()->check(self, &fake_host, &fake_mistakes);
        assert_string_equal(fake_mistakes_text, cases[i].expected);
    }
}

static uint32_t prepare(uint32_t count)
{
    static struct affn_event events[30];
    static char ids[30][37];
    const struct affn_event *pointers[30];
    for (uint32_t i = 0; i < count; i++) {
        events[i] = fake_event(i, ids[i]);
        pointers[i] = &events[i];
    }
    struct affn_batch batch = {.events = pointers, .count = count};
    const struct affn_requester *requester = affn_sink_v1()->extension(AFFN_REQUEST);
    fake_host_reset();
    fake_reply_reset(count);
    assert_int_equal(requester->prepare(self, &batch, &fake_request, &fake_reply), AFFN_SEND);
    return fake_reply.taken;
}

static void the_request_is_the_message(void **state)
{
    (void)state;
    set_options(URL, NULL);
    assert_int_equal(prepare(1), 1);
    assert_string_equal(
        fake_request_text,
        "url " URL " (secret)\n"
        "header Content-Type: application/json; charset=utf-8\n"
        "header User-Agent: affnotify/" AFFN_VERSION "\n"
        "body {\"text\":\"affiliate@example.com joined\\n<https://myapp.link/ref/abc123>\\n"
        "2026-03-18 12:00 UTC \u00b7 ia_43831f8e\","
        "\"mrkdwn\":false,\"unfurl_links\":false,\"unfurl_media\":false,\"blocks\":["
        "{\"type\":\"header\",\"text\":{\"type\":\"plain_text\","
        "\"text\":\"\U0001f7e2 affiliate@example.com joined\",\"emoji\":false}},"
        "{\"type\":\"section\",\"text\":{\"type\":\"mrkdwn\","
        "\"text\":\"<https://myapp.link/ref/abc123>\",\"verbatim\":true}},"
        "{\"type\":\"context\",\"elements\":[{\"type\":\"mrkdwn\","
        "\"text\":\"<!date^1773835200^{date_short_pretty} at {time}|2026-03-18 12:00 UTC>\","
        "\"verbatim\":true},"
        "{\"type\":\"plain_text\",\"text\":\"ia_43831f8e\",\"emoji\":false}]}]}\n");
}

static void the_programme_stands_in_the_headline(void **state)
{
    (void)state;
    set_options(URL, "Acme");
    assert_int_equal(prepare(1), 1);
    assert_non_null(strstr(fake_request_text, "affiliate@example.com joined Acme\""));
    assert_int_equal(prepare(2), 2);
    assert_non_null(strstr(fake_request_text, "\"Acme: 2 affiliates joined\""));
}

static void what_does_not_fit_is_left(void **state)
{
    (void)state;
    set_options(URL, NULL);
    assert_int_equal(prepare(20), 20);
    assert_int_equal(prepare(30), 24);
}

static void the_answer_is_read(void **state)
{
    (void)state;
    const struct affn_requester *requester = affn_sink_v1()->extension(AFFN_REQUEST);
    char id[37];
    struct affn_event event = fake_event(1, id);
    const struct affn_event *events[] = {&event};
    struct affn_batch batch = {.events = events, .count = 1};
    struct affn_response response = {
        .phase = AFFN_PHASE_ANSWER,
        .code = 404,
        .verdict = AFFN_MISSET,
        .body = "no_team",
        .body_bytes = 7,
        .what = "HTTP 404 from hooks.slack.com",
    };
    set_options(URL, NULL);
    fake_reply_reset(1);
    assert_int_equal(requester->conclude(self, &batch, &response, &fake_reply), AFFN_MISSET);
    assert_string_equal(fake_reply.what,
                        "HTTP 404 from hooks.slack.com: no_team: there is no such workspace");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_description_is_whole),
        cmocka_unit_test(options_are_checked),
        cmocka_unit_test(the_request_is_the_message),
        cmocka_unit_test(the_programme_stands_in_the_headline),
        cmocka_unit_test(what_does_not_fit_is_left),
        cmocka_unit_test(the_answer_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
