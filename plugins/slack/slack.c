/*
 * The slack sink: posts events as one message to a Slack incoming webhook, and notices likewise.
 *
 * It only describes the request; the host sends it. The webhook's URL is a secret: whoever has it
 * can post into the channel, so it must never stand in a sentence or in the log.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <affnotify/notice.h>

#include "../common/character.h"
#include "answer.h"
#include "message.h"
#include "notice.h"

/* ---- What it says of its options; each has a case in tests/system/check_cases ---- */

#define SAY_NOT_HTTP     "must be https, not http: nothing is sent in the clear"
#define SAY_HTTPS        "must begin with https://"
#define SAY_LOGIN_IN_URL "must not hold a user name or a password"
#define SAY_NO_HOST      "has no host; copy the whole URL of the incoming webhook"
#define SAY_BLANK_IN_URL "holds a blank or a control character; copy the webhook's URL again"
#define SAY_HOST_ALONE   "names a host alone; copy the whole URL of the incoming webhook"
#define SAY_NO_INCOMING_WEBHOOK                                                                    \
    "is not an incoming webhook's, which begins with https://hooks.slack.com/services/; a "        \
    "workflow's webhook does not take such messages"
#define SAY_PROGRAMME_NOT_UTF8 "is not UTF-8"
#define SAY_PROGRAMME_HIDDEN   "holds a control character or one that cannot be seen"
#define SAY_PROGRAMME_EMPTY    "is empty; leave it out for no name"
#define SAY_PROGRAMME_TOO_LONG "is longer than 60 characters"

/* ---- Options ---- */

struct slack {
    const char *url;
    const char *programme;
    char body[MESSAGE_BYTES_MAX];
};

static const struct affn_option options[] = {
    AFFN_OPT_URL(struct slack, url, AFFN_REQUIRED | AFFN_SECRET, NULL,
                 "The incoming webhook of the channel; it must be https."),
    AFFN_OPT_STRING(struct slack, programme, 0, NULL,
                    "A name for the headline, where several programmes post into one channel."),
};

/* What is wrong with the URL, or NULL. */
static const char *url_mistake(const char *url)
{
    static const char scheme[] = "https://";
    if (strncasecmp(url, "http://", 7) == 0)
        return SAY_NOT_HTTP;
    if (strncasecmp(url, scheme, sizeof scheme - 1) != 0)
        return SAY_HTTPS;
    const char *host = url + sizeof scheme - 1;
    size_t authority_bytes = strcspn(host, "/?#");
    if (memchr(host, '@', authority_bytes))
        return SAY_LOGIN_IN_URL;
    if (authority_bytes == 0 || *host == ':')
        return SAY_NO_HOST;
    for (const char *at = host; *at; at++)
        if ((unsigned char)*at <= ' ' || *at == 0x7f)
            return SAY_BLANK_IN_URL;
    if (strcmp(host + authority_bytes, "") == 0 || strcmp(host + authority_bytes, "/") == 0)
        return SAY_HOST_ALONE;
    return NULL;
}

/* What Slack makes of URLs that its pages show beside those of incoming webhooks. */
static const char *url_doubt(const char *url)
{
    static const char slack[] = "https://hooks.slack.com/";
    if (strncasecmp(url, slack, sizeof slack - 1) == 0 &&
        strncmp(url + sizeof slack - 1, "services/", 9) != 0)
        return SAY_NO_INCOMING_WEBHOOK;
    return NULL;
}

static const char *programme_mistake(const char *programme)
{
    size_t characters = 0;
    for (const char *at = programme; *at; characters++) {
        uint32_t character;
        at += character_next(at, &character);
        if (character == CHARACTER_NONE)
            return SAY_PROGRAMME_NOT_UTF8;
        if (character_is_hidden(character))
            return SAY_PROGRAMME_HIDDEN;
    }
    if (characters == 0)
        return SAY_PROGRAMME_EMPTY;
    if (characters > MESSAGE_PROGRAMME_MAX)
        return SAY_PROGRAMME_TOO_LONG;
    return NULL;
}

static void slack_check(const void *self, const struct affn_host *host,
                        struct affn_mistakes *mistakes)
{
    const struct slack *slack = self;
    (void)host;
    const char *mistake = slack->url ? url_mistake(slack->url) : NULL;
    if (mistake)
        mistakes->add(mistakes, "url", mistake);
    else if (slack->url && url_doubt(slack->url))
        mistakes->warn(mistakes, "url", url_doubt(slack->url));
    mistake = slack->programme ? programme_mistake(slack->programme) : NULL;
    if (mistake)
        mistakes->add(mistakes, "programme", mistake);
}

static int32_t describe(const struct slack *slack, const struct draft *body,
                        struct affn_request *request)
{
    request->url(request, slack->url, AFFN_SECRET);
    request->header(request, "Content-Type", "application/json; charset=utf-8", 0);
    request->header(request, "User-Agent", "affnotify/" AFFN_VERSION, 0);
    request->body(request, body->bytes, (uint32_t)body->length);
    return AFFN_SEND;
}

static int32_t slack_prepare(void *self, const struct affn_batch *batch,
                             struct affn_request *request, struct affn_reply *reply)
{
    struct slack *slack = self;
    struct draft body;
    draft_init(&body, slack->body, sizeof slack->body);
    reply->taken = message_write(&body, batch->events, batch->count, slack->programme);
    return describe(slack, &body, request);
}

static int32_t slack_conclude(void *self, const struct affn_batch *batch,
                              const struct affn_response *response, struct affn_reply *reply)
{
    (void)self;
    (void)batch;
    return answer_read(response, reply);
}

static const struct affn_requester requester = {AFFN_REQUESTER_STAMP, slack_prepare,
                                                slack_conclude};

static int32_t slack_prepare_notice(void *self, const struct affn_notice *notice,
                                    struct affn_request *request, struct affn_reply *reply)
{
    struct slack *slack = self;
    struct draft body;
    (void)reply;
    draft_init(&body, slack->body, sizeof slack->body);
    notice_write(&body, notice);
    return describe(slack, &body, request);
}

static int32_t slack_conclude_notice(void *self, const struct affn_notice *notice,
                                     const struct affn_response *response, struct affn_reply *reply)
{
    (void)self;
    (void)notice;
    return answer_read(response, reply);
}

static const struct affn_notifier notifier = {AFFN_NOTIFIER_STAMP, NULL, slack_prepare_notice,
                                              slack_conclude_notice};

static const void *slack_extension(const char *id)
{
    if (strcmp(id, AFFN_NOTICE) == 0)
        return &notifier;
    return strcmp(id, AFFN_REQUEST) == 0 ? &requester : NULL;
}

/* Slack takes one message a second from a webhook, and 20 rows fill a screen; what is three days old
 * is no news to a channel. */
AFFN_SINK(.name = "slack", .version = AFFN_VERSION,
          .summary = "Posts who joined and who left to a Slack channel.",
          .defaults = "retry=standard rate=1/s concurrency=1 batch=20 expire=3d",
          .self_bytes = sizeof(struct slack), .options = options,
          .option_count = AFFN_COUNT(options), .check = slack_check, .extension = slack_extension)
