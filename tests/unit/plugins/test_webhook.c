/* The webhook sink: what it says about its options, and exactly what it would send. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
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

/* Of 24, 32 and 64 bytes; the first is that of the specification's own example. */
#define SECRET_24 "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define SECRET_32 "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
#define SECRET_64                                                                                  \
    "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw" \
    "=="

static void set_options(const char *url, const char *token)
{
    memset(self, 0, sizeof self);
    *(const char **)fake_option(self, "url") = url;
    *(const char **)fake_option(self, "bearer_token") = token;
}

static void set_secrets(const char *const *secrets, uint32_t count)
{
    *(struct affn_list *)fake_option(self, "signing_secret") =
        (struct affn_list){.items = secrets, .count = count};
}

static void set_headers(const struct affn_pair *pairs, uint32_t count)
{
    *(struct affn_map *)fake_option(self, "header") =
        (struct affn_map){.pairs = pairs, .count = count};
}

static void the_description_is_whole(void **state)
{
    (void)state;
    const struct affn_sink *sink = affn_sink_v1();
    assert_int_equal(sink->abi, AFFN_ABI);
    assert_string_equal(sink->name, "webhook");
    assert_string_equal(sink->defaults, "retry=none batch=1");
    assert_int_equal(sink->option_count, 4);
    assert_int_equal(sink->options[0].type, AFFN_URL);
    assert_int_equal(sink->options[0].flags, AFFN_REQUIRED);
    assert_int_equal(sink->options[1].type, AFFN_STRING);
    assert_int_equal(sink->options[1].flags, AFFN_SECRET);
    assert_int_equal(sink->options[2].type, AFFN_LIST);
    assert_int_equal(sink->options[2].flags, AFFN_SECRET | AFFN_RARE);
    assert_int_equal(sink->options[3].type, AFFN_MAP);
    assert_int_equal(sink->options[3].flags, AFFN_SECRET);
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

static void expect_mistakes(const char *expected)
{
    fake_host_reset();
    affn_sink_v1()->check(self, &fake_host, &fake_mistakes);
    assert_string_equal(fake_mistakes_text, expected);
}

static void signing_secrets_are_checked(void **state)
{
    (void)state;
#define FORM " is not `whsec_` and base64, as `echo whsec_$(openssl rand -base64 32)` makes one\n"
#define LENGTH(bytes)                                                                              \
    " stands for " bytes " bytes, but must stand for 24 to 64; `echo whsec_$(openssl rand "        \
    "-base64 32)` makes one\n"
    static const struct {
        const char *secrets[2];
        const char *expected;
    } cases[] = {
        {{SECRET_24, SECRET_64}, ""},
        {{SECRET_32, SECRET_32},
         "warning: signing_secret: secret 2 is secret 1 again; leave one of them out\n"},
        {{SECRET_24, "example"}, "mistake: signing_secret: secret 2" FORM},
        {{"whsec_", SECRET_24}, "mistake: signing_secret: secret 1" FORM},
        {{"WHSEC_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", SECRET_24},
         "mistake: signing_secret: secret 1" FORM},
        {{"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS", SECRET_24}, /* cut */
         "mistake: signing_secret: secret 1" FORM},
        {{"whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9=", SECRET_24}, /* bits left over */
         "mistake: signing_secret: secret 1" FORM},
        {{"whsec_MfKQ9r8GKYqrTwjU-D8ILPZIo2LaLaS_", SECRET_24}, /* base64url */
         "mistake: signing_secret: secret 1" FORM},
        {{"whsec_====", SECRET_24}, "mistake: signing_secret: secret 1" FORM},
        {{"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLQ==", SECRET_24},
         "mistake: signing_secret: secret 1" LENGTH("22")},
        {{"whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD"
          "0+P0A=",
          SECRET_24},
         "mistake: signing_secret: secret 1" LENGTH("65")},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        set_options("https://api.example.com/", NULL);
        set_secrets(cases[i].secrets, 2);
        expect_mistakes(cases[i].expected);
    }
}

static void a_secret_without_end_is_no_secret(void **state)
{
    (void)state;
    static char endless[6 + 4096 + 1] = "whsec_";
    const char *secrets[] = {endless};
    memset(endless + 6, 'A', 4096);
    set_options("https://api.example.com/", NULL);
    set_secrets(secrets, 1);
    expect_mistakes("mistake: signing_secret: secret 1" FORM);
}

static void there_may_be_eight_secrets(void **state)
{
    (void)state;
    const char *secrets[9];
    char texts[9][64];
    for (uint32_t i = 0; i < 9; i++) {
        snprintf(texts[i], sizeof texts[i], SECRET_24);
        texts[i][10] = (char)('A' + i);
        secrets[i] = texts[i];
    }
    set_options("https://api.example.com/", NULL);
    set_secrets(secrets, 8);
    expect_mistakes("");
    set_secrets(secrets, 9);
    expect_mistakes(
        "mistake: signing_secret: holds 9 secrets, but a request is signed by at most 8\n");
}

static void expect_header(const char *token, const char *name, const char *value,
                          const char *expected)
{
    const struct affn_pair pairs[] = {{"X-First", "one"}, {name, value}};
    set_options("https://api.example.com/", token);
    set_headers(pairs, 2);
    expect_mistakes(expected);
}

static void headers_of_others_are_refused(void **state)
{
    (void)state;
    static const char *const http[] = {"Connection", "EXPECT",
                                       "host",       "http2-settings",
                                       "Keep-Alive", "Proxy-Authorization",
                                       "te",         "Trailer",
                                       "TE",         "Transfer-Encoding",
                                       "Upgrade",    "proxy-connection",
                                       "Proxy",      "transfer_encoding"};
    static const char *const ours[] = {"Content-Type",      "content-length",   "Content-Encoding",
                                       "Webhook-ID",        "webhook-anything", "Affnotify-Attempt",
                                       "webhook-signature", "affnotify-test",   "webhook_id",
                                       "CONTENT_LENGTH"};
    static const char *const allowed[] = {"Accept",      "Authorization", "Cookie", "User-Agent",
                                          "X-Api.Key_1", "Hostess",       "Tea",    "Proxies",
                                          "Webhook",     "Content"};
    char expected[256];
    for (size_t i = 0; i < sizeof http / sizeof *http; i++) {
        snprintf(expected, sizeof expected,
                 "mistake: header.%s: belongs to HTTP itself and cannot be set; leave it out\n",
                 http[i]);
        expect_header(NULL, http[i], "x", expected);
    }
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++) {
        snprintf(
            expected, sizeof expected,
            "mistake: header.%s: is sent by affnotify itself and cannot be set; leave it out\n",
            ours[i]);
        expect_header(NULL, ours[i], "x", expected);
    }
    for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++)
        expect_header(NULL, allowed[i], "x", "");
    expect_header("example", "AUTHORIZATION", "x",
                  "mistake: header.AUTHORIZATION: is what bearer_token sends; leave one of the two "
                  "out\n");
}

static void values_of_headers_are_checked(void **state)
{
    (void)state;
    static char longest[8192 + 2];
    static const char control[] = "mistake: header.X-Key: holds a control character, perhaps a "
                                  "line break; write one line\n";
    expect_header(NULL, "X-Key", "one two", "");
    expect_header(NULL, "X-Key", "one\r\nX-Other: two", control);
    expect_header(NULL, "X-Key", "one\ttwo", control);
    expect_header(NULL, "X-Key", "one\x7f", control);
    expect_header(NULL, "X-Key", "caf\u00e9",
                  "warning: header.X-Key: holds characters beyond ASCII, which the far side may "
                  "read as others\n");
    expect_header(NULL, "x-first", "two",
                  "mistake: header.x-first: is header.X-First again, for names of headers are the "
                  "same in any case; leave one out\n");
    memset(longest, 'x', 8192 - strlen("X-Key: "));
    expect_header(NULL, "X-Key", longest, "");
    longest[strlen(longest)] = 'x';
    expect_header(NULL, "X-Key", longest,
                  "mistake: header.X-Key: has 8193 bytes with its name, but a header may have at "
                  "most 8192\n");
}

static void there_may_be_32_headers(void **state)
{
    (void)state;
    struct affn_pair pairs[33];
    char names[33][16];
    for (uint32_t i = 0; i < 33; i++) {
        snprintf(names[i], sizeof names[i], "X-%u", i);
        pairs[i] = (struct affn_pair){names[i], "x"};
    }
    set_options("https://api.example.com/", NULL);
    set_headers(pairs, 32);
    expect_mistakes("");
    set_headers(pairs, 33);
    expect_mistakes("mistake: -: there are 33 headers, but at most 32 can be set\n");
}

static void expect_request_as_set(uint32_t flags, uint32_t count, const char *expected)
{
    char id[37];
    struct affn_event event = fake_event(0xabc, id);
    event.flags = flags;
    const struct affn_event *events[] = {&event, &event};
    struct affn_batch batch = {.events = events, .count = count};
    const struct affn_requester *requester = affn_sink_v1()->extension(AFFN_REQUEST);

    fake_host_reset();
    fake_reply_reset(count);
    assert_int_equal(affn_sink_v1()->open(self, &fake_host, &fake_reply), AFFN_DELIVERED);
    assert_int_equal(requester->prepare(self, &batch, &fake_request, &fake_reply), AFFN_SEND);
    assert_int_equal(fake_reply.taken, 1);
    assert_string_equal(fake_request_text, expected);
}

static void expect_request(const char *token, uint32_t flags, uint32_t count, const char *expected)
{
    set_options("https://api.example.com/affiliates", token);
    expect_request_as_set(flags, count, expected);
}

#define URL_AND_TYPE                                                                               \
    "url https://api.example.com/affiliates\n"                                                     \
    "header Content-Type: application/json\n"                                                      \
    "header User-Agent: affnotify/" AFFN_VERSION "\n"                                              \
    "header webhook-id: evt_00000000000000000000000000000abc\n"                                    \
    "header webhook-timestamp: 1773835201\n"
#define FIRST "header affnotify-attempt: 1\n"
#define BODY                                                                                       \
    "body {\"event\":\"affiliate.created\",\"affiliate_id\":\"ia_43831f8e\","                      \
    "\"email\":\"affiliate@example.com\",\"deep_link\":\"https://myapp.link/ref/abc123\","         \
    "\"occurred_at\":\"2026-03-18T12:00:00.000Z\"}\n"

static void the_request_is_the_event(void **state)
{
    (void)state;
    expect_request(NULL, 0, 1, URL_AND_TYPE FIRST BODY);
    expect_request("example", 0, 1, URL_AND_TYPE FIRST "auth bearer - example\n" BODY);
    expect_request(NULL, AFFN_EVENT_REPLAY, 1, URL_AND_TYPE FIRST BODY);
}

static void a_test_is_marked_in_a_header(void **state)
{
    (void)state;
    expect_request(NULL, AFFN_EVENT_TEST, 1, URL_AND_TYPE FIRST "header affnotify-test: 1\n" BODY);
}

static void one_event_of_a_batch_is_taken(void **state)
{
    (void)state;
    expect_request(NULL, 0, 2, URL_AND_TYPE FIRST BODY);
}

/* What `openssl dgst -sha256 -mac HMAC` makes of the ID, the time and the body of this test. */
#define SIGNATURE_24 "Ee1mYSb3/DbQ6GuoTO70Q2RWoK0rAWctpJJqHD2es58="
#define SIGNATURE_32 "q8E6p37qLmRqypqQlv8CAhSQo3I/D5THZYy+3UbDGn4="
#define SIGNATURE_64 "KW2dpHO6jGEfP97MJsnnhfzryNJVWZzOrLPjHMc8tAg="

static void each_secret_signs(void **state)
{
    (void)state;
    static const char *const secrets[] = {SECRET_24, SECRET_32, SECRET_64};
    set_options("https://api.example.com/affiliates", NULL);
    set_secrets(secrets, 1);
    expect_request_as_set(
        0, 1, URL_AND_TYPE "header webhook-signature: v1," SIGNATURE_24 "\n" FIRST BODY);
    set_secrets(secrets, 3);
    expect_request_as_set(0, 1,
                          URL_AND_TYPE "header webhook-signature: v1," SIGNATURE_24
                                       " v1," SIGNATURE_32 " v1," SIGNATURE_64 "\n" FIRST BODY);
    affn_sink_v1()->close(self);
    for (size_t i = 0; i + 1 < sizeof self; i++)
        assert_false(memcmp(self + i, "\x31\xf2", 2) == 0); /* how the first key begins */
}

static void ones_own_headers_are_sent(void **state)
{
    (void)state;
    static const struct affn_pair pairs[] = {{"X-Key", "example"}, {"user-agent", "mine/1"}};
    set_options("https://api.example.com/affiliates", "example");
    set_headers(pairs, 2);
    expect_request_as_set(0, 1,
                          "url https://api.example.com/affiliates\n"
                          "header Content-Type: application/json\n"
                          "header webhook-id: evt_00000000000000000000000000000abc\n"
                          "header webhook-timestamp: 1773835201\n" FIRST
                          "header X-Key: example (secret)\n"
                          "header user-agent: mine/1 (secret)\n"
                          "auth bearer - example\n" BODY);
}

static void expect_verdict(int32_t code, const char *body, int32_t verdict, const char *remedy)
{
    const struct affn_requester *requester = affn_sink_v1()->extension(AFFN_REQUEST);
    const struct affn_batch batch = {.count = 1};
    const struct affn_response response = {
        .code = code, .verdict = AFFN_REFUSED, .body = body, .body_bytes = (uint32_t)strlen(body)};
    fake_host_reset();
    assert_int_equal(requester->conclude(self, &batch, &response, &fake_reply), verdict);
    assert_string_equal(fake_reply.remedy, remedy);
}

static void nginx_speaks_of_our_certificate(void **state)
{
    (void)state;
    static const char remedy[] = "the far side wants a certificate that it trusts: check "
                                 "client_certificate and client_key in the section";
    static const char none[] = "<title>400 No required SSL certificate was sent</title>";
    static const char bad[] = "<center><h1>400 Bad Request</h1></center>\n"
                              "<center>The SSL certificate error</center>";
    expect_verdict(400, none, AFFN_MISSET, remedy);
    expect_verdict(400, bad, AFFN_MISSET, remedy);
    expect_verdict(422, none, AFFN_REFUSED, "");
    expect_verdict(400, "no such affiliate", AFFN_REFUSED, "");
    expect_verdict(400, "", AFFN_REFUSED, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_description_is_whole),
        cmocka_unit_test(options_are_checked),
        cmocka_unit_test(signing_secrets_are_checked),
        cmocka_unit_test(a_secret_without_end_is_no_secret),
        cmocka_unit_test(there_may_be_eight_secrets),
        cmocka_unit_test(headers_of_others_are_refused),
        cmocka_unit_test(values_of_headers_are_checked),
        cmocka_unit_test(there_may_be_32_headers),
        cmocka_unit_test(the_request_is_the_event),
        cmocka_unit_test(each_secret_signs),
        cmocka_unit_test(ones_own_headers_are_sent),
        cmocka_unit_test(a_test_is_marked_in_a_header),
        cmocka_unit_test(nginx_speaks_of_our_certificate),
        cmocka_unit_test(one_event_of_a_batch_is_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
