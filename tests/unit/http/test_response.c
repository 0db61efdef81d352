/* Responses byte by byte, dates, problem documents. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buffer.h"
#include "core/http/fault.h"
#include "core/http/response.h"

static void expect(const struct response *response, const char *expected)
{
    struct buffer out;
    buffer_init(&out, response->body_bytes + RESPONSE_HEAD_BYTES_MAX);
    response_write(&out, response, "Sun, 06 Nov 1994 08:49:37 GMT");
    assert_string_equal(out.data, expected);
    buffer_finish(&out);
}

#define DATE "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"

static void test_responses(void **state)
{
    (void)state;
    expect(&(struct response){.status = 200},
           "HTTP/1.1 200 OK\r\n" DATE "Content-Length: 0\r\n\r\n");
    expect(
        &(struct response){
            .status = 202, .content_type = "application/json", .body = "{}", .body_bytes = 2},
        "HTTP/1.1 202 Accepted\r\n" DATE
        "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}");
    expect(&(struct response){.status = 405, .allow = "POST", .closes = true},
           "HTTP/1.1 405 Method Not Allowed\r\n" DATE
           "Allow: POST\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    expect(&(struct response){.status = 401},
           "HTTP/1.1 401 Unauthorized\r\n" DATE
           "WWW-Authenticate: Bearer realm=\"affnotify\"\r\nContent-Length: 0\r\n\r\n");
    expect(&(struct response){.status = 503,
                              .retry_after_s = 1,
                              .body = "abc",
                              .body_bytes = 3,
                              .without_content = true},
           "HTTP/1.1 503 Service Unavailable\r\n" DATE
           "Retry-After: 1\r\nContent-Length: 3\r\n\r\n");
}

static void test_dates(void **state)
{
    (void)state;
    static const struct {
        long long seconds;
        const char *text;
    } cases[] = {
        {784111777, "Sun, 06 Nov 1994 08:49:37 GMT"},
        {0, "Thu, 01 Jan 1970 00:00:00 GMT"},
        {951782400, "Tue, 29 Feb 2000 00:00:00 GMT"},
        {4102444799, "Thu, 31 Dec 2099 23:59:59 GMT"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char date[RESPONSE_DATE_SIZE];
        response_date(cases[i].seconds, date);
        assert_string_equal(date, cases[i].text);
    }
}

static void test_problems(void **state)
{
    (void)state;
    char *text = response_problem(404, "There is \"nothing\".", NULL);
    assert_string_equal(text, "{\"type\":\"about:blank\",\"title\":\"Not Found\",\"status\":404,"
                              "\"detail\":\"There is \\\"nothing\\\".\"}");
    free(text);
    text = response_problem(400, "x", json_pack("{s:s}", "field", "email"));
    assert_string_equal(text, "{\"type\":\"about:blank\",\"title\":\"Bad Request\",\"status\":400,"
                              "\"detail\":\"x\",\"field\":\"email\"}");
    free(text);
    assert_string_equal(fault_reason(431), "Request Header Fields Too Large");
    assert_string_equal(fault_reason(999), "Error");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_responses),
        cmocka_unit_test(test_dates),
        cmocka_unit_test(test_problems),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
