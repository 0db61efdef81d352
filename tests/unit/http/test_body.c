/* A body as it comes: counted and in chunks, in pieces of every size, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/http/body.h"
#include "core/http/fault.h"
#include "core/http/head.h"

#define TEXT(text) text, sizeof text - 1

/* Feeds it in pieces; what it came to, and how much was used of all. */
static int feed(struct body *body, const char *bytes, size_t length, size_t piece, size_t *used,
                struct fault *fault)
{
    int result = 0;
    for (*used = 0; result == 0 && *used < length;) {
        size_t left = length - *used;
        size_t now = left < piece ? left : piece;
        size_t taken;
        char *copy = malloc(now);
        memcpy(copy, bytes + *used, now);
        result = body_take(body, copy, now, &taken, fault);
        *used += taken;
        free(copy);
    }
    return result;
}

static void test_right_ones(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t length;
        struct head head;
        const char *body;
        size_t used;
    } cases[] = {
        {TEXT("abcdefGET"), {.has_length = true, .length = 6}, "abcdef", 6},
        {TEXT("1\r\na\r\n0\r\n\r\nGET"), {.chunked = true}, "a", 11},
        {TEXT("3\r\nabc\r\nA\r\n0123456789\r\n00\r\n\r\n"), {.chunked = true}, "abc0123456789", 29},
        {TEXT("2;x=\"y\"\r\nab\r\n1 \r\nc\r\n0;z\r\nT: u\r\nV: w\r\n\r\n"),
         {.chunked = true},
         "abc",
         39},
        {TEXT("0\r\n\r\n"), {.chunked = true}, "", 5},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (size_t piece = 1; piece <= cases[i].length; piece++) {
            struct body body;
            struct fault fault;
            size_t used;
            body_init(&body, &cases[i].head);
            assert_int_equal(feed(&body, cases[i].bytes, cases[i].length, piece, &used, &fault), 1);
            assert_string_equal(body.bytes.data, cases[i].body);
            assert_int_equal(used, cases[i].used);
            body_finish(&body);
        }
    }
}

static void test_no_body(void **state)
{
    (void)state;
    struct body body;
    struct fault fault;
    size_t used;
    body_init(&body, &(struct head){.has_length = true});
    assert_int_equal(body_take(&body, "GET", 3, &used, &fault), 1);
    assert_int_equal(used, 0);
    body_finish(&body);
    body_init(&body, &(struct head){.has_length = true, .length = 1});
    assert_int_equal(body_take(&body, "", 0, &used, &fault), 0);
    body_finish(&body);
}

#define BAD   "A chunk is malformed."
#define LARGE "The body is larger than 1,048,576 bytes."
#define X64   "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static void test_wrong_ones(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t length;
        int status;
        const char *detail;
    } cases[] = {
        {TEXT("\r\n"), 400, BAD},
        {TEXT(";a\r\n"), 400, BAD},
        {TEXT("g\r\n"), 400, BAD},
        {TEXT("-1\r\n"), 400, BAD},
        {TEXT("0x1\r\n"), 400, BAD},
        {TEXT("1\n"), 400, BAD},
        {TEXT("1\ra"), 400, BAD},
        {TEXT("1\r\nab\r\n"), 400, BAD},
        {TEXT("1\r\na\n"), 400, BAD},
        {TEXT("1\r\na\r\r"), 400, BAD},
        {TEXT("1;\0\r\n"), 400, BAD},
        {TEXT("1;\n"), 400, BAD},
        {TEXT("1;" X64 X64 X64 X64), 400, BAD},
        {TEXT("0\r\na\n"), 400, BAD},
        {TEXT("0\r\n\ra"), 400, BAD},
        {TEXT("100001\r\n"), 413, LARGE},
        {TEXT("ffffffffffffffff\r\n"), 413, LARGE},
        {TEXT("10000000000000001\r\n"), 413, LARGE},
        {TEXT("1\r\na\r\n100000\r\n"), 413, LARGE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (size_t piece = 1; piece <= cases[i].length; piece++) {
            struct body body;
            struct fault fault = {.status = 0, .detail = ""};
            size_t used;
            body_init(&body, &(struct head){.chunked = true});
            assert_int_equal(feed(&body, cases[i].bytes, cases[i].length, piece, &used, &fault),
                             -1);
            assert_string_equal(fault.detail, cases[i].detail);
            assert_int_equal(fault.status, cases[i].status);
            body_finish(&body);
        }
    }
}

static void test_limits(void **state)
{
    (void)state;
    struct body body;
    struct fault fault;
    size_t used;
    static char zeros[HTTP_BODY_BYTES_MAX + 1];
    body_init(&body, &(struct head){.has_length = true, .length = HTTP_BODY_BYTES_MAX});
    assert_int_equal(body_take(&body, zeros, sizeof zeros, &used, &fault), 1);
    assert_int_equal(used, HTTP_BODY_BYTES_MAX);
    body_finish(&body);
    body_init(&body, &(struct head){.has_length = true, .length = HTTP_BODY_BYTES_MAX + 1});
    assert_int_equal(body_take(&body, zeros, sizeof zeros, &used, &fault), -1);
    assert_int_equal(fault.status, 413);
    body_finish(&body);

    body_init(&body, &(struct head){.chunked = true});
    assert_int_equal(body_take(&body, "0\r\n", 3, &used, &fault), 0);
    int result = 0, lines = 0;
    for (; result == 0 && lines < 100; lines++)
        result = body_take(&body, X64 "\r\n", 66, &used, &fault);
    assert_int_equal(result, -1);
    assert_int_equal(fault.status, 431);
    assert_int_equal(lines, 64); /* the LF does not count: 4,096 bytes, and one more */
    body_finish(&body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_right_ones),
        cmocka_unit_test(test_no_body),
        cmocka_unit_test(test_wrong_ones),
        cmocka_unit_test(test_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
