/* See verdict_map.h. */
#include "core/host/verdict_map.h"

#include <affnotify/request.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* ---- HTTP ---- */

/* The first row that holds the status. */
static const struct {
    int32_t first;
    int32_t last;
    int32_t verdict;
    const char *remedy;
} statuses[] = {
    {200, 299, AFFN_DELIVERED, ""},
    {300, 399, AFFN_MISSET, "redirects are not followed: set the URL to the new place"},
    {401, 401, AFFN_MISSET, "check the credentials in the sink's section"},
    {403, 403, AFFN_MISSET, "check what the credentials in the sink's section may do"},
    {404, 404, AFFN_MISSET, "check the URL in the sink's section"},
    {405, 405, AFFN_MISSET, "check the URL in the sink's section: it takes no such requests"},
    {408, 408, AFFN_RETRY, "the far side waited too long for the request: check the network"},
    {410, 410, AFFN_MISSET, "the far side has given this address up: ask it for the new one"},
    {413, 413, AFFN_REFUSED, "the request is too large for the far side: lower `batch`"},
    {429, 429, AFFN_RETRY, "the far side gets too much at once: set `rate`"},
    {500, 599, AFFN_RETRY, "the far side has a problem: look at its logs"},
};

void verdict_of_http(int32_t status, const char *host, struct verdict_note *note)
{
    *note = (struct verdict_note){
        .verdict = AFFN_REFUSED,
        .phase = AFFN_PHASE_ANSWER,
        .remedy = "the far side does not accept this event: ask whoever runs it",
    };
    snprintf(note->what, sizeof note->what, "HTTP %d from %s", status, host);
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
        if (status >= statuses[i].first && status <= statuses[i].last) {
            note->verdict = statuses[i].verdict;
            note->remedy = statuses[i].remedy;
            return;
        }
    }
}

/* ---- Failures ---- */

/* What the sentence ends with. */
enum reason {
    REASON_NONE,
    REASON_SYSTEM, /* what errno says, else libcurl's sentence */
    REASON_DETAIL, /* libcurl's sentence */
};

static const char network[] = "check the network, and whether the far side is up";
static const char certificates[] = "check the far side's certificate; one that only you trust is "
                                   "named by `ca_file`";
static const char ports[] = "check that scheme and port fit together: 587 and 25 want smtp://, 465 "
                            "wants smtps://";
static const char our_certificate[] = "the far side wants a certificate that it trusts: check "
                                      "client_certificate and client_key in the section";
static const char files[] = "check ca_file, client_certificate and client_key in the section";

static const struct {
    CURLcode result;
    int32_t phase;
    int32_t verdict;
    const char *what; /* %s is the host */
    enum reason reason;
    const char *remedy;
} failures[] = {
    {CURLE_COULDNT_RESOLVE_HOST, AFFN_PHASE_CONNECT, AFFN_DOWN, "no address found for %s",
     REASON_NONE, "check the host's name in the section, and the name server"},
    {CURLE_COULDNT_RESOLVE_PROXY, AFFN_PHASE_CONNECT, AFFN_DOWN,
     "no address found for the proxy to %s", REASON_NONE, "check `proxy` and the name server"},
    {CURLE_COULDNT_CONNECT, AFFN_PHASE_CONNECT, AFFN_DOWN, "no connection to %s", REASON_SYSTEM,
     network},
    {CURLE_PROXY, AFFN_PHASE_CONNECT, AFFN_DOWN, "the proxy to %s failed", REASON_DETAIL,
     "check `proxy`"},
    {CURLE_SSL_CONNECT_ERROR, AFFN_PHASE_TLS, AFFN_DOWN, "no TLS with %s", REASON_DETAIL,
     "check that the far side speaks TLS 1.2 or later on that port"},
    {CURLE_PEER_FAILED_VERIFICATION, AFFN_PHASE_TLS, AFFN_DOWN,
     "%s could not show that it is itself", REASON_DETAIL, certificates},
    {CURLE_SSL_ISSUER_ERROR, AFFN_PHASE_TLS, AFFN_DOWN, "%s could not show that it is itself",
     REASON_DETAIL, certificates},
    {CURLE_USE_SSL_FAILED, AFFN_PHASE_TLS, AFFN_DOWN, "%s offers no TLS", REASON_DETAIL,
     "use a server that offers STARTTLS: nothing is sent in the clear"},
    {CURLE_SSL_CACERT_BADFILE, AFFN_PHASE_TLS, AFFN_MISSET, "no TLS with %s", REASON_DETAIL, files},
    {CURLE_SSL_CERTPROBLEM, AFFN_PHASE_TLS, AFFN_MISSET, "no TLS with %s", REASON_DETAIL, files},
    {CURLE_LOGIN_DENIED, AFFN_PHASE_LOGIN, AFFN_MISSET, "%s does not let us log in", REASON_DETAIL,
     "check the user and the password in the sink's section"},
    {CURLE_GOT_NOTHING, AFFN_PHASE_ANSWER, AFFN_RETRY, "%s closed the connection without an answer",
     REASON_NONE, "look at the far side's logs"},
};

static void add_reason(const struct transfer_failure *failure, enum reason reason,
                       struct verdict_note *note, int used)
{
    const char *text = reason == REASON_NONE ? "" : failure->detail;
    if (reason == REASON_SYSTEM && *failure->system)
        text = failure->system;
    if (*text && used > 0 && (size_t)used < sizeof note->what)
        snprintf(note->what + used, sizeof note->what - (size_t)used, ": %s", text);
}

/* The host's name stands in a sentence that comes from a table: no printf with a format of ours. */
static int write_sentence(const char *sentence, const char *host, struct verdict_note *note)
{
    const char *gap = sentence;
    while (gap[0] != '%' || gap[1] != 's')
        gap++;
    return snprintf(note->what, sizeof note->what, "%.*s%s%s", (int)(gap - sentence), sentence,
                    host, gap + 2);
}

/*
 * A mail server that begins with TLS waits for us to begin, and we wait for its greeting; the other
 * way round, its greeting is no TLS. Both look like a fault of the network, and are none.
 */
static void blame_port(const struct transfer_failure *failure, struct verdict_note *note)
{
    bool silent = failure->result == CURLE_OPERATION_TIMEDOUT;
    if (failure->mail && (failure->result == CURLE_SSL_CONNECT_ERROR ||
                          (silent && failure->progress == TRANSFER_CONNECT)))
        note->remedy = ports;
}

/*
 * Until a connection stands nothing was sent, so nobody is there; after that the far side is slow.
 */
static void note_timeout(const struct transfer_failure *failure, struct verdict_note *note)
{
    static const struct {
        int32_t phase;
        int32_t verdict;
        const char *what;
        const char *remedy;
    } stages[] = {
        [TRANSFER_LOOKUP] = {AFFN_PHASE_CONNECT, AFFN_DOWN, "no answer from the name server for %s",
                             "check the name server in /etc/resolv.conf"},
        [TRANSFER_CONNECT] = {AFFN_PHASE_CONNECT, AFFN_DOWN, "no secure connection to %s", network},
        [TRANSFER_SENT] = {AFFN_PHASE_ANSWER, AFFN_RETRY, "no whole answer from %s",
                           "the far side is too slow: look at it, or raise `timeout`"},
    };
    note->phase = stages[failure->progress].phase;
    note->verdict = stages[failure->progress].verdict;
    note->remedy = stages[failure->progress].remedy;
    bool greets = failure->mail && failure->progress == TRANSFER_CONNECT;
    const char *what = greets ? "no greeting from %s" : stages[failure->progress].what;
    int used = write_sentence(what, failure->host, note);
    if (used > 0 && (size_t)used < sizeof note->what)
        snprintf(note->what + used, sizeof note->what - (size_t)used, " within %" PRId64 " ms",
                 failure->timeout_ms);
}

static void note_proxy(const struct transfer_failure *failure, struct verdict_note *note)
{
    note->phase = AFFN_PHASE_CONNECT;
    note->verdict = failure->proxy_status == 407 ? AFFN_MISSET : AFFN_DOWN;
    note->remedy = failure->proxy_status == 407 ? "check the user and the password in `proxy`"
                                                : "check that the proxy lets us through";
    snprintf(note->what, sizeof note->what, "the proxy answered %d to CONNECT for %s",
             failure->proxy_status, failure->host);
}

/*
 * Whether the far side ended TLS for the certificate that we showed, or did not. In TLS 1.3 that
 * comes after our side of the handshake, so libcurl reports it as it does any broken connection.
 */
static bool is_about_our_certificate(const char *detail)
{
    static const char *const alerts[] = {
        "alert access denied",           "alert bad certificate",     "alert certificate expired",
        "alert certificate required",    "alert certificate revoked", "alert certificate unknown",
        "alert unsupported certificate", "alert unknown ca"};
    for (size_t i = 0; i < sizeof alerts / sizeof *alerts; i++) {
        if (strstr(detail, alerts[i]))
            return true;
    }
    return false;
}

static void note_certificate(const struct transfer_failure *failure, struct verdict_note *note)
{
    *note = (struct verdict_note){
        .verdict = AFFN_MISSET, .phase = AFFN_PHASE_TLS, .remedy = our_certificate};
    int used = write_sentence("%s does not take our certificate", failure->host, note);
    add_reason(failure, REASON_DETAIL, note, used);
}

void verdict_of_failure(const struct transfer_failure *failure, struct verdict_note *note)
{
    *note = (struct verdict_note){.verdict = AFFN_RETRY, .phase = AFFN_PHASE_ANSWER, .remedy = ""};
    if (failure->result == CURLE_OPERATION_TIMEDOUT) {
        note_timeout(failure, note);
        blame_port(failure, note);
        return;
    }
    if (failure->proxy_status >= 300) {
        note_proxy(failure, note);
        return;
    }
    if (is_about_our_certificate(failure->detail)) {
        note_certificate(failure, note);
        return;
    }
    for (size_t i = 0; i < sizeof failures / sizeof *failures; i++) {
        if (failures[i].result != failure->result)
            continue;
        note->phase = failures[i].phase;
        note->verdict = failures[i].verdict;
        note->remedy = failures[i].remedy;
        blame_port(failure, note);
        int used = write_sentence(failures[i].what, failure->host, note);
        add_reason(failure, failures[i].reason, note, used);
        return;
    }
    note->remedy = "the connection broke on its way: check the network";
    int used = write_sentence("the exchange with %s broke off", failure->host, note);
    add_reason(failure, REASON_DETAIL, note, used);
}

/* ---- Mail ---- */

static const struct {
    int32_t phase;
    const char *name;
    int32_t verdict_5xx;
    const char *remedy_5xx;
} phases[] = {
    {AFFN_PHASE_LOGIN, "the login", AFFN_MISSET, "check the server, user and password"},
    {AFFN_PHASE_SENDER, "the sender", AFFN_MISSET, "check the sender's address in the section"},
    {AFFN_PHASE_RECIPIENT, "the recipients", AFFN_REFUSED, "check the recipients' addresses"},
    {AFFN_PHASE_MESSAGE, "the message", AFFN_REFUSED, "ask whoever runs the mail server"},
};

void verdict_of_smtp(int32_t phase, int32_t code, const char *host, struct verdict_note *note)
{
    size_t row = 0;
    while (row + 1 < sizeof phases / sizeof *phases && phases[row].phase != phase)
        row++;
    *note = (struct verdict_note){.verdict = AFFN_RETRY, .phase = phases[row].phase, .remedy = ""};
    if (code >= 200 && code < 300) {
        note->verdict = AFFN_DELIVERED;
        snprintf(note->what, sizeof note->what, "%s took the mail: %d", host, code);
        return;
    }
    snprintf(note->what, sizeof note->what, "%s answered %d to %s", host, code, phases[row].name);
    if (code >= 400)
        note->remedy = "nothing, unless it lasts: the server wants a later try";
    if (code >= 500 || code == SMTP_CHALLENGE) {
        note->verdict = phases[row].verdict_5xx;
        note->remedy = phases[row].remedy_5xx;
    }
}

/* Its settings do not fit this server, whatever the event. */
static const struct {
    int32_t phase;
    const char *what; /* %s is the host */
    const char *remedy;
} lacks[] = {
    [OFFER_NO_LOGIN] = {AFFN_PHASE_LOGIN, "%s offers no login",
                        "use the server's port for programs that log in (often 587 with smtp://, "
                        "465 with smtps://), or leave the login out"},
    [OFFER_NO_MECHANISM] = {AFFN_PHASE_LOGIN, "%s offers no login by ",
                            "log in by one of those that the server offers"},
    [OFFER_NO_UTF8] = {AFFN_PHASE_SENDER,
                       "%s takes no address with letters beyond ASCII before its @, for it offers "
                       "no SMTPUTF8",
                       "use ASCII addresses of these mailboxes, or a server that offers SMTPUTF8"},
};

void verdict_of_lack(enum offer_lack lack, const char *mechanism, const char *offered,
                     const char *host, struct verdict_note *note)
{
    *note = (struct verdict_note){
        .verdict = AFFN_MISSET, .phase = lacks[lack].phase, .remedy = lacks[lack].remedy};
    int used = write_sentence(lacks[lack].what, host, note);
    if (lack == OFFER_NO_MECHANISM && used > 0 && (size_t)used < sizeof note->what)
        snprintf(note->what + used, sizeof note->what - (size_t)used, "%s, only by %s", mechanism,
                 offered);
}
