/* See verdict.h. */
#include "verdict.h"

#include <stdio.h>
#include <string.h>

#include "../common/draft.h"

#define MORE_BYTES 24 /* of " and 99 more" */

/* ---- Recipients ---- */

bool verdict_is_refused(const struct affn_rcpt_reply *answer)
{
    return answer->code >= 400;
}

static uint32_t refused_count(const struct affn_response *response)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < response->rcpt_reply_count; i++)
        count += verdict_is_refused(response->rcpt_replies[i]);
    return count;
}

/* "x@y (550 5.1.1 no such user), z@y (…) and 3 more" */
static void say_refused(const struct affn_response *response, const char *begin,
                        struct affn_reply *reply)
{
    struct draft what;
    uint32_t left = refused_count(response);
    draft_init(&what, reply->what, reply->what_bytes - MORE_BYTES);
    draft_add(&what, begin);
    for (uint32_t i = 0; i < response->rcpt_reply_count && !what.full; i++) {
        const struct affn_rcpt_reply *answer = response->rcpt_replies[i];
        char one[640];
        if (!verdict_is_refused(answer))
            continue;
        snprintf(one, sizeof one, "%s (%s)", answer->address, answer->text);
        if (what.bytes[what.length - 1] == ')')
            draft_add(&what, ", ");
        draft_add(&what, one);
        left -= !what.full;
    }
    if (left > 0)
        snprintf(what.bytes + what.length, MORE_BYTES, " and %u more", left);
}

/* ---- Remedies ---- */

static const char password[] =
    "check user and password; some servers want a password made for this purpose only";
static const char token[] =
    "check user and oauth_token: mostly the token has expired, and its file "
    "needs a new one";
static const char login[] = "the server wants a login: set user and password";
static const char encryption[] =
    "the server wants TLS: leave starttls = never out, or use smtps:// and its port (often 465)";
static const char mechanism[] =
    "the server does not take this auth: try another of plain, login, xoauth2 and oauthbearer";

/* The first row that holds the phase and the code; without one the host's stand. */
static const struct {
    int32_t phase;
    int32_t first;
    int32_t last;
    int32_t verdict;
    const char *remedy;
} answers[] = {
    {AFFN_PHASE_TLS, 200, 599, AFFN_DOWN,
     "use the server's port with STARTTLS (often 587), or smtps:// and its port (often 465); for a "
     "server on this machine there is starttls = never"},
    {AFFN_PHASE_LOGIN, 334, 334, AFFN_MISSET, password}, /* "more is wanted": it is not content */
    {AFFN_PHASE_LOGIN, 504, 504, AFFN_MISSET, mechanism},
    {AFFN_PHASE_LOGIN, 530, 530, AFFN_MISSET, login},
    {AFFN_PHASE_LOGIN, 534, 534, AFFN_MISSET, mechanism},
    {AFFN_PHASE_LOGIN, 535, 535, AFFN_MISSET, password},
    {AFFN_PHASE_LOGIN, 538, 538, AFFN_MISSET, mechanism},
    {AFFN_PHASE_SENDER, 530, 530, AFFN_MISSET, login},
    {AFFN_PHASE_SENDER, 500, 599, AFFN_MISSET,
     "check from: the server does not let this user or this machine send as that address"},
    {AFFN_PHASE_RECIPIENT, 530, 530, AFFN_MISSET, login},
    {AFFN_PHASE_RECIPIENT, 500, 599, AFFN_MISSET,
     "check to, cc and bcc, and whether the server takes mail for them from us"},
    {AFFN_PHASE_MESSAGE, 552, 552, AFFN_REFUSED,
     "the mail is too large for the server, or a mailbox is full: lower batch, or ask whoever runs "
     "it"},
};

/* RFC 3207, 4: "530 Must issue a STARTTLS command first"; the same code asks for a login. */
static bool wants_tls(const struct affn_response *response)
{
    return response->code == 530 && response->body && strstr(response->body, "STARTTLS");
}

int32_t verdict_conclude(const struct affn_response *response, bool by_token,
                         struct affn_reply *reply)
{
    int32_t verdict = response->verdict;
    const char *remedy = NULL;
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        if (response->phase == answers[i].phase && response->code >= answers[i].first &&
            response->code <= answers[i].last && verdict != AFFN_RETRY) {
            verdict = answers[i].verdict;
            remedy = answers[i].remedy;
            break;
        }
    }
    if (remedy == password && by_token)
        remedy = token;
    if (remedy == login && wants_tls(response))
        remedy = encryption;
    if (verdict == AFFN_DELIVERED && refused_count(response) > 0) {
        say_refused(response, "refused: ", reply);
        remedy = "check these addresses in to, cc and bcc; the other recipients have the mail";
    } else if (response->phase == AFFN_PHASE_RECIPIENT && refused_count(response) > 0) {
        say_refused(response, "the server refused every recipient: ", reply);
    }
    if (remedy)
        snprintf(reply->remedy, reply->remedy_bytes, "%s", remedy);
    return verdict;
}
