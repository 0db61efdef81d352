/* Canonical bytes, IDs, completion, and the strictness of the way back. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/event/affiliate_id.h"
#include "core/event/email.h"
#include "core/event/event.h"
#include "core/event/timestamp.h"

/* The contract's example, with the affiliate ID that is derived for its address. */
static const char example[] =
    "{\"event\":\"affiliate.created\",\"affiliate_id\":\"ia_43831f8e\","
    "\"email\":\"affiliate@example.com\",\"deep_link\":\"https://myapp.link/ref/abc123\","
    "\"occurred_at\":\"2026-03-18T12:00:00.000Z\"}";

static struct event example_event(void)
{
    return (struct event){
        .type = EVENT_CREATED,
        .affiliate_id = "ia_43831f8e",
        .email = "affiliate@example.com",
        .deep_link = "https://myapp.link/ref/abc123",
        .occurred_at = "2026-03-18T12:00:00.000Z",
        .occurred_unix_ms = 1773835200000,
    };
}

static void assert_same_event(const struct event *one, const struct event *other)
{
    assert_int_equal(one->type, other->type);
    assert_string_equal(one->affiliate_id, other->affiliate_id);
    assert_string_equal(one->email, other->email);
    assert_string_equal(one->deep_link, other->deep_link);
    assert_string_equal(one->occurred_at, other->occurred_at);
    assert_true(one->occurred_unix_ms == other->occurred_unix_ms);
}

static void test_canonical_bytes(void **state)
{
    (void)state;
    struct event event = example_event();
    char canonical[EVENT_CANONICAL_BYTES_MAX + 1];
    size_t bytes = event_encode(&event, canonical);
    assert_int_equal(bytes, strlen(example));
    assert_string_equal(canonical, example);
}

/* The digest is that of `printf '%s' '{"event":…}' | sha256sum`. */
static void test_event_id(void **state)
{
    (void)state;
    char id[EVENT_ID_SIZE];
    event_id(example, strlen(example), id);
    assert_string_equal(id, "evt_14522dd4e5ec9e4f89ab4b263e00f864");
    assert_true(event_id_valid(id));
}

static void test_affiliate_id_derived(void **state)
{
    (void)state;
    static const struct {
        const char *email;
        const char *id;
    } known[] = {
        {"affiliate@example.com", "ia_43831f8e"},
        {"AFFILIATE@EXAMPLE.COM", "ia_43831f8e"},
        {"  Affiliate@Example.com\t\r\n", "ia_43831f8e"},
        {"J\u00d6RG@example.com", "ia_2ae93fca"}, /* sha256 of "j\u00d6rg@example.com" */
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        char email[EMAIL_BYTES_MAX + 1], key[EMAIL_BYTES_MAX + 1], id[AFFILIATE_ID_SIZE];
        struct refusal refusal;
        assert_int_equal(email_parse(known[i].email, email, key, &refusal), 0);
        affiliate_id_derive(key, id);
        assert_string_equal(id, known[i].id);
    }
}

static void test_affiliate_id_read(void **state)
{
    (void)state;
    static const char *const malformed[] = {
        "",
        "ia_",
        "ia_43831f8",
        "ia_43831f8e0",
        "ia_43831f8g",
        "ib_43831f8e",
        "43831f8e000",
        " ia_43831f8e",
        "ia_43831f8 ",
        "ia-43831f8e",
    };
    char id[AFFILIATE_ID_SIZE] = "untouched";
    for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++) {
        if (affiliate_id_parse(malformed[i], id) != -1)
            fail_msg("'%s' is taken", malformed[i]);
    }
    assert_string_equal(id, "untouched");
    assert_int_equal(affiliate_id_parse("ia_45fee001", id), 0);
    assert_string_equal(id, "ia_45fee001");
    assert_int_equal(affiliate_id_parse("IA_43831F8E", id), 0);
    assert_string_equal(id, "ia_43831f8e");
}

#define NOW_MS 1773835200123

/* An input that has nothing but what is required. */
static struct event_input bare_input(enum event_type type)
{
    return (struct event_input){
        .event = {.type = type, .email = "Affiliate@example.com"},
        .email_key = "affiliate@example.com",
    };
}

static void test_complete_nothing_remembered(void **state)
{
    (void)state;
    for (enum event_type type = EVENT_CREATED; type <= EVENT_DEACTIVATED; type++) {
        struct event_input input = bare_input(type);
        struct event event;
        event_complete(&input, NULL, NULL, NOW_MS, &event);
        struct event expected = {
            .type = type,
            .affiliate_id = "ia_43831f8e",
            .email = "Affiliate@example.com",
            .deep_link = "",
            .occurred_at = "2026-03-18T12:00:00.123Z",
            .occurred_unix_ms = NOW_MS,
        };
        assert_same_event(&event, &expected);
    }
}

static void test_complete_remembered(void **state)
{
    (void)state;
    struct event event;
    struct event_input input = bare_input(EVENT_DEACTIVATED);
    event_complete(&input, "ia_45fee001", "myapp://x", NOW_MS, &event);
    assert_string_equal(event.affiliate_id, "ia_45fee001");
    assert_string_equal(event.deep_link, "myapp://x");

    input = bare_input(EVENT_CREATED);
    event_complete(&input, "ia_45fee001", "myapp://x", NOW_MS, &event);
    assert_string_equal(event.affiliate_id, "ia_45fee001");
    assert_string_equal(event.deep_link, "");
}

static void test_complete_keeps_what_came(void **state)
{
    (void)state;
    struct event_input input = {
        .event = example_event(),
        .email_key = "affiliate@example.com",
        .has_affiliate_id = true,
        .has_deep_link = true,
        .has_occurred_at = true,
    };
    struct event event;
    event_complete(&input, "ia_45fee001", "myapp://x", NOW_MS, &event);
    assert_same_event(&event, &input.event);

    /* A link that is there and empty is not absent. */
    input.event.type = EVENT_DEACTIVATED;
    input.event.deep_link[0] = '\0';
    event_complete(&input, "ia_45fee001", "myapp://x", NOW_MS, &event);
    assert_string_equal(event.deep_link, "");
}

/* Encodes, decodes and encodes again: the same bytes and the same event. */
static void check_round_trip(const struct event *event)
{
    char canonical[EVENT_CANONICAL_BYTES_MAX + 1];
    char again[EVENT_CANONICAL_BYTES_MAX + 1];
    struct event decoded;
    size_t bytes = event_encode(event, canonical);
    assert_true(bytes <= EVENT_CANONICAL_BYTES_MAX);
    assert_int_equal(bytes, strlen(canonical));
    /* A copy of just these bytes, so that the sanitizer sees a read beyond them. */
    char *exact = malloc(bytes);
    assert_non_null(exact);
    memcpy(exact, canonical, bytes);
    if (event_decode(exact, bytes, &decoded) != 0)
        fail_msg("does not come back: %s", canonical);
    free(exact);
    assert_same_event(event, &decoded);
    assert_int_equal(event_encode(&decoded, again), bytes);
    assert_string_equal(canonical, again);
}

static void test_round_trips(void **state)
{
    (void)state;
    static const char *const times[] = {"0001-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z",
                                        "2024-02-29T23:59:59.999Z"};
    static const size_t email_bytes[] = {3, 21, EMAIL_BYTES_MAX};
    static const size_t link_bytes[] = {0, 3, 2047, DEEP_LINK_BYTES_MAX};
    for (size_t i = 0; i < 2 * 3 * 3 * 4; i++) {
        struct event event = example_event();
        size_t email_length = email_bytes[i / 2 % 3], link_length = link_bytes[i / 6 % 4];
        event.type = i % 2 ? EVENT_CREATED : EVENT_DEACTIVATED;
        memset(event.email, 'e', email_length);
        event.email[email_length] = '\0';
        memcpy(event.email + email_length - 2, "@b", 2);
        memset(event.deep_link, 'l', link_length);
        event.deep_link[link_length] = '\0';
        if (link_length > 1)
            event.deep_link[1] = ':';
        snprintf(event.occurred_at, sizeof event.occurred_at, "%s", times[i / 24]);
        assert_int_equal(timestamp_parse(event.occurred_at, &event.occurred_unix_ms), 0);
        check_round_trip(&event);
    }
}

/* Bytes that event_encode cannot have written. */
static const char *const foreign[] = {
    "",
    "{}",
    "null",
    /* white space, order, an extra field, an escape */
    "{\"event\": \"affiliate.created\",\"affiliate_id\":\"ia_43831f8e\",\"email\":\"a@b\","
    "\"deep_link\":\"\",\"occurred_at\":\"2026-03-18T12:00:00.000Z\"}",
    "{\"affiliate_id\":\"ia_43831f8e\",\"event\":\"affiliate.created\",\"email\":\"a@b\","
    "\"deep_link\":\"\",\"occurred_at\":\"2026-03-18T12:00:00.000Z\"}",
    "{\"event\":\"affiliate.created\",\"affiliate_id\":\"ia_43831f8e\",\"email\":\"a@b\","
    "\"deep_link\":\"\",\"occurred_at\":\"2026-03-18T12:00:00.000Z\",\"x\":1}",
    "{\"event\":\"affiliate.created\",\"affiliate_id\":\"ia_43831f8e\",\"email\":\"a@b\","
    "\"deep_link\":\"x:\\/\",\"occurred_at\":\"2026-03-18T12:00:00.000Z\"}",
    /* a value that the rules refuse, or that they would have changed */
    "{\"event\":\"affiliate.renamed\",\"affiliate_id\":\"ia_43831f8e\",\"email\":\"a@b\","
    "\"deep_link\":\"\",\"occurred_at\":\"2026-03-18T12:00:00.000Z\"}",
    "{\"event\":\"affiliate.created\",\"affiliate_id\":\"IA_43831F8E\",\"email\":\"a@b\","
    "\"deep_link\":\"\",\"occurred_at\":\"2026-03-18T12:00:00.000Z\"}",
    "{\"event\":\"affiliate.created\",\"affiliate_id\":\"\",\"email\":\"a@b\","
    "\"deep_link\":\"\",\"occurred_at\":\"2026-03-18T12:00:00.000Z\"}",
    "{\"event\":\"affiliate.created\",\"affiliate_id\":\"ia_43831f8e\",\"email\":\" a@b\","
    "\"deep_link\":\"\",\"occurred_at\":\"2026-03-18T12:00:00.000Z\"}",
    "{\"event\":\"affiliate.created\",\"affiliate_id\":\"ia_43831f8e\",\"email\":\"ab\","
    "\"deep_link\":\"\",\"occurred_at\":\"2026-03-18T12:00:00.000Z\"}",
    "{\"event\":\"affiliate.created\",\"affiliate_id\":\"ia_43831f8e\",\"email\":\"a@b\","
    "\"deep_link\":\"/x\",\"occurred_at\":\"2026-03-18T12:00:00.000Z\"}",
    "{\"event\":\"affiliate.created\",\"affiliate_id\":\"ia_43831f8e\",\"email\":\"a@b\","
    "\"deep_link\":null,\"occurred_at\":\"2026-03-18T12:00:00.000Z\"}",
    "{\"event\":\"affiliate.created\",\"affiliate_id\":\"ia_43831f8e\",\"email\":\"a@b\","
    "\"deep_link\":\"\",\"occurred_at\":\"2026-03-18T12:00:00Z\"}",
    "{\"event\":\"affiliate.created\",\"affiliate_id\":\"ia_43831f8e\",\"email\":\"a@b\","
    "\"deep_link\":\"\",\"occurred_at\":\"2026-03-18T12:00:60.000Z\"}",
    "{\"event\":\"affiliate.created\",\"affiliate_id\":\"ia_43831f8e\",\"email\":\"a@b\","
    "\"deep_link\":\"\",\"occurred_at\":\"2026-02-30T12:00:00.000Z\"}",
    /* one byte more than the longest name */
    "{\"event\":\"affiliate.deactivated2\",\"affiliate_id\":\"ia_43831f8e\",\"email\":\"a@b\","
    "\"deep_link\":\"\",\"occurred_at\":\"2026-03-18T12:00:00.000Z\"}",
    /* something behind it */
    "{\"event\":\"affiliate.created\",\"affiliate_id\":\"ia_43831f8e\",\"email\":\"a@b\","
    "\"deep_link\":\"\",\"occurred_at\":\"2026-03-18T12:00:00.000Z\"}\n",
};

static void test_decode_refuses_foreign_bytes(void **state)
{
    (void)state;
    struct event event;
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++) {
        if (event_decode(foreign[i], strlen(foreign[i]), &event) != -1)
            fail_msg("is taken: %s", foreign[i]);
    }
}

/* Cut short anywhere, or with a NUL anywhere, it is not what was written. */
static void test_decode_refuses_damage(void **state)
{
    (void)state;
    struct event event;
    size_t bytes = strlen(example);
    for (size_t i = 0; i < bytes; i++) {
        char *part = malloc(i + 1);
        assert_non_null(part);
        memcpy(part, example, i);
        if (event_decode(part, i, &event) != -1)
            fail_msg("the first %zu bytes are taken", i);
        free(part);

        char damaged[sizeof example];
        memcpy(damaged, example, sizeof example);
        damaged[i] = '\0';
        if (event_decode(damaged, bytes, &event) != -1)
            fail_msg("a NUL at %zu is taken", i);
        damaged[i] = '"';
        if (example[i] != '"' && event_decode(damaged, bytes, &event) != -1)
            fail_msg("a quote at %zu is taken", i);
    }
}

/* One byte more than a field's memory holds. */
static void test_decode_refuses_long_values(void **state)
{
    (void)state;
    struct event event;
    char link[DEEP_LINK_BYTES_MAX + 2];
    char canonical[EVENT_CANONICAL_BYTES_MAX + 1];
    static const char form[] =
        "{\"event\":\"affiliate.created\",\"affiliate_id\":\"ia_43831f8e\",\"email\":\"a@b\","
        "\"deep_link\":\"%s\",\"occurred_at\":\"2026-03-18T12:00:00.000Z\"}";
    memset(link, ':', sizeof link);
    link[0] = 'x';
    for (size_t length = DEEP_LINK_BYTES_MAX; length <= DEEP_LINK_BYTES_MAX + 1; length++) {
        link[length] = '\0';
        int bytes = snprintf(canonical, sizeof canonical, form, link);
        int expected = length > DEEP_LINK_BYTES_MAX ? -1 : 0;
        assert_int_equal(event_decode(canonical, (size_t)bytes, &event), expected);
        link[length] = ':';
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_canonical_bytes),
        cmocka_unit_test(test_event_id),
        cmocka_unit_test(test_affiliate_id_derived),
        cmocka_unit_test(test_affiliate_id_read),
        cmocka_unit_test(test_complete_nothing_remembered),
        cmocka_unit_test(test_complete_remembered),
        cmocka_unit_test(test_complete_keeps_what_came),
        cmocka_unit_test(test_round_trips),
        cmocka_unit_test(test_decode_refuses_foreign_bytes),
        cmocka_unit_test(test_decode_refuses_damage),
        cmocka_unit_test(test_decode_refuses_long_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
