/*
 * See answer.h. The words are those that Slack documents for incoming webhooks
 * (docs.slack.dev, "Sending messages using incoming webhooks" and the changelog of 2016-05-17), and
 * the few that it sends beside them.
 */
#include "answer.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define WORD_BYTES_MAX 64

static const char new_webhook[] = "make a new incoming webhook and set `url` to its URL";
static const char copy_url[] = "copy the webhook's whole URL from the Slack app's page \"Incoming "
                               "Webhooks\" to `url`, or make a new incoming webhook";
static const char report[] = "report it to the plugin's author, with what `affnotify render` shows "
                             "for this sink; a server that only resembles Slack may not know Block "
                             "Kit";
static const char too_large[] = "lower `batch` in the sink's section";
static const char too_fast[] =
    "Slack takes about one message a second: keep `rate = 1/s`, and raise "
    "`batch` instead";
static const char slacks_own[] = "nothing, unless it lasts: then look at slack-status.com";

static const struct {
    const char *word;
    int32_t verdict;
    const char *what;
    const char *remedy;
} words[] = {
    /* The message. */
    {"invalid_payload", AFFN_REFUSED, "it cannot read the message", report},
    {"invalid_blocks", AFFN_REFUSED, "it does not accept the message's blocks", report},
    {"invalid_blocks_format", AFFN_REFUSED, "it does not accept the message's blocks", report},
    {"no_text", AFFN_REFUSED, "it finds no text in the message", report},
    {"missing_text_or_fallback_or_attachments", AFFN_REFUSED, "it finds no text in the message",
     report},
    {"too_many_attachments", AFFN_REFUSED, "the message has too many parts", too_large},
    {"msg_too_long", AFFN_REFUSED, "the message is too long", too_large},
    {"msg_blocks_too_long", AFFN_REFUSED, "the message is too long", too_large},
    /* The channel. */
    {"channel_is_archived", AFFN_MISSET, "the webhook's channel is archived",
     "un-archive the channel in Slack, or make a new incoming webhook for another one and set "
     "`url` to its URL"},
    {"channel_not_found", AFFN_MISSET, "the webhook's channel is gone, or closed to the Slack app",
     "invite the Slack app to the channel again, or make a new incoming webhook for another one "
     "and set `url` to its URL"},
    {"user_not_found", AFFN_MISSET, "whom the webhook writes to is gone",
     "make a new incoming webhook for a channel and set `url` to its URL"},
    {"action_prohibited", AFFN_MISSET, "an administrator of the workspace does not allow this",
     "ask an administrator of the Slack workspace to let the app post in the channel, or make a "
     "new incoming webhook for another one and set `url` to its URL"},
    {"posting_to_general_channel_denied", AFFN_MISSET, "only some may post in #general",
     "make a new incoming webhook for another channel and set `url` to its URL, or ask an "
     "administrator of the Slack workspace to let the app post in #general"},
    /* The webhook. */
    {"no_service", AFFN_MISSET, "the webhook is disabled, removed or mistyped", copy_url},
    {"no_service_id", AFFN_MISSET, "the webhook is disabled, removed or mistyped", copy_url},
    {"no_active_hooks", AFFN_MISSET, "the webhook is switched off",
     "switch Incoming Webhooks on in the Slack app's settings, or make a new incoming webhook and "
     "set `url` to its URL"},
    {"invalid_token", AFFN_MISSET, "the last part of the URL is wrong or no longer valid",
     copy_url},
    {"token_revoked", AFFN_MISSET, "the Slack app was removed from the workspace",
     "install the Slack app again, make a new incoming webhook and set `url` to its URL"},
    {"account_inactive", AFFN_MISSET, "the Slack app or its owner was removed from the workspace",
     "install the Slack app again, make a new incoming webhook and set `url` to its URL"},
    {"no_team", AFFN_MISSET, "there is no such workspace", copy_url},
    {"team_disabled", AFFN_MISSET, "the workspace is closed", new_webhook},
    /* The moment. */
    {"rollup_error", AFFN_RETRY, "it has a problem of its own", slacks_own},
    {"internal_error", AFFN_RETRY, "it has a problem of its own", slacks_own},
    {"fatal_error", AFFN_RETRY, "it has a problem of its own", slacks_own},
    {"service_unavailable", AFFN_RETRY, "it is not available at the moment", slacks_own},
    {"request_timeout", AFFN_RETRY, "the message did not arrive whole", slacks_own},
    {"rate_limited", AFFN_RETRY, "it gets too much at once", too_fast},
    {"ratelimited", AFFN_RETRY, "it gets too much at once", too_fast},
};

/* The body without the blanks around it, when it is one word as Slack's are; else "". */
static void read_word(const struct affn_response *response, char word[WORD_BYTES_MAX])
{
    static const char blanks[] = " \t\r\n";
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789_";
    const char *body = response->body ? response->body : "";
    body += strspn(body, blanks);
    size_t length = strspn(body, letters);
    const char *end = body + length + strspn(body + length, blanks);
    word[0] = '\0';
    bool is_whole = *end == '\0' && end == response->body + response->body_bytes &&
                    !(response->flags & AFFN_RESPONSE_CUT);
    if (length > 0 && is_whole && length < WORD_BYTES_MAX) {
        memcpy(word, body, length);
        word[length] = '\0';
    }
}

static void say(struct affn_reply *reply, const char *what, const char *remedy)
{
    snprintf(reply->what, reply->what_bytes, "%s", what);
    snprintf(reply->remedy, reply->remedy_bytes, "%s", remedy);
}

/* What Slack's word means; 0 when nobody knows. */
static int32_t look_up(const struct affn_response *response, const char *word,
                       struct affn_reply *reply)
{
    char what[512];
    for (size_t i = 0; i < AFFN_COUNT(words); i++) {
        if (strcmp(words[i].word, word) != 0)
            continue;
        snprintf(what, sizeof what, "%s: %s: %s", response->what, word, words[i].what);
        say(reply, what, words[i].remedy);
        return words[i].verdict;
    }
    return 0;
}

int32_t answer_read(const struct affn_response *response, struct affn_reply *reply)
{
    char word[WORD_BYTES_MAX];
    char what[512];
    if (response->code == 0 || response->phase != AFFN_PHASE_ANSWER)
        return response->verdict; /* no answer: the host knows best */
    read_word(response, word);
    if (response->code == 200 && strcmp(word, "ok") == 0)
        return AFFN_DELIVERED;
    if (response->code == 429) {
        snprintf(what, sizeof what, "%s: it gets too much at once", response->what);
        say(reply, what, too_fast);
        return AFFN_RETRY;
    }
    int32_t verdict = look_up(response, word, reply);
    if (verdict != 0)
        return verdict;
    if (response->verdict == AFFN_DELIVERED) { /* a whole answer; else the host knows best */
        snprintf(what, sizeof what,
                 "%s, but not Slack's answer: a page of somebody else's, or a "
                 "service that is no incoming webhook",
                 response->what);
        say(reply, what,
            "check `url` and `proxy`, and whether a login page stands in between; an "
            "incoming webhook answers `ok`");
        return AFFN_MISSET;
    }
    if (*word && strcmp(word, "ok") != 0)
        snprintf(reply->what, reply->what_bytes, "%s: %s", response->what, word);
    if (response->code >= 500 &&
        response->verdict == AFFN_RETRY) /* Slack's logs are not ours to look at */
        snprintf(reply->remedy, reply->remedy_bytes, "%s", slacks_own);
    return response->verdict;
}
