/* Who is let in by the head alone, and what the others are told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "core/base/error.h"
#include "core/http/admission.h"
#include "core/http/credentials.h"
#include "core/http/fault.h"
#include "core/http/head.h"
#include "core/http/route.h"

#define NOW    1614265330000
#define TOKEN  "Authorization: Bearer a-token-for-tests\r\n"
#define SIGNED "webhook-id: a\r\nwebhook-timestamp: 1614265330\r\nwebhook-signature: v1,x\r\n"
#define TYPE   "Send JSON, with `Content-Type: application/json`."
#define LENGTH "Content-Length: 2\r\n"
#define POST   "POST /v1/events HTTP/1.1\r\nHost: x\r\n"

static int judge(const char *text, const struct credentials *credentials,
                 struct admission *admission, struct fault *fault)
{
    char whole[1024];
    struct head head;
    strcpy(whole, text);
    strcat(whole, "\r\n");
    assert_int_equal(head_parse(whole, strlen(whole), &head, fault), 0);
    return admission_judge(DOOR_ROLE_INGEST, &head, credentials, NOW, admission, fault);
}

static void test_refusals(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int status;
    } cases[] = {
        {"GET / HTTP/1.1\r\nHost: x\r\n", 404},
        {"POST /v1/Events HTTP/1.1\r\nHost: x\r\n" TOKEN LENGTH, 404},
        {"GET /v1/events HTTP/1.1\r\nHost: x\r\n" TOKEN, 405},
        {"post /v1/events HTTP/1.1\r\nHost: x\r\n" TOKEN, 405},
        {POST "Content-Length: 1048577\r\n", 413},
        {POST TOKEN "Content-Length: 10000000000\r\n", 413},
        {POST LENGTH, 401},
        {POST SIGNED LENGTH, 401}, /* no secret is set */
        {POST "Authorization: Bearer a-token-for-test\r\n" LENGTH, 401},
        {POST TOKEN, 411},
    };
    struct credentials credentials = {.token_count = 0};
    credentials_add_token(&credentials, "a-token-for-tests");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct admission admission;
        struct fault fault;
        assert_int_equal(judge(cases[i].text, &credentials, &admission, &fault), -1);
        assert_int_equal(fault.status, cases[i].status);
        if (fault.status == 405)
            assert_string_equal(admission.allow, "POST");
        else
            assert_null(admission.allow);
    }
}

static void test_admitted(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool proven;
        bool signs;
        const char *unreadable;
    } cases[] = {
        {POST TOKEN LENGTH, true, false, NULL},
        {POST TOKEN SIGNED LENGTH, true, false, NULL},
        {POST TOKEN "Transfer-Encoding: chunked\r\n", true, false, NULL},
        {POST TOKEN LENGTH "Content-Type: application/json\r\n", true, false, NULL},
        {POST TOKEN LENGTH "Content-Type: APPLICATION/json \t; charset=utf-8\r\n", true, false,
         NULL},
        {POST TOKEN LENGTH "Content-Encoding: Identity\r\n", true, false, NULL},
        {POST TOKEN LENGTH "Content-Type: text/plain\r\n", true, false, TYPE},
        {POST TOKEN LENGTH "Content-Type: application/jsonx\r\n", true, false, TYPE},
        {POST TOKEN LENGTH "Content-Type:\r\n", true, false, TYPE},
        {POST SIGNED LENGTH "Content-Type: text/plain\r\n", false, true, TYPE},
        {POST TOKEN LENGTH "Content-Encoding: br\r\n", true, false,
         "Send the body as it is, without a Content-Encoding."},
        {POST SIGNED LENGTH, false, true, NULL},
        {POST "Authorization: Bearer wrong\r\n" SIGNED LENGTH, false, true, NULL},
    };
    struct credentials credentials = {.token_count = 0};
    struct error error;
    credentials_add_token(&credentials, "a-token-for-tests");
    assert_int_equal(credentials_add_secret(&credentials, "whsec_QUFBQQ==", &error), 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct admission admission;
        struct fault fault;
        assert_int_equal(judge(cases[i].text, &credentials, &admission, &fault), 0);
        assert_int_equal(admission.proven, cases[i].proven);
        assert_int_equal(admission.signs, cases[i].signs);
        if (cases[i].unreadable)
            assert_string_equal(admission.unreadable, cases[i].unreadable);
        else
            assert_null(admission.unreadable);
        assert_string_equal(admission.route->path, "/v1/events");
    }
}

/* Each listener serves its own; what only reads needs no proof and takes no body. */
static void test_roles(void **state)
{
    (void)state;
    static const struct {
        enum door_role role;
        const char *text;
        int status; /* 0: it is let in */
    } cases[] = {
        {DOOR_ROLE_ADMIN, "GET /metrics HTTP/1.1\r\nHost: x\r\n", 0},
        {DOOR_ROLE_ADMIN, "HEAD /metrics HTTP/1.1\r\nHost: x\r\n", 0},
        {DOOR_ROLE_ADMIN, "GET /readyz?x HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n", 0},
        {DOOR_ROLE_ADMIN, "GET /healthz HTTP/1.1\r\nHost: x\r\n", 0},
        {DOOR_ROLE_ADMIN, "GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n", 413},
        {DOOR_ROLE_ADMIN, "GET /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n",
         413},
        {DOOR_ROLE_ADMIN, "POST /metrics HTTP/1.1\r\nHost: x\r\n" TOKEN LENGTH, 405},
        {DOOR_ROLE_ADMIN, "GE /metrics HTTP/1.1\r\nHost: x\r\n", 405},
        {DOOR_ROLE_ADMIN, "GET, /metrics HTTP/1.1\r\nHost: x\r\n", 400},
        {DOOR_ROLE_ADMIN, POST TOKEN LENGTH, 404},
        {DOOR_ROLE_INGEST, "GET /metrics HTTP/1.1\r\nHost: x\r\n" TOKEN, 404},
        {DOOR_ROLE_INGEST, "GET /readyz HTTP/1.1\r\nHost: x\r\n" TOKEN, 404},
    };
    struct credentials credentials = {.token_count = 0};
    credentials_add_token(&credentials, "a-token-for-tests");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char whole[1024];
        struct head head;
        struct admission admission;
        struct fault fault = {.status = 0};
        strcpy(whole, cases[i].text);
        strcat(whole, "\r\n");
        if (head_parse(whole, strlen(whole), &head, &fault) == 0 &&
            admission_judge(cases[i].role, &head, &credentials, NOW, &admission, &fault) == 0)
            fault.status = 0;
        assert_int_equal(fault.status, cases[i].status);
        if (fault.status == 405)
            assert_string_equal(admission.allow, "GET, HEAD");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_admitted),
        cmocka_unit_test(test_roles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
