/* The head of a request: what is read out of it, and everything that is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/http/fault.h"
#include "core/http/head.h"

/* Read from memory of just that size, so that AddressSanitizer sees a byte too far. */
static int parse(const char *text, size_t length, struct head *head, struct fault *fault,
                 char **copy)
{
    *copy = malloc(length ? length : 1);
    memcpy(*copy, text, length);
    return head_parse(*copy, length, head, fault);
}

static void test_what_is_read(void **state)
{
    (void)state;
    static const char text[] = "POST /v1/events?a=/b HTTP/1.1\r\nHost: x\r\n"
                               "AUTHORIZATION: \t Bearer  a b \t\r\nContent-Length:  0042\r\n"
                               "Connection: keep-alive, x\r\nX-Other: \xff\r\nEmpty:\r\n"
                               "webhook-id: m\r\nExpect: 100-Continue\r\n\r\n";
    struct head head;
    struct fault fault;
    char *copy;
    assert_int_equal(parse(text, strlen(text), &head, &fault, &copy), 0);
    assert_true(span_equal(head.method, "POST"));
    assert_true(span_equal(head.path, "/v1/events"));
    assert_true(span_equal(head.headers[HEAD_AUTHORIZATION], "Bearer  a b"));
    assert_true(span_equal(head.headers[HEAD_WEBHOOK_ID], "m"));
    assert_null(head.headers[HEAD_IDEMPOTENCY_KEY].start);
    assert_true(head.has_length);
    assert_int_equal(head.length, 42);
    assert_false(head.chunked);
    assert_true(head.keep_alive);
    assert_true(head.expects_continue);
    free(copy);
}

static void test_paths_and_connections(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        const char *headers;
        const char *path;
        bool keep_alive;
    } cases[] = {
        {"GET / HTTP/1.1", "Host: x\r\n", "/", true},
        {"GET * HTTP/1.1", "Host: x\r\n", "*", true},
        {"GET http://a.example HTTP/1.1", "Host: x\r\n", "/", true},
        {"GET http://a.example?x=/v1/events HTTP/1.1", "Host: x\r\n", "/", true},
        {"GET http://a.example#/v1/events HTTP/1.1", "Host: x\r\n", "/", true},
        {"GET http://a.example/b?x=/v1/events HTTP/1.1", "Host: x\r\n", "/b", true},
        {"GET HTTPS://a.example/b?c HTTP/1.1", "Host: x\r\n", "/b", true},
        {"GET /http://a/b HTTP/1.1", "Host: x\r\n", "/http://a/b", true},
        {"GET ? HTTP/1.1", "Host: x\r\n", "", true},
        {"GET / HTTP/1.1", "Host:\r\n", "/", true},
        {"GET / HTTP/1.1", "Host: x\r\nConnection: close\r\n", "/", false},
        {"GET / HTTP/1.1", "Host: x\r\nConnection: a,, CLOSE ,b\r\n", "/", false},
        {"GET / HTTP/1.1", "Host: x\r\nConnection: a\r\nConnection: close\r\n", "/", false},
        {"GET / HTTP/1.1", "Host: x\r\nConnection: closed\r\n", "/", true},
        {"GET / HTTP/1.0", "", "/", false},
        {"GET / HTTP/1.0", "Connection: keep-alive\r\n", "/", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[512];
        struct head head;
        struct fault fault;
        char *copy;
        int length = snprintf(text, sizeof text, "%s\r\n%s\r\n", cases[i].line, cases[i].headers);
        assert_int_equal(parse(text, (size_t)length, &head, &fault, &copy), 0);
        assert_true(span_equal(head.path, cases[i].path));
        assert_int_equal(head.keep_alive, cases[i].keep_alive);
        free(copy);
    }
}

#define LINE       "The first line is not `METHOD URL HTTP/1.1`."
#define HEADER     "A header is not `Name: value`."
#define ENDING     "A line of the head does not end with CR LF."
#define LENGTH     "Content-Length is not a number of bytes."
#define CODING     "The only Transfer-Encoding is `chunked`, with HTTP/1.1."
#define TWICE      "A header that says one thing is there twice."
#define CONTROL    "A header holds a control character."
#define VERSION    "Only HTTP/1.1 and HTTP/1.0 are spoken here."
#define URL        "The URL holds a character that must be percent-encoded."
#define GET        "GET / HTTP/1.1\r\nHost: x\r\n"
#define TEXT(text) text, sizeof text - 1

static void test_what_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t length;
        int status;
        const char *detail;
    } cases[] = {
        {TEXT(""), 400, ENDING},
        {TEXT("\r\n\r\n"), 400, LINE},
        {TEXT("GET\r\n\r\n"), 400, LINE},
        {TEXT("GET /\r\n\r\n"), 400, LINE},
        {TEXT("GET  HTTP/1.1\r\n\r\n"), 400, LINE},
        {TEXT("GET / HTTP/1\r\n\r\n"), 400, LINE},
        {TEXT("GET / http/1.1\r\n\r\n"), 400, LINE},
        {TEXT("GET / HTTP/1.1 \r\n\r\n"), 400, LINE},
        {TEXT("G(T / HTTP/1.1\r\n\r\n"), 400, LINE},
        {TEXT("G\0T / HTTP/1.1\r\n\r\n"), 400, LINE},
        {TEXT("GET / HTTP/2.0\r\n\r\n"), 505, VERSION},
        {TEXT("GET /\x7f HTTP/1.1\r\n\r\n"), 400, URL},
        {TEXT("GET /\0 HTTP/1.1\r\n\r\n"), 400, URL},
        {TEXT("GET /\xc3\xa9 HTTP/1.1\r\n\r\n"), 400, URL},
        {TEXT("GET / HTTP/1.1\nHost: x\r\n\r\n"), 400, ENDING},
        {TEXT("GET / HTTP/1.1\r\n\r\n"), 400, "HTTP/1.1 requires the header Host."},
        {TEXT(GET), 400, ENDING}, /* no empty line: only what is whole is handed in */
        {TEXT(GET "\r\nmore\r\n"), 400, ENDING},
        {TEXT(GET "a\r\n\r\n"), 400, HEADER},
        {TEXT(GET "a : b\r\n\r\n"), 400, HEADER},
        {TEXT(GET " a: b\r\n\r\n"), 400, HEADER},
        {TEXT(GET ":\r\n\r\n"), 400, HEADER},
        {TEXT(GET "\0: b\r\n\r\n"), 400, HEADER},
        {TEXT(GET "a: b\0\r\n\r\n"), 400, CONTROL},
        {TEXT(GET "a: b\rc\r\n\r\n"), 400, CONTROL},
        {TEXT(GET "a: \x7f\r\n\r\n"), 400, CONTROL},
        {TEXT(GET "host: y\r\n\r\n"), 400, TWICE},
        {TEXT(GET "Content-Type: a\r\nContent-Type: a\r\n\r\n"), 400, TWICE},
        {TEXT(GET "Content-Length: 1\r\nContent-Length: 1\r\n\r\n"), 400, TWICE},
        {TEXT(GET "Content-Length: \r\n\r\n"), 400, LENGTH},
        {TEXT(GET "Content-Length: 1 2\r\n\r\n"), 400, LENGTH},
        {TEXT(GET "Content-Length: 1,1\r\n\r\n"), 400, LENGTH},
        {TEXT(GET "Content-Length: -1\r\n\r\n"), 400, LENGTH},
        {TEXT(GET "Content-Length: 1234567890123456789\r\n\r\n"), 400, LENGTH},
        {TEXT(GET "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n"), 400,
         "Content-Length and Transfer-Encoding are both there."},
        {TEXT(GET "Transfer-Encoding: gzip\r\n\r\n"), 400, CODING},
        {TEXT(GET "Transfer-Encoding: chunked, chunked\r\n\r\n"), 400, CODING},
        {TEXT("GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), 400, CODING},
        {TEXT(GET "Expect: wonders\r\n\r\n"), 417, "The only Expect is `100-continue`."},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct head head;
        struct fault fault;
        char *copy;
        assert_int_equal(parse(cases[i].text, cases[i].length, &head, &fault, &copy), -1);
        assert_string_equal(fault.detail, cases[i].detail);
        assert_int_equal(fault.status, cases[i].status);
        free(copy);
    }
}

static void test_limits(void **state)
{
    (void)state;
    struct head head;
    struct fault fault;
    static char text[HTTP_HEAD_BYTES_MAX];
    for (size_t bytes = 8192; bytes <= 8193; bytes++) {
        int length =
            snprintf(text, sizeof text, "GET %0*d HTTP/1.1\r\nHost: x\r\n\r\n", (int)bytes, 0);
        assert_int_equal(head_parse(text, (size_t)length, &head, &fault), bytes == 8192 ? 0 : -1);
    }
    assert_int_equal(fault.status, 414);
    for (int count = HTTP_HEADERS_MAX; count <= HTTP_HEADERS_MAX + 1; count++) {
        strcpy(text, GET);
        for (int i = 1; i < count; i++)
            strcat(text, "a: b\r\n");
        strcat(text, "\r\n");
        assert_int_equal(head_parse(text, strlen(text), &head, &fault),
                         count == HTTP_HEADERS_MAX ? 0 : -1);
    }
    assert_int_equal(fault.status, 431);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_read),
        cmocka_unit_test(test_paths_and_connections),
        cmocka_unit_test(test_what_is_refused),
        cmocka_unit_test(test_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
