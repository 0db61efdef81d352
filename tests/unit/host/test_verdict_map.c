/* The verdict map, row by row. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <affnotify/request.h>
#include <stdio.h>
#include <string.h>

#include "core/host/verdict_map.h"

/* The same promise as in affnotify/request.h, written down a second time. */
static int32_t promised(int32_t status)
{
    if (status >= 200 && status < 300)
        return AFFN_DELIVERED;
    if (status == 408 || status == 429 || (status >= 500 && status < 600))
        return AFFN_RETRY;
    if ((status >= 300 && status < 400) || status == 401 || status == 403 || status == 404 ||
        status == 405 || status == 410)
        return AFFN_MISSET;
    return AFFN_REFUSED;
}

static void every_status(void **state)
{
    (void)state;
    for (int32_t status = 100; status < 1000; status++) {
        struct verdict_note note;
        char what[64];
        snprintf(what, sizeof what, "HTTP %d from example.com", status);
        verdict_of_http(status, "example.com", &note);
        assert_int_equal(note.verdict, promised(status));
        assert_int_equal(note.phase, AFFN_PHASE_ANSWER);
        assert_string_equal(note.what, what);
        assert_int_equal(*note.remedy == '\0', note.verdict == AFFN_DELIVERED);
    }
}

static void every_failure(void **state)
{
    (void)state;
    static const struct {
        struct transfer_failure failure;
        int32_t verdict;
        int32_t phase;
        const char *what;
    } cases[] = {
        {{.result = CURLE_COULDNT_RESOLVE_HOST},
         AFFN_DOWN,
         AFFN_PHASE_CONNECT,
         "no address found for h"},
        {{.result = CURLE_COULDNT_RESOLVE_PROXY},
         AFFN_DOWN,
         AFFN_PHASE_CONNECT,
         "no address found for the proxy to h"},
        {{.result = CURLE_COULDNT_CONNECT, .system = "Connection refused"},
         AFFN_DOWN,
         AFFN_PHASE_CONNECT,
         "no connection to h: Connection refused"},
        {{.result = CURLE_COULDNT_CONNECT},
         AFFN_DOWN,
         AFFN_PHASE_CONNECT,
         "no connection to h: detail"},
        {{.result = CURLE_PROXY}, AFFN_DOWN, AFFN_PHASE_CONNECT, "the proxy to h failed: detail"},
        {{.result = CURLE_SSL_CONNECT_ERROR}, AFFN_DOWN, AFFN_PHASE_TLS, "no TLS with h: detail"},
        {{.result = CURLE_PEER_FAILED_VERIFICATION},
         AFFN_DOWN,
         AFFN_PHASE_TLS,
         "h could not show that it is itself: detail"},
        {{.result = CURLE_SSL_ISSUER_ERROR},
         AFFN_DOWN,
         AFFN_PHASE_TLS,
         "h could not show that it is itself: detail"},
        {{.result = CURLE_USE_SSL_FAILED}, AFFN_DOWN, AFFN_PHASE_TLS, "h offers no TLS: detail"},
        {{.result = CURLE_SSL_CACERT_BADFILE},
         AFFN_MISSET,
         AFFN_PHASE_TLS,
         "no TLS with h: detail"},
        {{.result = CURLE_SSL_CERTPROBLEM}, AFFN_MISSET, AFFN_PHASE_TLS, "no TLS with h: detail"},
        {{.result = CURLE_LOGIN_DENIED},
         AFFN_MISSET,
         AFFN_PHASE_LOGIN,
         "h does not let us log in: detail"},
        {{.result = CURLE_GOT_NOTHING},
         AFFN_RETRY,
         AFFN_PHASE_ANSWER,
         "h closed the connection without an answer"},
        {{.result = CURLE_RECV_ERROR},
         AFFN_RETRY,
         AFFN_PHASE_ANSWER,
         "the exchange with h broke off: detail"},
        {{.result = CURLE_RECV_ERROR, .proxy_status = 407},
         AFFN_MISSET,
         AFFN_PHASE_CONNECT,
         "the proxy answered 407 to CONNECT for h"},
        {{.result = CURLE_RECV_ERROR, .proxy_status = 502},
         AFFN_DOWN,
         AFFN_PHASE_CONNECT,
         "the proxy answered 502 to CONNECT for h"},
        {{.result = CURLE_RECV_ERROR, .proxy_status = 200},
         AFFN_RETRY,
         AFFN_PHASE_ANSWER,
         "the exchange with h broke off: detail"},
        {{.result = CURLE_OPERATION_TIMEDOUT, .progress = TRANSFER_LOOKUP},
         AFFN_DOWN,
         AFFN_PHASE_CONNECT,
         "no answer from the name server for h within 10000 ms"},
        {{.result = CURLE_OPERATION_TIMEDOUT, .progress = TRANSFER_CONNECT},
         AFFN_DOWN,
         AFFN_PHASE_CONNECT,
         "no secure connection to h within 10000 ms"},
        {{.result = CURLE_OPERATION_TIMEDOUT, .progress = TRANSFER_SENT},
         AFFN_RETRY,
         AFFN_PHASE_ANSWER,
         "no whole answer from h within 10000 ms"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct transfer_failure failure = cases[i].failure;
        struct verdict_note note;
        failure.host = "h";
        failure.detail = "detail";
        failure.system = failure.system ? failure.system : "";
        failure.timeout_ms = 10000;
        verdict_of_failure(&failure, &note);
        assert_string_equal(note.what, cases[i].what);
        assert_int_equal(note.verdict, cases[i].verdict);
        assert_int_equal(note.phase, cases[i].phase);
        assert_true(*note.remedy != '\0');
    }
}

/* The words are OpenSSL's, for either version of TLS, as libcurl hands them on. */
static void an_alert_about_our_certificate(void **state)
{
    (void)state;
    static const struct {
        CURLcode result;
        const char *detail;
        int32_t verdict;
    } cases[] = {
        {CURLE_RECV_ERROR, "SSL routines::tlsv13 alert certificate required, errno 0", AFFN_MISSET},
        {CURLE_RECV_ERROR, "SSL routines::tlsv1 alert unknown ca, errno 0", AFFN_MISSET},
        {CURLE_SSL_CONNECT_ERROR, "SSL routines::sslv3 alert bad certificate", AFFN_MISSET},
        {CURLE_SEND_ERROR, "SSL routines::sslv3 alert certificate expired", AFFN_MISSET},
        {CURLE_RECV_ERROR, "SSL routines::sslv3 alert certificate revoked", AFFN_MISSET},
        {CURLE_RECV_ERROR, "SSL routines::sslv3 alert certificate unknown", AFFN_MISSET},
        {CURLE_RECV_ERROR, "SSL routines::sslv3 alert unsupported certificate", AFFN_MISSET},
        {CURLE_RECV_ERROR, "SSL routines::tlsv1 alert access denied", AFFN_MISSET},
        {CURLE_RECV_ERROR, "SSL routines::unexpected eof while reading", AFFN_RETRY},
        {CURLE_SSL_CONNECT_ERROR, "SSL routines::sslv3 alert handshake failure", AFFN_DOWN},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct transfer_failure failure = {
            .result = cases[i].result, .host = "h", .detail = cases[i].detail, .system = ""};
        struct verdict_note note;
        verdict_of_failure(&failure, &note);
        assert_int_equal(note.verdict, cases[i].verdict);
        bool ours = strstr(note.what, "h does not take our certificate: SSL routines") != NULL;
        assert_true(ours == (cases[i].verdict == AFFN_MISSET));
    }
}

/* smtp:// at a port that begins with TLS is silence; smtps:// at one that does not is no TLS. */
static void mail_at_the_wrong_port(void **state)
{
    (void)state;
    static const struct {
        CURLcode result;
        enum transfer_progress progress;
        bool ports;
        const char *what;
    } cases[] = {
        {CURLE_OPERATION_TIMEDOUT, TRANSFER_CONNECT, true, "no greeting from h within 10000 ms"},
        {CURLE_SSL_CONNECT_ERROR, TRANSFER_CONNECT, true, "no TLS with h: wrong version number"},
        {CURLE_OPERATION_TIMEDOUT, TRANSFER_SENT, false, "no whole answer from h within 10000 ms"},
        {CURLE_PEER_FAILED_VERIFICATION, TRANSFER_SENT, false,
         "h could not show that it is itself: wrong version number"},
        {CURLE_COULDNT_CONNECT, TRANSFER_CONNECT, false,
         "no connection to h: wrong version number"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct verdict_note note;
        struct transfer_failure failure = {.result = cases[i].result,
                                           .progress = cases[i].progress,
                                           .mail = true,
                                           .host = "h",
                                           .detail = "wrong version number",
                                           .system = "",
                                           .timeout_ms = 10000};
        verdict_of_failure(&failure, &note);
        assert_string_equal(note.what, cases[i].what);
        bool ports = strcmp(note.remedy, "check that scheme and port fit together: 587 and 25 want "
                                         "smtp://, 465 wants smtps://") == 0;
        assert_int_equal(ports, cases[i].ports);
        failure.mail = false;
        verdict_of_failure(&failure, &note);
        assert_null(strstr(note.remedy, "smtp"));
    }
}

static void a_host_is_never_a_format(void **state)
{
    (void)state;
    struct verdict_note note;
    char longest[1000];
    for (size_t i = 0; i < sizeof longest; i += 2) {
        longest[i] = '%';
        longest[i + 1] = 's';
    }
    longest[sizeof longest - 1] = '\0';
    const struct transfer_failure failure = {
        .result = CURLE_COULDNT_CONNECT, .host = longest, .detail = "%n%n", .system = ""};
    verdict_of_failure(&failure, &note);
    assert_memory_equal(note.what, "no connection to %s%s%s", 23);
    assert_int_equal(strlen(note.what), sizeof note.what - 1);
}

static void every_mail_reply(void **state)
{
    (void)state;
    static const struct {
        int32_t phase;
        int32_t code;
        int32_t verdict;
        const char *what;
    } cases[] = {
        {AFFN_PHASE_MESSAGE, 250, AFFN_DELIVERED, "h took the mail: 250"},
        {AFFN_PHASE_LOGIN, 421, AFFN_RETRY, "h answered 421 to the login"},
        {AFFN_PHASE_LOGIN, 535, AFFN_MISSET, "h answered 535 to the login"},
        {AFFN_PHASE_SENDER, 451, AFFN_RETRY, "h answered 451 to the sender"},
        {AFFN_PHASE_SENDER, 550, AFFN_MISSET, "h answered 550 to the sender"},
        {AFFN_PHASE_RECIPIENT, 450, AFFN_RETRY, "h answered 450 to the recipients"},
        {AFFN_PHASE_RECIPIENT, 550, AFFN_REFUSED, "h answered 550 to the recipients"},
        {AFFN_PHASE_MESSAGE, 452, AFFN_RETRY, "h answered 452 to the message"},
        {AFFN_PHASE_MESSAGE, 554, AFFN_REFUSED, "h answered 554 to the message"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct verdict_note note;
        verdict_of_smtp(cases[i].phase, cases[i].code, "h", &note);
        assert_int_equal(note.verdict, cases[i].verdict);
        assert_int_equal(note.phase, cases[i].phase);
        assert_string_equal(note.what, cases[i].what);
        assert_int_equal(*note.remedy != '\0', cases[i].code >= 400);
        if (cases[i].verdict == AFFN_RETRY)
            assert_string_equal(note.remedy,
                                "nothing, unless it lasts: the server wants a later try");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_status),
        cmocka_unit_test(every_failure),
        cmocka_unit_test(an_alert_about_our_certificate),
        cmocka_unit_test(mail_at_the_wrong_port),
        cmocka_unit_test(a_host_is_never_a_format),
        cmocka_unit_test(every_mail_reply),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
