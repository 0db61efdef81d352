/* JSON into an event: what is taken, and each refusal with its field, rule and sentence. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/event/event.h"

#define CREATED "\"event\":\"affiliate.created\""
#define EMAIL   "\"email\":\"affiliate@example.com\""

/* Parses a copy of just these bytes, so that the sanitizer sees a read beyond them. */
static int parse(const char *json, size_t bytes, struct event_input *input, struct refusal *refusal)
{
    char *exact = malloc(bytes + 1);
    assert_non_null(exact);
    char *copy = exact + 1;
    memcpy(copy, json, bytes);
    int result = event_parse(copy, bytes, input, refusal);
    free(exact);
    return result;
}

static struct event_input parse_good(const char *json)
{
    struct event_input input;
    struct refusal refusal = {.message = ""};
    if (parse(json, strlen(json), &input, &refusal) != 0)
        fail_msg("%s is refused: %s", json, refusal.message);
    return input;
}

static void test_all_fields(void **state)
{
    (void)state;
    struct event_input input =
        parse_good(" { \"via\":\"self_signup\", \"occurred_at\":\"2026-03-18T14:00:00+02:00\",\n"
                   "\"deep_link\":\"https:\\/\\/myapp.link/ref/abc123\",\t\"email\":\" "
                   "Affiliate@Example.com \","
                   "\"affiliate_id\":\"IA_45FEE001\", \"event\":\"affiliate.deactivated\" }\r\n");
    assert_int_equal(input.event.type, EVENT_DEACTIVATED);
    assert_string_equal(input.event.affiliate_id, "ia_45fee001");
    assert_string_equal(input.event.email, "Affiliate@Example.com");
    assert_string_equal(input.event.deep_link, "https://myapp.link/ref/abc123");
    assert_string_equal(input.event.occurred_at, "2026-03-18T12:00:00.000Z");
    assert_true(input.event.occurred_unix_ms == 1773835200000);
    assert_string_equal(input.email_key, "affiliate@example.com");
    assert_int_equal(input.via, EVENT_VIA_SELF_SIGNUP);
    assert_true(input.has_affiliate_id);
    assert_true(input.has_deep_link);
    assert_true(input.has_occurred_at);
}

static void test_required_fields_only(void **state)
{
    (void)state;
    struct event_input input = parse_good("{" CREATED "," EMAIL "}");
    assert_int_equal(input.event.type, EVENT_CREATED);
    assert_string_equal(input.event.email, "affiliate@example.com");
    assert_int_equal(input.via, EVENT_VIA_UNKNOWN);
    assert_false(input.has_affiliate_id);
    assert_false(input.ignores_affiliate_id);
    assert_false(input.has_deep_link);
    assert_false(input.has_occurred_at);
}

static void test_a_malformed_affiliate_id_is_absent(void **state)
{
    (void)state;
    static const char *const malformed[] = {"", "ia_43831f8", "ia_43831f8ee", "ia_43831f8g",
                                            "43831f8e"};
    for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++) {
        char json[256];
        snprintf(json, sizeof json, "{" CREATED "," EMAIL ",\"affiliate_id\":\"%s\"}",
                 malformed[i]);
        assert_false(parse_good(json).has_affiliate_id);
        assert_int_equal(parse_good(json).ignores_affiliate_id, malformed[i][0] != '\0');
    }
}

static void test_via(void **state)
{
    (void)state;
    assert_int_equal(parse_good("{" CREATED "," EMAIL ",\"via\":\"dashboard\"}").via,
                     EVENT_VIA_DASHBOARD);
    assert_int_equal(parse_good("{" CREATED "," EMAIL ",\"via\":\"join_request\"}").via,
                     EVENT_VIA_JOIN_REQUEST);
}

static void test_empty_link_is_there(void **state)
{
    (void)state;
    struct event_input input = parse_good("{" CREATED "," EMAIL ",\"deep_link\":\"\"}");
    assert_true(input.has_deep_link);
    assert_string_equal(input.event.deep_link, "");
}

static void test_escapes_are_read(void **state)
{
    (void)state;
    struct event_input input =
        parse_good("{" CREATED ",\"em\\u0061il\":\"j\\u00f6rg\\u0040example.com\\n\","
                   "\"deep_link\":\"x:\\ud83d\\ude00\"}");
    assert_string_equal(input.event.email, "j\u00f6rg@example.com");
    assert_string_equal(input.event.deep_link, "x:\U0001f600");
}

/* Unknown fields, whatever they hold. */
static void test_unknown_fields(void **state)
{
    (void)state;
    static const char *const extras[] = {
        "null",
        "true",
        "-1.5e300",
        "[1,[2,{}]]",
        "\"\\u0000\"",
        "\"\\\"\\\\\\n\"",
        "{\"event\":null,\"email\":3}",
        "\"\x7f\xc2\x80\"",
    };
    for (size_t i = 0; i < sizeof extras / sizeof *extras; i++) {
        char json[256];
        snprintf(json, sizeof json, "{\"Event\":%s,\"\":%s,%s,%s,\"name\":%s}", extras[i],
                 extras[i], CREATED, EMAIL, extras[i]);
        struct event_input input = parse_good(json);
        assert_string_equal(input.event.email, "affiliate@example.com");
    }
}

#define UNKNOWN_EVENT                                                                              \
    "event is neither affiliate.created nor affiliate.deactivated; send one of the two"
#define BAD_TIME                                                                                   \
    "occurred_at is not a date and time of RFC 3339; send one such as 2026-03-18T12:00:00.000Z"
#define BAD_YEAR "occurred_at lies outside the years 0001 to 9999 UTC; send a time within them"
#define BAD_VIA                                                                                    \
    "via is none of dashboard, self_signup and join_request; send one of them, or leave it out"
#define OBJECT "; send an object with event, email and the rest"
#define NOT_JSON(why, at)                                                                          \
    "the document is not JSON: " why ", near byte " at "; send one JSON object"

static const struct {
    const char *json;
    const char *field;
    const char *rule;
    const char *message;
} refused[] = {
    /* The document. */
    {"", "", "not_json", NOT_JSON("it ends too early", "0")},
    {"{\"event\":", "", "not_json", NOT_JSON("it ends too early", "9")},
    {"{" CREATED "," EMAIL "}{}", "", "not_json",
     NOT_JSON("something stands behind its end", "62")},
    {"{'event':1}", "", "not_json", NOT_JSON("its syntax is wrong", "2")},
    {"{" CREATED "," EMAIL ",}", "", "not_json", NOT_JSON("its syntax is wrong", "62")},
    {"{\"a\":\"x\ny\"}", "", "not_json", NOT_JSON("its syntax is wrong", "7")},
    {"{\"a\":\"\\ud800\"}", "", "not_json", NOT_JSON("its syntax is wrong", "13")},
    {"{\"a\":1e400}", "", "not_json", NOT_JSON("a number is out of range", "10")},
    {"{\"a\":18446744073709551616}", "", "not_json", NOT_JSON("a number is out of range", "25")},
    {"{\"a\\u0000\":1}", "", "not_json", NOT_JSON("a key holds U+0000", "10")},
    {"\xef\xbb\xbf{}", "", "not_json", NOT_JSON("its syntax is wrong", "3")},
    {"[]", "", "not_object", "the document is an array" OBJECT},
    {"\"x\"", "", "not_object", "the document is a string" OBJECT},
    {"7", "", "not_object", "the document is a number" OBJECT},
    {"7.5", "", "not_object", "the document is a number" OBJECT},
    {"null", "", "not_object", "the document is null" OBJECT},
    {"true", "", "not_object", "the document is a boolean" OBJECT},
    {"{" CREATED "," EMAIL ",\"event\":\"affiliate.created\"}", "event", "duplicate_key",
     "the key that ends at byte 68 is there twice; send it once"},
    {"{" EMAIL "," EMAIL "," CREATED "}", "email", "duplicate_key",
     "the key that ends at byte 40 is there twice; send it once"},
    {"{\"x\":1,\"x\":1}", "", "duplicate_key",
     "the key that ends at byte 10 is there twice; send it once"},
    {"{\"x\":{\"y\":1,\"y\":1}}", "", "duplicate_key",
     "the key that ends at byte 15 is there twice; send it once"},
    {"{\"xvia\":1,\"xvia\":1}", "", "duplicate_key",
     "the key that ends at byte 16 is there twice; send it once"},
    {"{\"event\":\"\xff\"}", "", "invalid_utf8",
     "the document is not UTF-8 at byte 11; send all text in UTF-8"},
    {"{\"event\":\"\xed\xa0\x80\"}", "", "invalid_utf8",
     "the document is not UTF-8 at byte 11; send all text in UTF-8"},
    {"\xff", "", "invalid_utf8", "the document is not UTF-8 at byte 1; send all text in UTF-8"},
    /* event */
    {"{}", "event", "missing", "event is missing; every event must have one"},
    {"{\"event\":null}", "event", "type", "event is null; send a string"},
    {"{\"event\":1}", "event", "type", "event is a number; send a string"},
    {"{\"event\":\"\"}", "event", "unknown_event", UNKNOWN_EVENT},
    {"{\"event\":\"affiliate.updated\"}", "event", "unknown_event", UNKNOWN_EVENT},
    {"{\"event\":\"Affiliate.Created\"}", "event", "unknown_event", UNKNOWN_EVENT},
    {"{\"event\":\"affiliate.created \"}", "event", "unknown_event", UNKNOWN_EVENT},
    {"{\"event\":\"affiliate.created\\u0000\"}", "event", "control_character",
     "event holds the control character U+0000 at byte 18; leave it out"},
    {"{\"event\":\"affiliate.created\\\"\"}", "event", "forbidden_character",
     "event holds \" at byte 18, which is not allowed there; leave it out"},
    /* affiliate_id */
    {"{" CREATED ",\"affiliate_id\":null}", "affiliate_id", "type",
     "affiliate_id is null; send a string, or leave it out"},
    {"{" CREATED ",\"affiliate_id\":[\"ia_43831f8e\"]}", "affiliate_id", "type",
     "affiliate_id is an array; send a string, or leave it out"},
    {"{" CREATED ",\"affiliate_id\":\"ia_43831f8e\\u0000\"}", "affiliate_id", "control_character",
     "affiliate_id holds the control character U+0000 at byte 12; leave it out"},
    {"{" CREATED ",\"affiliate_id\":\"ia_\\\\\"}", "affiliate_id", "forbidden_character",
     "affiliate_id holds \\ at byte 4, which is not allowed there; leave it out"},
    /* email */
    {"{" CREATED "}", "email", "missing", "email is missing; every event must have one"},
    {"{" CREATED ",\"email\":null}", "email", "type", "email is null; send a string"},
    {"{" CREATED ",\"email\":{}}", "email", "type", "email is an object; send a string"},
    {"{" CREATED ",\"email\":\"\"}", "email", "syntax",
     "email is empty; send an address such as name@example.com"},
    {"{" CREATED ",\"email\":\"a@b\\u0000c\"}", "email", "control_character",
     "email holds the control character U+0000 at byte 4; leave it out"},
    {"{" CREATED ",\"email\":\"a\\u0085@b\"}", "email", "control_character",
     "email holds the control character U+0085 at byte 2; leave it out"},
    {"{" CREATED ",\"email\":\"a\\\"@b\"}", "email", "forbidden_character",
     "email holds \" at byte 2, which is not allowed there; leave it out"},
    /* deep_link */
    {"{" CREATED "," EMAIL ",\"deep_link\":null}", "deep_link", "type",
     "deep_link is null; send a string, or leave it out"},
    {"{" CREATED "," EMAIL ",\"deep_link\":false}", "deep_link", "type",
     "deep_link is a boolean; send a string, or leave it out"},
    {"{" CREATED "," EMAIL ",\"deep_link\":\"\\u0000\"}", "deep_link", "control_character",
     "deep_link holds the control character U+0000 at byte 1; leave it out"},
    {"{" CREATED "," EMAIL ",\"deep_link\":\"/ref/abc123\"}", "deep_link", "not_absolute",
     "deep_link does not begin with a scheme; send an absolute link such as "
     "https://example.com/ref/1, or an empty string for none"},
    /* occurred_at */
    {"{" CREATED "," EMAIL ",\"occurred_at\":1773835200}", "occurred_at", "type",
     "occurred_at is a number; send a string, or leave it out"},
    {"{" CREATED "," EMAIL ",\"occurred_at\":null}", "occurred_at", "type",
     "occurred_at is null; send a string, or leave it out"},
    {"{" CREATED "," EMAIL ",\"occurred_at\":\"\"}", "occurred_at", "syntax", BAD_TIME},
    {"{" CREATED "," EMAIL ",\"occurred_at\":\"2026-02-29T12:00:00Z\"}", "occurred_at", "syntax",
     BAD_TIME},
    {"{" CREATED "," EMAIL ",\"occurred_at\":\"2026-03-18T12:00:00Z\\n\"}", "occurred_at",
     "control_character",
     "occurred_at holds the control character U+000A at byte 21; leave it out"},
    {"{" CREATED "," EMAIL ",\"occurred_at\":\"9999-12-31T23:59:59-01:00\"}", "occurred_at",
     "out_of_range", BAD_YEAR},
    /* via */
    {"{" CREATED "," EMAIL ",\"via\":null}", "via", "type",
     "via is null; send a string, or leave it out"},
    {"{" CREATED "," EMAIL ",\"via\":\"\"}", "via", "unknown_via", BAD_VIA},
    {"{" CREATED "," EMAIL ",\"via\":\"import\"}", "via", "unknown_via", BAD_VIA},
    {"{" CREATED "," EMAIL ",\"via\":\"\\u007f\"}", "via", "control_character",
     "via holds the control character U+007F at byte 1; leave it out"},
};

static void check_refused(const char *json, size_t bytes, const char *field, const char *rule,
                          const char *message)
{
    struct event_input input;
    struct refusal refusal;
    if (parse(json, bytes, &input, &refusal) != -1)
        fail_msg("'%s' is not refused", json);
    assert_string_equal(refusal.message, message);
    assert_string_equal(refusal.rule, rule);
    assert_string_equal(refusal.field, field);
}

static void test_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        check_refused(refused[i].json, strlen(refused[i].json), refused[i].field, refused[i].rule,
                      refused[i].message);
}

/* The first wrong field, in the order of the event, is the one that is named. */
static void test_order_of_refusals(void **state)
{
    (void)state;
    static const char json[] = "{\"via\":1,\"occurred_at\":1,\"deep_link\":1,\"email\":1,"
                               "\"affiliate_id\":1,\"event\":1}";
    check_refused(json, strlen(json), "event", "type", "event is a number; send a string");
}

static void test_nul_behind_the_document(void **state)
{
    (void)state;
    static const char json[] = "{" CREATED "," EMAIL "}"; /* and its NUL */
    check_refused(json, sizeof json, "", "not_json",
                  NOT_JSON("something stands behind its end", "62"));
}

static void test_nested_too_deeply(void **state)
{
    (void)state;
    char json[2049];
    memset(json, '[', sizeof json);
    check_refused(json, sizeof json, "", "not_json", NOT_JSON("it is nested too deeply", "2049"));
}

/* A document of the greatest length is read, one byte more is refused unread. */
static void test_document_length(void **state)
{
    (void)state;
    static char json[LINE_BYTES_MAX + 1];
    static const char start[] = "{" CREATED "," EMAIL;
    struct event_input input;
    struct refusal refusal;
    memset(json, ' ', sizeof json);
    memcpy(json, start, strlen(start));
    json[LINE_BYTES_MAX - 1] = '}';
    assert_int_equal(parse(json, LINE_BYTES_MAX, &input, &refusal), 0);
    check_refused(json, LINE_BYTES_MAX + 1, "", "too_long",
                  "the document is 65537 bytes long; at most 65536 are allowed");
}

/* Lengths are those of the value, not of its JSON text. */
static void test_value_lengths(void **state)
{
    (void)state;
    char json[8192];
    char link[DEEP_LINK_BYTES_MAX + 2];
    memset(link, 'l', sizeof link);
    memcpy(link, "x:", 2);
    link[DEEP_LINK_BYTES_MAX] = '\0';
    snprintf(json, sizeof json, "{%s,%s,\"deep_link\":\"%s\"}", CREATED, EMAIL, link);
    assert_string_equal(parse_good(json).event.deep_link, link);

    link[DEEP_LINK_BYTES_MAX] = 'l';
    link[DEEP_LINK_BYTES_MAX + 1] = '\0';
    snprintf(json, sizeof json, "{%s,%s,\"deep_link\":\"%s\"}", CREATED, EMAIL, link);
    check_refused(json, strlen(json), "deep_link", "too_long",
                  "deep_link is 2049 bytes long; at most 2048 are allowed");

    char email[EMAIL_BYTES_MAX + 2];
    memset(email, 'e', sizeof email);
    memcpy(email + EMAIL_BYTES_MAX - 1, "@b", 3);
    snprintf(json, sizeof json, "{%s,\"email\":\"%s\"}", CREATED, email);
    check_refused(json, strlen(json), "email", "too_long",
                  "email is 255 bytes long; at most 254 are allowed");
}

/* The steps are there one by one too, for a line that may be a command. */
static void test_parsed_document(void **state)
{
    (void)state;
    static const char text[] = "{" CREATED "," EMAIL ",\"command\":1}";
    struct refusal refusal;
    struct event_input input;
    json_t *document = event_parse_json(text, strlen(text), &refusal);
    assert_non_null(document);
    assert_non_null(json_object_get(document, "command"));
    assert_int_equal(event_parse_object(document, &input, &refusal), 0);
    json_decref(document);
    assert_null(event_parse_json("{", 1, &refusal));
    assert_string_equal(refusal.rule, "not_json");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_fields),
        cmocka_unit_test(test_required_fields_only),
        cmocka_unit_test(test_a_malformed_affiliate_id_is_absent),
        cmocka_unit_test(test_via),
        cmocka_unit_test(test_empty_link_is_there),
        cmocka_unit_test(test_escapes_are_read),
        cmocka_unit_test(test_unknown_fields),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_order_of_refusals),
        cmocka_unit_test(test_nul_behind_the_document),
        cmocka_unit_test(test_nested_too_deeply),
        cmocka_unit_test(test_document_length),
        cmocka_unit_test(test_value_lengths),
        cmocka_unit_test(test_parsed_document),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
