/* Events as lines: made from options, stamped, or refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "core/base/buffer.h"
#include "core/base/limits.h"
#include "core/base/memory.h"
#include "core/cli/event_line.h"
#include "core/cli/outcome.h"

#define NOW_UNIX_MS 1773835200123 /* 2026-03-18T12:00:00.123Z */
#define STAMP       "\"occurred_at\":\"2026-03-18T12:00:00.123Z\""

static void types_have_a_short_and_a_full_name(void **state)
{
    (void)state;
    assert_string_equal(event_line_type("created"), "affiliate.created");
    assert_string_equal(event_line_type("deactivated"), "affiliate.deactivated");
    assert_string_equal(event_line_type("affiliate.created"), "affiliate.created");
    assert_string_equal(event_line_type("affiliate.deactivated"), "affiliate.deactivated");
    assert_null(event_line_type("Created"));
    assert_null(event_line_type(""));
    assert_null(event_line_type("affiliate"));
}

static const struct {
    struct event_fields fields;
    const char *line;
} made[] = {
    {{.event = "affiliate.created", .email = "a@example.com"},
     "{\"event\":\"affiliate.created\",\"email\":\"a@example.com\"," STAMP "}\n"},
    {{.event = "affiliate.created",
      .email = "a@example.com",
      .affiliate_id = "ia_0",
      .deep_link = "",
      .via = "dashboard",
      .occurred_at = "then"},
     "{\"event\":\"affiliate.created\",\"affiliate_id\":\"ia_0\",\"email\":\"a@example.com\","
     "\"deep_link\":\"\",\"occurred_at\":\"then\",\"via\":\"dashboard\"}\n"},
    {{.event = "affiliate.created", .email = "\"\\\n\x01\xc3\xa9", .occurred_at = "t"},
     "{\"event\":\"affiliate.created\",\"email\":\"\\\"\\\\\\n\\u0001\xc3\xa9\","
     "\"occurred_at\":\"t\"}\n"},
};

static void options_become_a_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
        struct buffer lines;
        struct outcome refusal;
        buffer_init(&lines, LINE_BYTES_MAX + 1);
        assert_int_equal(event_line_make(&made[i].fields, NOW_UNIX_MS, &lines, &refusal), 0);
        assert_string_equal(lines.data, made[i].line);
        buffer_finish(&lines);
    }
}

static void options_that_cannot_be_a_line_are_refused(void **state)
{
    (void)state;
    char *longest = memory_new(LINE_BYTES_MAX + 1, 1);
    memset(longest, 'x', LINE_BYTES_MAX);
    const struct {
        struct event_fields fields;
        const char *field;
        const char *rule;
        const char *message;
    } cases[] = {
        {{.event = "affiliate.created", .email = "\xff@example.com"},
         "email",
         "invalid_utf8",
         "email is not UTF-8; write all text in UTF-8"},
        {{.event = "affiliate.created", .email = "a", .deep_link = "\xc3"},
         "deep_link",
         "invalid_utf8",
         "deep_link is not UTF-8; write all text in UTF-8"},
        {{.event = "affiliate.created", .email = longest, .occurred_at = ""},
         "",
         "too_long",
         "the line is longer than 65536 bytes"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buffer lines;
        struct outcome refusal;
        buffer_init(&lines, LINE_BYTES_MAX + 1);
        assert_int_equal(event_line_make(&cases[i].fields, NOW_UNIX_MS, &lines, &refusal), -1);
        assert_int_equal(refusal.kind, OUTCOME_REFUSED);
        assert_string_equal(refusal.refusal.field, cases[i].field);
        assert_string_equal(refusal.refusal.rule, cases[i].rule);
        assert_string_equal(refusal.refusal.message, cases[i].message);
        assert_int_equal(lines.len, 0);
        buffer_finish(&lines);
    }
    free(longest);
}

static const struct {
    const char *line;
    const char *stamped;
} stamped[] = {
    {"{\"event\":\"e\"}", "{" STAMP ",\"event\":\"e\"}\n"},
    {" { \"event\" : 1.50 } ", "{" STAMP ", \"event\" : 1.50 } \n"}, /* nothing encoded anew */
    {"{\"event\":\"e\",\"occurred_at\":\"t\"}", "{\"event\":\"e\",\"occurred_at\":\"t\"}\n"},
    {"{\"event\":\"e\",\"occurred_at\":null}", "{\"event\":\"e\",\"occurred_at\":null}\n"},
    {"{\"event\":\"e\",\"x\":{\"occurred_at\":1}}",
     "{" STAMP ",\"event\":\"e\",\"x\":{\"occurred_at\":1}}\n"},
    {"{\"event\":\"\\u0000\"}", "{" STAMP ",\"event\":\"\\u0000\"}\n"}, /* the bus's to refuse */
};

static void lines_without_a_time_are_stamped(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof stamped / sizeof *stamped; i++) {
        struct buffer lines;
        struct outcome refusal;
        const char *line = stamped[i].line;
        buffer_init(&lines, LINE_BYTES_MAX + 1);
        assert_int_equal(event_line_stamp(line, strlen(line), NOW_UNIX_MS, &lines, &refusal), 0);
        assert_string_equal(lines.data, stamped[i].stamped);
        buffer_finish(&lines);
    }
}

static const struct {
    const char *line;
    const char *field;
    const char *rule;
    const char *message;
} refused[] = {
    {"nonsense", "", "not_json",
     "the document is not JSON: its syntax is wrong, near byte 8; send one JSON object"},
    {"{\"event\":\"e\"", "", "not_json",
     "the document is not JSON: it ends too early, near byte 12; send one JSON object"},
    {"{\"event\":\"e\"} {}", "", "not_json",
     "the document is not JSON: something stands behind its end, near byte 15; send one JSON "
     "object"},
    {"{\"event\":1,\"event\":2}", "event", "duplicate_key",
     "the key that ends at byte 18 is there twice; send it once"},
    {"{\"event\":\"\xff\"}", "", "invalid_utf8",
     "the document is not UTF-8 at byte 11; send all text in UTF-8"},
    {"[1]", "", "not_object", "not a JSON object; write one event a line"},
    {"17", "", "not_object", "not a JSON object; write one event a line"},
    {"{}", "event", "missing", "event is missing; every event must have one"},
    {"{\"command\":\"status\"}", "event", "missing", "event is missing; every event must have one"},
};

static void lines_that_are_no_event_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct buffer lines;
        struct outcome refusal;
        memset(&refusal, 0xff, sizeof refusal);
        const char *line = refused[i].line;
        buffer_init(&lines, LINE_BYTES_MAX + 1);
        assert_int_equal(event_line_stamp(line, strlen(line), NOW_UNIX_MS, &lines, &refusal), -1);
        assert_string_equal(refusal.refusal.message, refused[i].message);
        assert_string_equal(refusal.refusal.field, refused[i].field);
        assert_string_equal(refusal.refusal.rule, refused[i].rule);
        assert_int_equal(refusal.kind, OUTCOME_REFUSED);
        assert_memory_equal(&refusal.is_new, &(bool){false}, sizeof(bool));
        assert_string_equal(refusal.id, "");
        assert_int_equal(lines.len, 0);
        buffer_finish(&lines);
    }
}

/* A line of just so many bytes, without a time. */
static char *line_of(size_t length)
{
    static const char head[] = "{\"event\":\"";
    char *line = memory_new(length + 1, 1);
    memset(line, 'x', length);
    memcpy(line, head, strlen(head));
    memcpy(line + length - 2, "\"}", 2);
    return line;
}

static void the_stamp_counts_for_the_limit(void **state)
{
    (void)state;
    const size_t stamp_bytes = strlen(STAMP) + 1;
    const struct {
        size_t length;
        int result;
    } cases[] = {
        {LINE_BYTES_MAX - stamp_bytes, 0},
        {LINE_BYTES_MAX - stamp_bytes + 1, -1},
        {LINE_BYTES_MAX + 1, -1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buffer lines;
        struct outcome refusal;
        char *line = line_of(cases[i].length);
        buffer_init(&lines, LINE_BYTES_MAX + 1);
        int result = event_line_stamp(line, cases[i].length, NOW_UNIX_MS, &lines, &refusal);
        assert_int_equal(result, cases[i].result);
        assert_int_equal(lines.len, result == 0 ? LINE_BYTES_MAX + 1 : 0);
        if (result < 0)
            assert_string_equal(refusal.refusal.rule, "too_long");
        buffer_finish(&lines);
        free(line);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_have_a_short_and_a_full_name),
        cmocka_unit_test(options_become_a_line),
        cmocka_unit_test(options_that_cannot_be_a_line_are_refused),
        cmocka_unit_test(lines_without_a_time_are_stamped),
        cmocka_unit_test(lines_that_are_no_event_are_refused),
        cmocka_unit_test(the_stamp_counts_for_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
