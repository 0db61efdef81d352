/* The bus's answers, read and shown. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "core/base/error.h"
#include "core/cli/outcome.h"

#define ID "evt_0123456789abcdef0123456789abcdef"

static const struct {
    const char *answer;
    enum outcome_kind kind;
    const char *json; /* as it is shown */
    const char *sentence;
} read_cases[] = {
    {"{\"ok\":true,\"id\":\"" ID "\",\"new\":true}", OUTCOME_ACCEPTED,
     "{\"line\":7,\"ok\":true,\"id\":\"" ID "\",\"new\":true}", ""},
    {"{\"new\":false,\"later\":[],\"id\":\"" ID "\",\"ok\":true}", OUTCOME_ACCEPTED,
     "{\"line\":7,\"ok\":true,\"id\":\"" ID "\",\"new\":false}", ""},
    {"{\"ok\":false,\"field\":\"email\",\"rule\":\"syntax\",\"message\":\"email has no @\"}",
     OUTCOME_REFUSED,
     "{\"line\":7,\"ok\":false,\"field\":\"email\",\"rule\":\"syntax\",\"message\":\"email has no "
     "@\"}",
     "email has no @"},
    {"{\"ok\":false,\"field\":\"email\",\"rule\":\"syntax\",\"message\":\"no @\"}", OUTCOME_REFUSED,
     "{\"line\":7,\"ok\":false,\"field\":\"email\",\"rule\":\"syntax\",\"message\":\"no @\"}",
     "email: no @"},
    {"{\"ok\":false,\"rule\":\"unavailable\",\"message\":\"the disk is full\"}",
     OUTCOME_UNAVAILABLE,
     "{\"line\":7,\"ok\":false,\"field\":\"\",\"rule\":\"unavailable\",\"message\":\"the disk is "
     "full\"}",
     "the disk is full"},
};

static void answers_are_read_and_shown(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof read_cases / sizeof *read_cases; i++) {
        struct outcome outcome;
        struct error error;
        const char *answer = read_cases[i].answer;
        assert_int_equal(outcome_read(answer, strlen(answer), &outcome, &error), 0);
        assert_int_equal(outcome.kind, read_cases[i].kind);
        char *json = outcome_json(&outcome, 7);
        assert_string_equal(json, read_cases[i].json);
        char *sentence = outcome_sentence(&outcome);
        assert_string_equal(sentence, read_cases[i].sentence);
        free(json);
        free(sentence);
    }
}

static void other_answers_are_no_answers(void **state)
{
    (void)state;
    static const char *const answers[] = {
        "",
        "HTTP/1.1 400 Bad Request",
        "[]",
        "{}",
        "{\"ok\":1}",
        "{\"ok\":true}",
        "{\"ok\":true,\"id\":\"" ID "\"}",
        "{\"ok\":true,\"id\":\"" ID "0\",\"new\":true}",
        "{\"ok\":true,\"id\":5,\"new\":true}",
        "{\"ok\":false}",
        "{\"ok\":false,\"ok\":true,\"id\":\"" ID "\",\"new\":true}",
    };
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        struct outcome outcome;
        struct error error;
        assert_int_equal(outcome_read(answers[i], strlen(answers[i]), &outcome, &error), -1);
        assert_string_equal(error.text,
                            "what answered is not affnotifyd: it does not speak the line protocol");
    }
}

static void a_spooled_event_has_no_line_of_its_own(void **state)
{
    (void)state;
    const struct outcome outcome = {.kind = OUTCOME_SPOOLED};
    char *json = outcome_json(&outcome, 0);
    assert_string_equal(json, "{\"ok\":true,\"spooled\":true}");
    free(json);
}

static void a_long_message_is_cut_between_characters(void **state)
{
    (void)state;
    char answer[2048] = "{\"ok\":false,\"rule\":\"r\",\"message\":\"";
    for (int i = 0; i < 400; i++)
        strcat(answer, "\xc3\xa9");
    strcat(answer, "\"}");
    struct outcome outcome;
    struct error error;
    assert_int_equal(outcome_read(answer, strlen(answer), &outcome, &error), 0);
    assert_int_equal(strlen(outcome.refusal.message), sizeof outcome.refusal.message - 2);
    free(outcome_json(&outcome, 0)); /* asserts that it is UTF-8 */
}

static void a_refusal_of_our_own_is_utf8(void **state)
{
    (void)state;
    struct outcome outcome;
    assert_int_equal(outcome_refuse(&outcome, "", "unavailable", "%s: \xc3\xa9", "/tmp/\xff"), -1);
    assert_string_equal(outcome.refusal.message, "/tmp/?: ?\?");
    outcome_refuse(&outcome, "", "unavailable", "%s", "/tmp/\xc3\xa9");
    assert_string_equal(outcome.refusal.message, "/tmp/\xc3\xa9");
    assert_int_equal(outcome.kind, OUTCOME_REFUSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_are_read_and_shown),
        cmocka_unit_test(other_answers_are_no_answers),
        cmocka_unit_test(a_spooled_event_has_no_line_of_its_own),
        cmocka_unit_test(a_long_message_is_cut_between_characters),
        cmocka_unit_test(a_refusal_of_our_own_is_utf8),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
