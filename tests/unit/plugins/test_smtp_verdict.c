/* What the smtp sink makes of a mail server's answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "smtp_fixture.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static int32_t conclude(const struct affn_response *response)
{
    const struct affn_requester *requester = affn_sink_v1()->extension(AFFN_REQUEST);
    struct affn_event event;
    char id[37];
    event = fake_event(1, id);
    const struct affn_event *events[] = {&event};
    struct affn_batch batch = {.events = events, .count = 1};
    fake_reply_reset(1);
    return requester->conclude(smtp_self, &batch, response, &fake_reply);
}

static void answers_have_verdicts_and_remedies(void **state)
{
    (void)state;
#define PASSWORD "check user and password; some servers want a password made for this purpose only"
#define LOGIN    "the server wants a login: set user and password"
#define MECHANISM                                                                                  \
    "the server does not take this auth: try another of plain, login, xoauth2 and oauthbearer"
#define STARTTLS                                                                                   \
    "use the server's port with STARTTLS (often 587), or smtps:// and its port (often 465); for "  \
    "a "                                                                                           \
    "server on this machine there is starttls = never"
    static const struct {
        int32_t phase;
        int32_t code;
        int32_t host; /* the verdict of the host's map */
        int32_t verdict;
        const char *remedy;
    } cases[] = {
        {AFFN_PHASE_CONNECT, 0, AFFN_DOWN, AFFN_DOWN, ""},
        {AFFN_PHASE_TLS, 0, AFFN_DOWN, AFFN_DOWN, ""}, /* smtps://, or the certificate */
        {AFFN_PHASE_TLS, 250, AFFN_DOWN, AFFN_DOWN, STARTTLS},
        {AFFN_PHASE_TLS, 454, AFFN_DOWN, AFFN_DOWN, STARTTLS},
        {AFFN_PHASE_LOGIN, 421, AFFN_RETRY, AFFN_RETRY, ""},
        {AFFN_PHASE_LOGIN, 454, AFFN_RETRY, AFFN_RETRY, ""},
        {AFFN_PHASE_LOGIN, 504, AFFN_MISSET, AFFN_MISSET, MECHANISM},
        {AFFN_PHASE_LOGIN, 530, AFFN_MISSET, AFFN_MISSET, LOGIN},
        {AFFN_PHASE_LOGIN, 534, AFFN_MISSET, AFFN_MISSET, MECHANISM},
        {AFFN_PHASE_LOGIN, 535, AFFN_MISSET, AFFN_MISSET, PASSWORD},
        {AFFN_PHASE_LOGIN, 538, AFFN_MISSET, AFFN_MISSET, MECHANISM},
        {AFFN_PHASE_LOGIN, 554, AFFN_MISSET, AFFN_MISSET, ""},
        {AFFN_PHASE_LOGIN, 334, AFFN_MISSET, AFFN_MISSET, PASSWORD},
        {AFFN_PHASE_LOGIN, 0, AFFN_MISSET, AFFN_MISSET, ""}, /* the host says what it offers */
        {AFFN_PHASE_SENDER, 451, AFFN_RETRY, AFFN_RETRY, ""},
        {AFFN_PHASE_SENDER, 530, AFFN_MISSET, AFFN_MISSET, LOGIN},
        {AFFN_PHASE_SENDER, 550, AFFN_MISSET, AFFN_MISSET,
         "check from: the server does not let this user or this machine send as that address"},
        {AFFN_PHASE_MESSAGE, 250, AFFN_DELIVERED, AFFN_DELIVERED, ""},
        {AFFN_PHASE_MESSAGE, 451, AFFN_RETRY, AFFN_RETRY, ""},
        {AFFN_PHASE_MESSAGE, 552, AFFN_REFUSED, AFFN_REFUSED,
         "the mail is too large for the server, or a mailbox is full: lower batch, or ask whoever "
         "runs it"},
        {AFFN_PHASE_MESSAGE, 554, AFFN_REFUSED, AFFN_REFUSED, ""},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct affn_response response = {
            .phase = cases[i].phase, .code = cases[i].code, .verdict = cases[i].host};
        assert_int_equal(conclude(&response), cases[i].verdict);
        assert_string_equal(fake_reply.remedy, cases[i].remedy);
        assert_string_equal(fake_reply.what, ""); /* the host says it as well */
    }
}

static void tokens_expire(void **state)
{
    (void)state;
    enum { AUTH_XOAUTH2 = 2, AUTH_OAUTHBEARER };
    static const int32_t codes[] = {334, 535};
    for (int32_t auth = AUTH_XOAUTH2; auth <= AUTH_OAUTHBEARER; auth++) {
        smtp_reset();
        smtp_choose("auth", auth);
        for (size_t i = 0; i < COUNT(codes); i++) {
            struct affn_response response = {
                .phase = AFFN_PHASE_LOGIN, .code = codes[i], .verdict = AFFN_MISSET};
            assert_int_equal(conclude(&response), AFFN_MISSET);
            assert_string_equal(fake_reply.remedy,
                                "check user and oauth_token: mostly the token has expired, and its "
                                "file needs a new one");
        }
    }
    smtp_reset();
}

/* 530 asks for a login, or for TLS: its text tells. */
static void tls_that_is_wanted_is_no_login(void **state)
{
    (void)state;
    static const int32_t phases[] = {AFFN_PHASE_LOGIN, AFFN_PHASE_SENDER, AFFN_PHASE_RECIPIENT};
    for (size_t i = 0; i < COUNT(phases); i++) {
        struct affn_response response = {.phase = phases[i],
                                         .code = 530,
                                         .verdict = AFFN_MISSET,
                                         .body = "530 5.7.0 Must issue a STARTTLS command first"};
        assert_int_equal(conclude(&response), AFFN_MISSET);
        assert_string_equal(fake_reply.remedy,
                            "the server wants TLS: leave starttls = never out, or use smtps:// and "
                            "its port (often 465)");
        response.body = "530 5.7.0 Authentication required";
        assert_int_equal(conclude(&response), AFFN_MISSET);
        assert_string_equal(fake_reply.remedy, LOGIN);
    }
}

static const struct affn_rcpt_reply fine = {"a@example.com", "250 2.1.5 Ok", 250, 0};
static const struct affn_rcpt_reply unknown = {"x@example.com", "550 5.1.1 no such user", 550, 0};
static const struct affn_rcpt_reply later = {"y@example.com", "450 4.2.0 greylisted", 450, 0};

static void refused_recipients_are_named(void **state)
{
    (void)state;
#define ADDRESSES "check to, cc and bcc, and whether the server takes mail for them from us"
    const struct affn_rcpt_reply *some[] = {&unknown, &fine, &later};
    const struct affn_rcpt_reply *none[] = {&unknown, &unknown};
    const struct affn_rcpt_reply *mixed[] = {&later, &unknown};
    smtp_open_example();
    struct affn_response response = {.phase = AFFN_PHASE_MESSAGE,
                                     .code = 250,
                                     .verdict = AFFN_DELIVERED,
                                     .rcpt_replies = some,
                                     .rcpt_reply_count = 3};
    assert_int_equal(conclude(&response), AFFN_DELIVERED);
    assert_string_equal(fake_reply.what, "refused: x@example.com (550 5.1.1 no such user), "
                                         "y@example.com (450 4.2.0 greylisted)");
    assert_string_equal(fake_reply.remedy, "check these addresses in to, cc and bcc; the other "
                                           "recipients have the mail");

    response = (struct affn_response){.phase = AFFN_PHASE_RECIPIENT,
                                      .code = 550,
                                      .verdict = AFFN_REFUSED,
                                      .rcpt_replies = none,
                                      .rcpt_reply_count = 2};
    assert_int_equal(conclude(&response), AFFN_MISSET);
    assert_string_equal(fake_reply.what, "the server refused every recipient: x@example.com (550 "
                                         "5.1.1 no such user), x@example.com (550 5.1.1 no such "
                                         "user)");
    assert_string_equal(fake_reply.remedy, ADDRESSES);

    response.verdict = AFFN_RETRY;
    response.rcpt_replies = mixed;
    assert_int_equal(conclude(&response), AFFN_RETRY);
    assert_string_equal(fake_reply.what, "the server refused every recipient: y@example.com (450 "
                                         "4.2.0 greylisted), x@example.com (550 5.1.1 no such "
                                         "user)");
    assert_string_equal(fake_reply.remedy, "");
}

/* Nobody looks at a mail that was delivered: the log says it, once for each recipient. */
static void a_refused_recipient_is_logged_once(void **state)
{
    (void)state;
    const struct affn_rcpt_reply *one[] = {&unknown, &fine, &fine};
    const struct affn_rcpt_reply *two[] = {&unknown, &fine, &later};
    const struct affn_rcpt_reply *all[] = {&unknown, &unknown, &unknown};
    struct affn_response response = {.phase = AFFN_PHASE_MESSAGE,
                                     .code = 250,
                                     .verdict = AFFN_DELIVERED,
                                     .rcpt_replies = one,
                                     .rcpt_reply_count = 3};
    smtp_open_example();
#define FEW                                                                                        \
    "warning: not everybody got the mail; check these addresses in to, cc and bcc; the other "     \
    "recipients have the mail; refused: x@example.com (550 5.1.1 no such user)"
    conclude(&response);
    assert_string_equal(fake_log, FEW "\n");
    conclude(&response);
    response.rcpt_replies = two;
    conclude(&response);
    conclude(&response);
    response.rcpt_replies = one;
    conclude(&response);
    assert_string_equal(fake_log, FEW "\n" FEW ", y@example.com (450 4.2.0 greylisted)\n");

    smtp_open_example();
    response.rcpt_replies = all; /* that is the sink's last error already */
    response.phase = AFFN_PHASE_RECIPIENT;
    response.verdict = AFFN_REFUSED;
    conclude(&response);
    assert_string_equal(fake_log, "");
}

static void many_refused_recipients_are_counted(void **state)
{
    (void)state;
    const struct affn_rcpt_reply *all[100];
    for (size_t i = 0; i < COUNT(all); i++)
        all[i] = &unknown;
    struct affn_response response = {.phase = AFFN_PHASE_RECIPIENT,
                                     .code = 550,
                                     .verdict = AFFN_REFUSED,
                                     .rcpt_replies = all,
                                     .rcpt_reply_count = 100};
    assert_int_equal(conclude(&response), AFFN_MISSET);
    assert_true(strlen(fake_reply.what) < 1024 && strlen(fake_reply.what) > 900);
    const char *end = strstr(fake_reply.what, " and ");
    assert_non_null(end);
    size_t named = 0;
    for (const char *at = fake_reply.what; (at = strstr(at, "x@")) != NULL; at++)
        named++;
    assert_int_equal(named, 24);
    assert_string_equal(end, " and 76 more");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_have_verdicts_and_remedies),
        cmocka_unit_test(tokens_expire),
        cmocka_unit_test(tls_that_is_wanted_is_no_login),
        cmocka_unit_test(refused_recipients_are_named),
        cmocka_unit_test(a_refused_recipient_is_logged_once),
        cmocka_unit_test(many_refused_recipients_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
