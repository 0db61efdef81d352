/* A body as lines for the bus, and the answers to them as one response. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/http/ingest_lines.h"
#include "core/http/ingest_outcome.h"

/* ---- Lines ---- */

#define EMAIL "\"email\":\"a@b.org\""
#define TAKE  "{\"take\":{\"event\":\"e\"," EMAIL

static void expect_lines(const char *body, const char *key, const char *expected)
{
    struct ingest_source source = {
        .name = "https ::1", .key = key, .key_bytes = key ? strlen(key) : 0, .now_unix_ms = 1000};
    struct ingest_lines lines;
    struct refusal refusal;
    assert_int_equal(ingest_lines_init(&lines, &source, body, strlen(body), &refusal), 0);
    assert_string_equal(lines.text.data, expected);
    ingest_lines_finish(&lines);
}

static void test_takes(void **state)
{
    (void)state;
    /* Stamped, unless it has a time or the sender has a name for it. */
    expect_lines("{\"event\" : \"e\",\n " EMAIL "}", NULL,
                 TAKE ",\"occurred_at\":\"1970-01-01T00:00:01.000Z\"},\"source\":\"https ::1\"}\n");
    expect_lines("{\"event\":\"e\"," EMAIL ",\"occurred_at\":\"x\"}", NULL,
                 TAKE ",\"occurred_at\":\"x\"},\"source\":\"https ::1\"}\n");
    /* With a time it goes on as it came, in one line. */
    expect_lines("\r\n{\"event\" :\n\"e\\n\",\"occurred_at\":7.10}\n", NULL,
                 "{\"take\":\r {\"event\" : \"e\\n\",\"occurred_at\":7.10} ,"
                 "\"source\":\"https ::1\"}\n");
    expect_lines("{\"event\":\"e\"," EMAIL ",\"occurred_at\":null}", "k",
                 TAKE ",\"occurred_at\":null},\"source\":\"https ::1\"}\n");
    expect_lines("{\"event\":\"e\"," EMAIL "}", "k\"",
                 TAKE "},\"source\":\"https ::1\",\"key\":\"k\\\"\"}\n");
    expect_lines("[{\"event\":\"e\"," EMAIL "},{\"event\":\"e\"," EMAIL "}]", "k",
                 TAKE "},\"source\":\"https ::1\",\"key\":\"k[0]\"}\n" TAKE
                      "},\"source\":\"https ::1\",\"key\":\"k[1]\"}\n");
    /* What is no event at all is for the bus to refuse. */
    expect_lines("[[7],\"\\u0000\\n\",null]", NULL,
                 "{\"take\":[7],\"source\":\"https ::1\"}\n"
                 "{\"take\":\"\\u0000\\n\",\"source\":\"https ::1\"}\n"
                 "{\"take\":null,\"source\":\"https ::1\"}\n");
    expect_lines("{\"take\":1,\"command\":\"hold\"}", "k",
                 "{\"take\":{\"take\":1,\"command\":\"hold\"},\"source\":\"https ::1\","
                 "\"key\":\"k\"}\n");
}

static void test_keeps(void **state)
{
    (void)state;
    expect_lines(
        "{\"a\"", NULL,
        "{\"keep\":\"eyJhIg==\",\"source\":\"https ::1\",\"field\":\"\",\"rule\":"
        "\"not_json\",\"message\":\"the document is not JSON: it ends too early, near byte "
        "4; send one JSON object\"}\n");
    expect_lines(
        "{\"email\":1,\"email\":1}", NULL,
        "{\"keep\":\"eyJlbWFpbCI6MSwiZW1haWwiOjF9\",\"source\":\"https ::1\",\"field\":"
        "\"email\",\"rule\":\"duplicate_key\",\"message\":\"the key that ends at byte 18 is "
        "there twice; send it once\"}\n");
}

/* One element that is no JSON takes none of the others with it. */
static void test_arrays_with_one_bad_element(void **state)
{
    (void)state;
    expect_lines("[{\"event\":\"e\"," EMAIL "}, {\"a\":1e400} ,\n{\"event\":\"e\"," EMAIL "} ]",
                 "k",
                 TAKE "},\"source\":\"https ::1\",\"key\":\"k[0]\"}\n"
                      "{\"keep\":\"eyJhIjoxZTQwMH0=\",\"source\":\"https ::1\",\"field\":\"\","
                      "\"rule\":\"not_json\",\"message\":\"the document is not JSON: a number is "
                      "out of range, near byte 10; send one JSON object\",\"key\":\"k[1]\"}\n" TAKE
                      "},\"source\":\"https ::1\",\"key\":\"k[2]\"}\n");
    expect_lines(
        "[\"\xff\"]", NULL,
        "{\"keep\":\"Iv8i\",\"source\":\"https ::1\",\"field\":\"\",\"rule\":\"invalid_utf8\","
        "\"message\":\"the document is not UTF-8 at byte 2; send all text in UTF-8\"}\n");
    /* Where it ends is anybody's guess. */
    expect_lines("[{},{]", NULL,
                 "{\"keep\":\"W3t9LHtd\",\"source\":\"https ::1\",\"field\":\"\",\"rule\":"
                 "\"not_json\",\"message\":\"the document is not JSON: its syntax is wrong, near "
                 "byte 6; send one JSON object\"}\n");
}

/* A line adds a level to the deepest document that there may be. */
static void test_the_deepest_is_kept(void **state)
{
    (void)state;
    enum { DEPTH = 2048 };
    static const char *const heads[] = {"[{\"x\":", "{\"x\":", "{\"occurred_at\":\"t\",\"x\":"};
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        for (int depth = DEPTH - 1; depth <= DEPTH; depth++) {
            static char body[3 * DEPTH];
            bool is_array = heads[i][0] == '[';
            int inner = depth - 1 - is_array;
            int length = snprintf(body, sizeof body, "%s", heads[i]);
            memset(body + length, '[', (size_t)inner);
            memset(body + length + inner, ']', (size_t)inner);
            snprintf(body + length + 2 * inner, 3, "%s", is_array ? "}]" : "}");
            struct ingest_source source = {.name = "http", .now_unix_ms = 1000};
            struct ingest_lines lines;
            struct refusal refusal;
            assert_int_equal(ingest_lines_init(&lines, &source, body, strlen(body), &refusal), 0);
            assert_int_equal(lines.count, 1);
            bool is_kept = lines.items[0].refusal != NULL;
            assert_int_equal(is_kept, depth == DEPTH && !is_array);
            if (is_kept)
                assert_string_equal(lines.items[0].refusal->rule, "not_json");
            ingest_lines_finish(&lines);
        }
    }
}

static void test_what_no_line_can_hold(void **state)
{
    (void)state;
    static char body[80000];
    int length = snprintf(body, sizeof body, "[{\"event\":\"e\"},{\"x\":\"%070000d\"}]", 0);
    struct ingest_source source = {.name = "http", .now_unix_ms = 1000};
    struct ingest_lines lines;
    struct refusal refusal;
    assert_int_equal(ingest_lines_init(&lines, &source, body, (size_t)length, &refusal), 0);
    assert_int_equal(lines.count, 2);
    assert_null(lines.items[0].refusal);
    assert_string_equal(lines.items[1].refusal->rule, "too_long");
    const char *second = strchr(lines.text.data, '\n') + 1;
    assert_int_equal(strncmp(second, "{\"keep\":\"", 9), 0);
    assert_int_equal(strcspn(second + 9, "\""), 60000);
    assert_true(strlen(second) <= LINE_BYTES_MAX + 1);
    ingest_lines_finish(&lines);
    /* Not even with a time; but one that is long by its blanks alone fits. */
    length = snprintf(body, sizeof body, "{\"occurred_at\":\"x\",%70000s\"y\":\"\"}", "");
    assert_int_equal(ingest_lines_init(&lines, &source, body, (size_t)length, &refusal), 0);
    assert_string_equal(lines.text.data,
                        "{\"take\":{\"occurred_at\":\"x\",\"y\":\"\"},\"source\":\"http\"}\n");
    ingest_lines_finish(&lines);
    length = snprintf(body, sizeof body, "{\"occurred_at\":\"%070000d\"}", 0);
    assert_int_equal(ingest_lines_init(&lines, &source, body, (size_t)length, &refusal), 0);
    assert_string_equal(lines.items[0].refusal->rule, "too_long");
    ingest_lines_finish(&lines);
}

static void test_none_and_too_many(void **state)
{
    (void)state;
    struct ingest_source source = {.name = "http", .now_unix_ms = 1000};
    struct ingest_lines lines;
    struct refusal refusal;
    static char body[4 * (HTTP_EVENTS_MAX + 1) + 2] = "[";
    assert_int_equal(ingest_lines_init(&lines, &source, "[]", 2, &refusal), -1);
    assert_string_equal(refusal.rule, "empty");
    for (int i = 0; i <= HTTP_EVENTS_MAX; i++)
        strcat(body, i > 0 ? ",{}" : "{}");
    strcat(body, "]");
    assert_int_equal(ingest_lines_init(&lines, &source, body, strlen(body), &refusal), -1);
    assert_string_equal(refusal.rule, "too_many");
    strcpy(body + strlen(body) - 4, "]");
    assert_int_equal(ingest_lines_init(&lines, &source, body, strlen(body), &refusal), 0);
    assert_int_equal(lines.count, HTTP_EVENTS_MAX);
    ingest_lines_finish(&lines);
    /* Also of an array that is no JSON. */
    strcpy(body + 1, "x");
    for (int i = 0; i < HTTP_EVENTS_MAX; i++)
        strcat(body, ",{}");
    strcat(body, "]");
    assert_int_equal(ingest_lines_init(&lines, &source, body, strlen(body), &refusal), -1);
    assert_string_equal(refusal.message, "the array has 1001 events; send at most 1000 at a time");
}

/* ---- Answers ---- */

#define ID_1      "evt_00000000000000000000000000000001"
#define ID_2      "evt_00000000000000000000000000000002"
#define NEW(id)   "{\"ok\":true,\"id\":\"" id "\",\"new\":true}"
#define KNOWN(id) "{\"ok\":true,\"id\":\"" id "\",\"new\":false}"
#define REFUSED                                                                                    \
    "{\"ok\":false,\"field\":\"email\",\"rule\":\"syntax\",\"message\":\"no @\",\"kept\":true}"
#define AWAY                                                                                       \
    "{\"ok\":false,\"field\":\"\",\"rule\":\"unavailable\",\"message\":\"the disk is full\"}"
#define KEPT "{\"ok\":true,\"kept\":true}"

static void expect_outcome(const char *first, const char *second, const struct refusal *own,
                           int expected_status, const char *expected)
{
    struct ingest_outcome outcome;
    int status = 0;
    ingest_outcome_init(&outcome, second ? 2 : 1);
    if (*first)
        ingest_outcome_take(&outcome, 0, own, first, strlen(first));
    if (second && *second)
        ingest_outcome_take(&outcome, 1, NULL, second, strlen(second));
    char *text = ingest_outcome_tell(&outcome, &status);
    assert_string_equal(text, expected);
    assert_int_equal(status, expected_status);
    free(text);
    ingest_outcome_finish(&outcome);
}

#define UNAVAILABLE                                                                                \
    "{\"type\":\"about:blank\",\"title\":\"Service Unavailable\",\"status\":503,\"detail\":"
#define BAD "{\"type\":\"about:blank\",\"title\":\"Bad Request\",\"status\":400,\"detail\":"

static void test_outcomes(void **state)
{
    (void)state;
    const struct refusal own = {.rule = "not_json", .message = "no JSON"};
    expect_outcome(NEW(ID_1), NULL, NULL, 202,
                   "{\"events\":[{\"id\":\"" ID_1 "\",\"new\":true}]}\n");
    expect_outcome(KNOWN(ID_1), NULL, NULL, 200,
                   "{\"events\":[{\"id\":\"" ID_1 "\",\"new\":false}]}\n");
    expect_outcome(KNOWN(ID_1), NEW(ID_2), NULL, 202,
                   "{\"events\":[{\"id\":\"" ID_1 "\",\"new\":false},{\"id\":\"" ID_2
                   "\",\"new\":true}]}\n");
    /* In another order, and with an ID that is none. */
    expect_outcome("{\"new\":true,\"id\":\"" ID_1 "\",\"ok\":true}", NULL, NULL, 202,
                   "{\"events\":[{\"id\":\"" ID_1 "\",\"new\":true}]}\n");
    expect_outcome(NEW("evt_0000000000000000000000000000000G"), NULL, NULL, 503,
                   UNAVAILABLE "\"The bus is away; send it again.\"}");
    expect_outcome(REFUSED, NULL, NULL, 400,
                   BAD
                   "\"no @\",\"field\":\"email\",\"rule\":\"syntax\",\"errors\":[{\"index\":0,"
                   "\"field\":\"email\",\"rule\":\"syntax\",\"message\":\"no @\"}],\"events\":[]}");
    expect_outcome(
        NEW(ID_1), REFUSED, NULL, 400,
        BAD "\"1 of 2 events is refused, the other is in; event 2: no @\",\"field\":"
            "\"email\",\"rule\":\"syntax\",\"errors\":[{\"index\":1,\"field\":\"email\","
            "\"rule\":\"syntax\",\"message\":\"no @\"}],\"events\":[{\"index\":0,\"id\":\"" ID_1
            "\",\"new\":true}]}");
    expect_outcome(
        REFUSED, REFUSED, NULL, 400,
        BAD
        "\"2 of 2 events are refused; event 1: no @\",\"field\":\"email\",\"rule\":"
        "\"syntax\",\"errors\":[{\"index\":0,\"field\":\"email\",\"rule\":\"syntax\",\"message\":"
        "\"no @\"},{\"index\":1,\"field\":\"email\",\"rule\":\"syntax\",\"message\":\"no @\"}],"
        "\"events\":[]}");
    expect_outcome(KEPT, NULL, &own, 400,
                   BAD
                   "\"no JSON\",\"field\":\"\",\"rule\":\"not_json\",\"errors\":[{\"index\":0,"
                   "\"field\":\"\",\"rule\":\"not_json\",\"message\":\"no JSON\"}],\"events\":[]}");
    const struct refusal unread = {.rule = "content_type", .message = "send JSON"};
    expect_outcome(
        KEPT, NULL, &unread, 415,
        "{\"type\":\"about:blank\",\"title\":\"Unsupported Media Type\",\"status\":415,"
        "\"detail\":\"send JSON\",\"field\":\"\",\"rule\":\"content_type\",\"errors\":[{"
        "\"index\":0,\"field\":\"\",\"rule\":\"content_type\",\"message\":\"send JSON\"}],"
        "\"events\":[]}");
    /* One that could not be taken outweighs the rest: all of it is to be sent again. */
    expect_outcome(AWAY, NULL, NULL, 503, UNAVAILABLE "\"the disk is full\"}");
    expect_outcome(AWAY, NULL, &own, 503, UNAVAILABLE "\"the disk is full\"}");
    expect_outcome(REFUSED, AWAY, NULL, 503, UNAVAILABLE "\"the disk is full\"}");
    expect_outcome(NEW(ID_1), "", NULL, 503, UNAVAILABLE "\"The bus is away; send it again.\"}");
    expect_outcome("rubbish", NULL, NULL, 503, UNAVAILABLE "\"\"}");
    expect_outcome("{\"ok\":true,\"id\":\"evt_1\\\"\"}", NULL, NULL, 503,
                   UNAVAILABLE "\"The bus is away; send it again.\"}");
}

/* A sentence that is longer than we keep is cut between characters, or it would be no JSON. */
static void test_long_sentences(void **state)
{
    (void)state;
    char message[600] = "";
    while (strlen(message) < 590)
        strcat(message, "é");
    for (int shift = 0; shift < 2; shift++) {
        char *line = memory_format("{\"ok\":false,\"rule\":\"x\",\"message\":\"%s%s\"}",
                                   shift ? "a" : "", message);
        struct ingest_outcome outcome;
        int status;
        ingest_outcome_init(&outcome, 1);
        ingest_outcome_take(&outcome, 0, NULL, line, strlen(line));
        char *text = ingest_outcome_tell(&outcome, &status);
        assert_int_equal(status, 400);
        assert_true(strlen(outcome.results[0].refusal->message) >= 510);
        free(text);
        free(line);
        ingest_outcome_finish(&outcome);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_takes),
        cmocka_unit_test(test_keeps),
        cmocka_unit_test(test_arrays_with_one_bad_element),
        cmocka_unit_test(test_the_deepest_is_kept),
        cmocka_unit_test(test_what_no_line_can_hold),
        cmocka_unit_test(test_none_and_too_many),
        cmocka_unit_test(test_outcomes),
        cmocka_unit_test(test_long_sentences),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
