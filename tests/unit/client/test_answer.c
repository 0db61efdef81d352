/* The bus's answers, read without a library: whole, foreign, cut anywhere. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <affnotify/client.h>
#include <stdlib.h>
#include <string.h>

#include "core/client/answer.h"

#define ID      "evt_00000000000000000000000000000000"
#define FOREIGN "what answered is not affnotifyd: it does not speak the line protocol"

static const struct {
    const char *answer;
    int32_t kind;
    struct affn_client_result result;
} cases[] = {
    {"{\"ok\":true,\"id\":\"" ID "\",\"new\":true}", AFFN_CLIENT_ACCEPTED, {.id = ID}},
    {"{\"ok\":true,\"id\":\"" ID "\",\"new\":false}", AFFN_CLIENT_KNOWN, {.id = ID}},
    {" { \"x\" : [1,{\"a\":\"}\\\"]\"}] , \"new\" : true , \"id\" : \"" ID
     "\" , \"ok\" : true , \"ok_too\" : null } ",
     AFFN_CLIENT_ACCEPTED,
     {.id = ID}},
    {"{\"ok\":false,\"field\":\"email\",\"rule\":\"syntax\",\"message\":\"email has no @\"}",
     AFFN_CLIENT_REFUSED,
     {.field = "email", .rule = "syntax", .message = "email has no @"}},
    {"{\"ok\":false,\"field\":\"\",\"rule\":\"r\",\"message\":"
     "\"\\u00e9\\u2014\\u0041\\n\\\"\\ud83d\\ude00\"}",
     AFFN_CLIENT_REFUSED,
     {.rule = "r",
      .message = "\xc3\xa9\xe2\x80\x94"
                 "A\n\"??"}},
    /* Not the event's fault: to be spooled. */
    {"{\"ok\":false,\"field\":\"\",\"rule\":\"unavailable\",\"message\":\"disk full\"}",
     AFFN_CLIENT_FAILED,
     {.rule = "unavailable", .message = "disk full"}},
    {"{\"ok\":false,\"field\":\"\",\"rule\":\"forbidden\",\"message\":\"no\"}",
     AFFN_CLIENT_FAILED,
     {.rule = "forbidden", .message = "no"}},
    {"", AFFN_CLIENT_FAILED, {.message = FOREIGN}},
    {"HTTP/1.1 400 Bad Request", AFFN_CLIENT_FAILED, {.message = FOREIGN}},
    {"[]", AFFN_CLIENT_FAILED, {.message = FOREIGN}},
    {"{}", AFFN_CLIENT_FAILED, {.message = FOREIGN}},
    {"{\"ok\":true}", AFFN_CLIENT_FAILED, {.message = FOREIGN}},
    {"{\"ok\":true,\"id\":\"17\",\"new\":true}", AFFN_CLIENT_FAILED, {.message = FOREIGN}},
    /* An ID is whole, or none: not followed by anything, not cut where our memory ends. */
    {"{\"ok\":true,\"id\":\"evt_\",\"new\":true}", AFFN_CLIENT_FAILED, {.message = FOREIGN}},
    {"{\"ok\":true,\"id\":\"evt_\\u0000\",\"new\":true}", AFFN_CLIENT_FAILED, {.message = FOREIGN}},
    {"{\"ok\":true,\"id\":\"" ID "0\",\"new\":true}", AFFN_CLIENT_FAILED, {.message = FOREIGN}},
    {"{\"ok\":true,\"id\":\"" ID ID ID ID "\",\"new\":true}",
     AFFN_CLIENT_FAILED,
     {.message = FOREIGN}},
    {"{\"ok\":true,\"id\":\"" ID "\xf0\x9f\x98\x80\",\"new\":true}",
     AFFN_CLIENT_FAILED,
     {.message = FOREIGN}},
    {"{\"ok\":true,\"id\":\"" ID "\"}", AFFN_CLIENT_FAILED, {.message = FOREIGN}},
    {"{\"ok\":1,\"id\":\"" ID "\",\"new\":true}", AFFN_CLIENT_FAILED, {.message = FOREIGN}},
    {"{\"ok\":false,\"message\":\"why\"}", AFFN_CLIENT_FAILED, {.message = FOREIGN}},
    {"{\"ok\":true,\"id\":\"" ID "\",\"new\":true} {}", AFFN_CLIENT_FAILED, {.message = FOREIGN}},
    {"{\"ok\":false,\"rule\":\"r\",\"message\":\"\\x\"}", AFFN_CLIENT_FAILED, {.message = FOREIGN}},
    {"{\"ok\":false,\"rule\":\"r\",\"message\":\"\\u12g4\"}",
     AFFN_CLIENT_FAILED,
     {.message = FOREIGN}},
};

/* From memory of just that length, so that the sanitizer sees a byte too many. */
static int32_t read_exactly(const char *answer, size_t length, struct affn_client_result *result)
{
    char *copy = malloc(length ? length : 1);
    assert_non_null(copy);
    memcpy(copy, answer, length);
    int32_t kind = client_answer_read(copy, length, result);
    free(copy);
    return kind;
}

static void answers_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct affn_client_result result;
        int32_t kind = read_exactly(cases[i].answer, strlen(cases[i].answer), &result);
        if (kind != cases[i].kind)
            fail_msg("%s: %d", cases[i].answer, kind);
        assert_string_equal(result.id, cases[i].result.id);
        assert_string_equal(result.field, cases[i].result.field);
        assert_string_equal(result.rule, cases[i].result.rule);
        assert_string_equal(result.message, cases[i].result.message);
    }
}

static void an_answer_that_is_cut_is_none(void **state)
{
    (void)state;
    for (size_t i = 0; i < 5; i++) {
        size_t whole = strlen(cases[i].answer);
        while (cases[i].answer[whole - 1] == ' ')
            whole--;
        for (size_t length = 0; length < whole; length++) {
            struct affn_client_result result;
            assert_int_equal(read_exactly(cases[i].answer, length, &result), AFFN_CLIENT_FAILED);
        }
    }
}

static void long_texts_are_cut_at_a_character(void **state)
{
    (void)state;
    char answer[4096] = "{\"ok\":false,\"rule\":\"r\",\"message\":\"a";
    for (int i = 0; i < 600; i++)
        strcat(answer, "\xc3\xa9");
    strcat(answer, "\"}");
    struct affn_client_result result;
    assert_int_equal(read_exactly(answer, strlen(answer), &result), AFFN_CLIENT_REFUSED);
    assert_int_equal(strlen(result.message), 511);
    assert_string_equal(result.message + 509, "\xc3\xa9");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_are_read),
        cmocka_unit_test(an_answer_that_is_cut_is_none),
        cmocka_unit_test(long_texts_are_cut_at_a_character),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
