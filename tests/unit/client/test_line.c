/* Events as lines of the C client: written, or refused with field, rule and sentence. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <affnotify/client.h>
#include <string.h>

#include "core/client/line.h"
#include "core/event/refusal.h"

#define NOW_UNIX_MS 1773835200123 /* 2026-03-18T12:00:00.123Z */
#define STAMP       "\"occurred_at\":\"2026-03-18T12:00:00.123Z\""

static const struct {
    struct affn_client_event event;
    const char *line;
} made[] = {
    {{.event = "affiliate.created", .email = "a@example.com"},
     "{\"event\":\"affiliate.created\",\"email\":\"a@example.com\"," STAMP "}\n"},
    {{.event = "affiliate.deactivated",
      .email = " A@example.com\n",
      .affiliate_id = "IA_0123ABCD",
      .deep_link = "",
      .occurred_at = "2026-03-18T14:00:00+02:00",
      .via = "self_signup"},
     "{\"event\":\"affiliate.deactivated\",\"affiliate_id\":\"IA_0123ABCD\","
     "\"email\":\"A@example.com\",\"deep_link\":\"\","
     "\"occurred_at\":\"2026-03-18T12:00:00.000Z\",\"via\":\"self_signup\"}\n"},
    /* The bus passes over an ID of another form, so it is not sent. */
    {{.event = "affiliate.created", .email = "\xc3\xa9@example.com", .affiliate_id = "\"17"},
     "{\"event\":\"affiliate.created\",\"email\":\"\xc3\xa9@example.com\"," STAMP "}\n"},
};

static void events_become_lines(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
        char line[CLIENT_LINE_SIZE];
        struct refusal refusal;
        int length = client_line_make(&made[i].event, NOW_UNIX_MS, line, &refusal);
        assert_int_equal(length, strlen(made[i].line));
        assert_string_equal(line, made[i].line);
    }
}

static const struct {
    struct affn_client_event event;
    const char *field;
    const char *rule;
    const char *message;
} refused[] = {
    {{.email = "a@example.com"}, "event", "missing", "event is missing; every event must have one"},
    {{.event = "created", .email = "a@example.com"},
     "event",
     "unknown_event",
     "event is neither affiliate.created nor affiliate.deactivated; send one of them"},
    {{.event = "affiliate.created"},
     "email",
     "missing",
     "email is missing; every event must have one"},
    {{.event = "affiliate.created", .email = "\"@example.com"},
     "email",
     "forbidden_character",
     NULL},
    {{.event = "affiliate.created", .email = "a@example.com", .deep_link = "a"},
     "deep_link",
     NULL,
     NULL},
    {{.event = "affiliate.created", .email = "a@example.com", .deep_link = "a:\\"},
     "deep_link",
     "forbidden_character",
     NULL},
    {{.event = "affiliate.created", .email = "a@example.com", .occurred_at = "now"},
     "occurred_at",
     "syntax",
     "occurred_at is not a time such as 2026-03-18T12:00:00Z; mend it, or leave it out"},
    {{.event = "affiliate.created", .email = "a@example.com", .via = ""},
     "via",
     "unknown_via",
     "via is none of dashboard, self_signup and join_request; send one of them, or leave it out"},
};

static void what_breaks_a_rule_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        char line[CLIENT_LINE_SIZE];
        struct refusal refusal;
        assert_int_equal(client_line_make(&refused[i].event, NOW_UNIX_MS, line, &refusal), -1);
        assert_string_equal(refusal.field, refused[i].field);
        if (refused[i].rule)
            assert_string_equal(refusal.rule, refused[i].rule);
        if (refused[i].message)
            assert_string_equal(refusal.message, refused[i].message);
    }
}

static void the_longest_event_has_room(void **state)
{
    (void)state;
    char email[EMAIL_BYTES_MAX + 1] = "", link[DEEP_LINK_BYTES_MAX + 1] = "a:";
    char line[CLIENT_LINE_SIZE];
    struct refusal refusal;
    memset(email, 'a', EMAIL_BYTES_MAX);
    email[1] = '@';
    for (size_t i = 62; i < EMAIL_BYTES_MAX - 1; i += 60) /* labels have 63 characters at most */
        email[i] = '.';
    memset(link + 2, 'a', DEEP_LINK_BYTES_MAX - 2);
    const struct affn_client_event event = {
        .event = "affiliate.deactivated",
        .email = email,
        .affiliate_id = "ia_01234567",
        .deep_link = link,
        .occurred_at = "2026-03-18T12:00:00Z",
        .via = "join_request",
    };
    int length = client_line_make(&event, NOW_UNIX_MS, line, &refusal);
    assert_true(length > EMAIL_BYTES_MAX + DEEP_LINK_BYTES_MAX);
    assert_string_equal(strstr(line, ",\"via\""), ",\"via\":\"join_request\"}\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_become_lines),
        cmocka_unit_test(what_breaks_a_rule_is_refused),
        cmocka_unit_test(the_longest_event_has_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
