/*
 * Requests of the webhook plugin as they have always been, signed, for the extremes of what an event
 * may hold: tests/golden/webhook/NAME.request. The body is what the bus makes. After a change that is
 * meant, AFFN_GOLDEN_WRITE=1 writes the files anew: look at what git says of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/event/event.h"
#include "fake_host.h"

#define PERSON "affiliate@example.com"
#define LINK   "https://myapp.link/ref/abc123"

time_t __wrap_time(time_t *where);

time_t __wrap_time(time_t *where)
{
    (void)where;
    return 1773835201;
}

static _Alignas(max_align_t) char self[4096];

static int open_sink(void **state)
{
    (void)state;
    static const char *const secrets[] = {"whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
                                          "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"};
    static const struct affn_pair headers[] = {{"X-Key", "example"}};
    *(const char **)fake_option(self, "url") = "https://api.example.com/affiliates";
    *(struct affn_list *)fake_option(self, "signing_secret") =
        (struct affn_list){.items = secrets, .count = 2};
    *(struct affn_map *)fake_option(self, "header") =
        (struct affn_map){.pairs = headers, .count = 1};
    fake_host_reset();
    return affn_sink_v1()->open(self, &fake_host, &fake_reply) == AFFN_DELIVERED ? 0 : -1;
}

static void expect_golden(const char *name)
{
    static char expected[sizeof fake_request_text];
    char path[512];
    snprintf(path, sizeof path, AFFN_GOLDEN "/%s.request", name);
    if (getenv("AFFN_GOLDEN_WRITE")) {
        FILE *written = fopen(path, "w");
        assert_non_null(written);
        fputs(fake_request_text, written);
        assert_int_equal(fclose(written), 0);
    }
    FILE *file = fopen(path, "r");
    if (!file)
        fail_msg("no %s: AFFN_GOLDEN_WRITE=1 writes it", path);
    expected[fread(expected, 1, sizeof expected - 1, file)] = '\0';
    fclose(file);
    assert_string_equal(fake_request_text, expected);
}

/* An event as the bus would hand it over. */
static void expect_event(const char *name, enum event_type type, const char *email,
                         const char *deep_link, uint32_t flags, uint32_t attempt)
{
    char canonical[EVENT_CANONICAL_BYTES_MAX + 1];
    char id[EVENT_ID_SIZE];
    struct event event = {.type = type,
                          .affiliate_id = "ia_43831f8e",
                          .occurred_at = "2026-03-18T12:00:00.000Z",
                          .occurred_unix_ms = 1773835200000};
    snprintf(event.email, sizeof event.email, "%s", email);
    snprintf(event.deep_link, sizeof event.deep_link, "%s", deep_link);
    size_t bytes = event_encode(&event, canonical);
    event_id(canonical, bytes, id);
    struct affn_event given = {.id = id,
                               .event = event_type_name(type),
                               .affiliate_id = event.affiliate_id,
                               .email = event.email,
                               .deep_link = event.deep_link,
                               .occurred_at = event.occurred_at,
                               .canonical = canonical,
                               .canonical_bytes = (uint32_t)bytes,
                               .flags = flags,
                               .occurred_unix_ms = event.occurred_unix_ms,
                               .attempt = attempt};
    const struct affn_event *events[] = {&given};
    const struct affn_batch batch = {.events = events, .count = 1};
    const struct affn_requester *requester = affn_sink_v1()->extension(AFFN_REQUEST);
    fake_host_reset();
    assert_int_equal(requester->prepare(self, &batch, &fake_request, &fake_reply), AFFN_SEND);
    expect_golden(name);
}

static void both_types_and_flags(void **state)
{
    (void)state;
    expect_event("created", EVENT_CREATED, PERSON, LINK, 0, 1);
    expect_event("deactivated", EVENT_DEACTIVATED, PERSON, LINK, 0, 1);
    expect_event("test", EVENT_CREATED, PERSON, LINK, AFFN_EVENT_TEST, 1);
    expect_event("replay", EVENT_CREATED, PERSON, LINK, AFFN_EVENT_REPLAY, 1);
    expect_event("last_attempt", EVENT_CREATED, PERSON, LINK, 0, UINT32_MAX);
}

static void lengths(void **state)
{
    (void)state;
    static char email[254 + 1], deep_link[2048 + 1];
    memset(email, 'x', 254);
    memcpy(email + 254 - 12, "@example.com", 12);
    memset(deep_link, 'a', 2048);
    memcpy(deep_link, "https://myapp.link/?", 20);
    expect_event("empty_deep_link", EVENT_CREATED, PERSON, "", 0, 1);
    expect_event("email_of_254_bytes", EVENT_CREATED, email, LINK, 0, 1);
    expect_event("link_of_2048_bytes", EVENT_CREATED, PERSON, deep_link, 0, 1);
    expect_event("longest", EVENT_DEACTIVATED, email, deep_link, 0, UINT32_MAX);
}

static void strange_values(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *email;
        const char *deep_link;
    } cases[] = {
        {"arabic", "\u0623\u062d\u0645\u062f@example.com", "https://myapp.link/\u0623"},
        {"at", "@x@example.com", LINK},
        {"bidi_link", PERSON, "https://myapp.link/\u202efdp.exe"},
        {"cjk", "\u5f20\u4f1f@example.com", "https://myapp.link/\u5f20"},
        {"emoji", "\U0001f468\u200d\U0001f469@example.com", "https://myapp.link/\U0001f680"},
        {"equals", "=cmd|x@example.com", LINK},
        {"hebrew", "\u05d3\u05d5\u05d2@example.com", "https://myapp.link/\u05d3"},
        {"invisible_link", PERSON, "https://myapp.link/a\u200b\u2060b"},
        {"markup", "<b>&amp;'@example.com", "https://myapp.link/?a=<b>&c='d'"},
        {"minus", "-x@example.com", LINK},
        {"other_scheme", PERSON, "myapp://ref/abc"},
        {"plus", "+x@example.com", LINK},
        {"tag", "O'Neil+tag@example.com", LINK},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect_event(cases[i].name, EVENT_CREATED, cases[i].email, cases[i].deep_link, 0, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_types_and_flags),
        cmocka_unit_test(lengths),
        cmocka_unit_test(strange_values),
    };
    return cmocka_run_group_tests(tests, open_sink, NULL);
}
