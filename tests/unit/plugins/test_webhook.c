/* The webhook sink: what it says about its options, and exactly what it would send. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <time.h>

#include "fake_host.h"

time_t __wrap_time(time_t *where);

time_t __wrap_time(time_t *where)
{
    (void)where;
    return 1773835201;
}

static _Alignas(max_align_t) char self[4096];

static void set_options(const char *url, const char *token)
{
    memset(self, 0, sizeof self);
    *(const char **)fake_option(self, "url") = url;
    *(const char **)fake_option(self, "bearer_token") = token;
}

static void the_description_is_whole(void **state)
{
    (void)state;
    const struct affn_sink *sink = affn_sink_v1();
    assert_int_equal(sink->abi, AFFN_ABI);
    assert_string_equal(sink->name, "webhook");
    assert_string_equal(sink->defaults, "retry=none batch=1");
    assert_int_equal(sink->option_count, 2);
    assert_int_equal(sink->options[0].type, AFFN_URL);
    assert_int_equal(sink->options[0].flags, AFFN_REQUIRED);
    assert_int_equal(sink->options[1].type, AFFN_STRING);
    assert_int_equal(sink->options[1].flags, AFFN_SECRET);
    assert_null(sink->deliver);
    assert_null(sink->extension("affn.other/1"));
    const struct affn_requester *requester = sink->extension(AFFN_REQUEST);
    assert_non_null(requester);
    assert_null(requester->conclude);
    assert_true(sink->self_bytes <= sizeof self);
}

static void options_are_checked(void **state)
{
    (void)state;
    static const char not_http[] = "mistake: url: must be https, not http\n";
    static const char no_host[] = "mistake: url: has no host; write https://HOST/PATH\n";
    static const char blank[] =
        "mistake: url: holds a blank or a control character; write it as %20 and its like\n";
    static const char user[] =
        "mistake: url: must not hold a user name or a password; use bearer_token\n";
    static const char control[] =
        "mistake: bearer_token: holds a control character, perhaps a line "
        "break; write one line\n";
    static const struct {
        const char *url;
        const char *token;
        const char *expected;
    } cases[] = {
        {"https://api.example.com/affiliates", NULL, ""},
        {NULL, NULL, ""}, /* the table has said already that it is required */
        {"HTTPS://api.example.com", "example", ""},
        {"https://[::1]:8443/a?b=c@d", NULL, ""},
        {"http://api.example.com/", NULL, not_http},
        {"HTTP://api.example.com/", NULL, not_http},
        {"ftp://api.example.com/", NULL, "mistake: url: must begin with https://\n"},
        {"https://", NULL, no_host},
        {"https:///affiliates", NULL, no_host},
        {"https://:443/", NULL, no_host},
        {"https://?q", NULL, no_host},
        {"https://example.com/a b", NULL, blank},
        {"https://example.com/a\tb", NULL, blank},
        {"https://example.com/a\x7f", NULL, blank},
        {"https://ann:example@example.com/", NULL, user},
        {"https://example.com", "",
         "mistake: bearer_token: is empty; leave it out to send no Authorization header\n"},
        {"https://example.com", "one\ntwo", control},
        {"https://example.com", "one\x7f", control},
        {"https://example.com", "Bearer example",
         "warning: bearer_token: holds a blank; write the token alone, without a word before it\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        fake_host_reset();
        set_options(cases[i].url, cases[i].token);
        affn_sink_v1()->check(self, &fake_host, &fake_mistakes);
        assert_string_equal(fake_mistakes_text, cases[i].expected);
    }
}

static void expect_request(const char *token, uint32_t flags, uint32_t count, const char *expected)
{
    char id[37];
    struct affn_event event = fake_event(0xabc, id);
    event.flags = flags;
    const struct affn_event *events[] = {&event, &event};
    struct affn_batch batch = {.events = events, .count = count};
    const struct affn_requester *requester = affn_sink_v1()->extension(AFFN_REQUEST);

    fake_host_reset();
    fake_reply_reset(count);
    set_options("https://api.example.com/affiliates", token);
    assert_int_equal(requester->prepare(self, &batch, &fake_request, &fake_reply), AFFN_SEND);
    assert_int_equal(fake_reply.taken, 1);
    assert_string_equal(fake_request_text, expected);
}

#define URL_AND_TYPE                                                                               \
    "url https://api.example.com/affiliates\n"                                                     \
    "header Content-Type: application/json\n"                                                      \
    "header User-Agent: affnotify/" AFFN_VERSION "\n"                                              \
    "header webhook-id: evt_00000000000000000000000000000abc\n"                                    \
    "header webhook-timestamp: 1773835201\n"
#define BODY                                                                                       \
    "body {\"event\":\"affiliate.created\",\"affiliate_id\":\"ia_43831f8e\","                      \
    "\"email\":\"affiliate@example.com\",\"deep_link\":\"https://myapp.link/ref/abc123\","         \
    "\"occurred_at\":\"2026-03-18T12:00:00.000Z\"}\n"

static void the_request_is_the_event(void **state)
{
    (void)state;
    expect_request(NULL, 0, 1, URL_AND_TYPE BODY);
    expect_request("example", 0, 1, URL_AND_TYPE "auth bearer - example\n" BODY);
    expect_request(NULL, AFFN_EVENT_REPLAY, 1, URL_AND_TYPE BODY);
}

static void a_test_is_marked_in_a_header(void **state)
{
    (void)state;
    expect_request(NULL, AFFN_EVENT_TEST, 1, URL_AND_TYPE "header affnotify-test: 1\n" BODY);
}

static void one_event_of_a_batch_is_taken(void **state)
{
    (void)state;
    expect_request(NULL, 0, 2, URL_AND_TYPE BODY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_description_is_whole),
        cmocka_unit_test(options_are_checked),
        cmocka_unit_test(the_request_is_the_event),
        cmocka_unit_test(a_test_is_marked_in_a_header),
        cmocka_unit_test(one_event_of_a_batch_is_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
