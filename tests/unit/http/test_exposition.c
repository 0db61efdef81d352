/* Metrics as JSON become the text format, byte for byte, and what makes no sense becomes nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <jansson.h>
#include <string.h>

#include "core/base/buffer.h"
#include "core/http/exposition.h"

static int write_text(const char *json, size_t limit, struct buffer *out)
{
    json_error_t error;
    json_t *metrics = json_loads(json, JSON_DECODE_ANY, &error);
    assert_non_null(metrics);
    buffer_init(out, limit);
    int result = exposition_write(out, metrics);
    json_decref(metrics);
    return result;
}

static void test_text(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        const char *text;
    } cases[] = {
        {"[]", ""},
        {"[{\"name\":\"a\",\"type\":\"gauge\",\"help\":\"A \\\\ \\n \\\" b\",\"samples\":[]}]",
         "# HELP a A \\\\ \\n \" b\n# TYPE a gauge\n"},
        {"[{\"name\":\"a\",\"type\":\"counter\",\"help\":\"h\",\"samples\":["
         "{\"labels\":{},\"value\":9007199254740993},"
         "{\"labels\":{\"x\":\"\\\\ \\n \\\" é\",\"y\":\"\"},\"value\":0.25}]}]",
         "# HELP a h\n# TYPE a counter\na 9007199254740993\na{x=\"\\\\ \\n \\\" é\",y=\"\"} "
         "0.25\n"},
        {"[{\"name\":\"a\",\"type\":\"histogram\",\"help\":\"h\",\"samples\":["
         "{\"labels\":{\"x\":\"y\"},\"buckets\":[[0.0001,1],[2.5,3]],\"sum\":1.5,\"count\":4}]}]",
         "# HELP a h\n# TYPE a histogram\na_bucket{x=\"y\",le=\"0.0001\"} 1\n"
         "a_bucket{x=\"y\",le=\"2.5\"} 3\na_bucket{x=\"y\",le=\"+Inf\"} 4\na_sum{x=\"y\"} 1.5\n"
         "a_count{x=\"y\"} 4\n"},
        {"[{\"name\":\"a\",\"type\":\"histogram\",\"help\":\"h\",\"samples\":["
         "{\"labels\":{},\"buckets\":[[1.0,0]],\"sum\":0.0,\"count\":0}]}]",
         "# HELP a h\n# TYPE a histogram\na_bucket{le=\"1\"} 0\na_bucket{le=\"+Inf\"} 0\na_sum 0\n"
         "a_count 0\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buffer out;
        assert_int_equal(write_text(cases[i].json, 4096, &out), 0);
        assert_int_equal(out.len, strlen(cases[i].text));
        if (out.len > 0)
            assert_memory_equal(out.data, cases[i].text, out.len);
        buffer_finish(&out);
    }
}

#define METRIC(type, samples)                                                                      \
    "[{\"name\":\"a\",\"type\":\"" type "\",\"help\":\"h\",\"samples\":" samples "}]"

static void test_nonsense(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "{}",
        "[7]",
        "[{\"type\":\"gauge\",\"help\":\"h\",\"samples\":[]}]",
        "[{\"name\":\"a\",\"help\":\"h\",\"samples\":[]}]",
        "[{\"name\":\"a\",\"type\":\"gauge\",\"samples\":[]}]",
        METRIC("gauge", "{}"),
        METRIC("gauge", "[7]"),
        METRIC("gauge", "[{\"value\":1}]"),
        METRIC("gauge", "[{\"labels\":{},\"value\":\"1\"}]"),
        METRIC("gauge", "[{\"labels\":{\"x\":1},\"value\":1}]"),
        METRIC("histogram", "[{\"labels\":{},\"buckets\":[],\"sum\":0.5}]"),
        METRIC("histogram", "[{\"labels\":{},\"buckets\":[[1.0]],\"sum\":0.5,\"count\":1}]"),
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buffer out;
        assert_int_equal(write_text(cases[i], 4096, &out), -1);
        buffer_finish(&out);
    }
}

static void test_no_room(void **state)
{
    (void)state;
    const char *json = METRIC("gauge", "[{\"labels\":{\"x\":\"y\"},\"value\":1}]");
    size_t whole = strlen("# HELP a h\n# TYPE a gauge\na{x=\"y\"} 1\n");
    for (size_t limit = 1; limit < whole; limit++) {
        struct buffer out;
        assert_int_equal(write_text(json, limit, &out), -1);
        buffer_finish(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_nonsense),
        cmocka_unit_test(test_no_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
