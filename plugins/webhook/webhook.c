/*
 * The webhook sink: POSTs the canonical bytes of one event to an HTTPS URL.
 *
 * It only describes the request; the host sends it, and turns the answer into a verdict by its own
 * map. It must never change the body: what arrives is byte for byte the event. The two headers
 * webhook-id and webhook-timestamp are named and meant as in Standard Webhooks 1.0: the ID stays
 * the same at every attempt, the timestamp is that of the attempt.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include <affnotify/request.h>

/* ---- What it says of its options; each has a case in tests/system/check_cases ---- */

#define SAY_NOT_HTTP      "must be https, not http"
#define SAY_HTTPS         "must begin with https://"
#define SAY_LOGIN_IN_URL  "must not hold a user name or a password; use bearer_token"
#define SAY_NO_HOST       "has no host; write https://HOST/PATH"
#define SAY_BLANK_IN_URL  "holds a blank or a control character; write it as %20 and its like"
#define SAY_TOKEN_EMPTY   "is empty; leave it out to send no Authorization header"
#define SAY_TOKEN_CONTROL "holds a control character, perhaps a line break; write one line"
#define SAY_TOKEN_BLANK   "holds a blank; write the token alone, without a word before it"

/* ---- Options ---- */

struct webhook {
    const char *url;
    const char *bearer_token;
};

static const struct affn_option options[] = {
    AFFN_OPT_URL(struct webhook, url, AFFN_REQUIRED, NULL,
                 "Where each event is POSTed to; it must be https."),
    AFFN_OPT_STRING(struct webhook, bearer_token, AFFN_SECRET, NULL,
                    "Sent as 'Authorization: Bearer ...', so that the receiver knows the sender."),
};

/* What is wrong with the URL, or NULL. */
static const char *url_mistake(const char *url)
{
    static const char scheme[] = "https://";
    const char *host = url + sizeof scheme - 1;
    if (strncasecmp(url, "http://", 7) == 0)
        return SAY_NOT_HTTP;
    if (strncasecmp(url, scheme, sizeof scheme - 1) != 0)
        return SAY_HTTPS;
    size_t authority_bytes = strcspn(host, "/?#");
    if (memchr(host, '@', authority_bytes))
        return SAY_LOGIN_IN_URL;
    if (authority_bytes == 0 || *host == ':')
        return SAY_NO_HOST;
    for (const char *at = host; *at; at++)
        if ((unsigned char)*at <= ' ' || *at == 0x7f)
            return SAY_BLANK_IN_URL;
    return NULL;
}

static void webhook_check(const void *self, const struct affn_host *host,
                          struct affn_mistakes *mistakes)
{
    const struct webhook *webhook = self;
    (void)host;
    const char *mistake = webhook->url ? url_mistake(webhook->url) : NULL;
    if (mistake)
        mistakes->add(mistakes, "url", mistake);

    const char *token = webhook->bearer_token;
    if (!token)
        return;
    if (!*token)
        mistakes->add(mistakes, "bearer_token", SAY_TOKEN_EMPTY);
    for (const char *at = token; *at; at++)
        if ((unsigned char)*at < ' ' || *at == 0x7f) {
            mistakes->add(mistakes, "bearer_token", SAY_TOKEN_CONTROL);
            break;
        }
    if (strchr(token, ' '))
        mistakes->warn(mistakes, "bearer_token", SAY_TOKEN_BLANK);
}

static int32_t webhook_prepare(void *self, const struct affn_batch *batch,
                               struct affn_request *request, struct affn_reply *reply)
{
    const struct webhook *webhook = self;
    const struct affn_event *event = batch->events[0];
    char timestamp[24];
    snprintf(timestamp, sizeof timestamp, "%" PRId64, (int64_t)time(NULL));

    reply->taken = 1;
    request->url(request, webhook->url, 0);
    request->header(request, "Content-Type", "application/json", 0);
    request->header(request, "User-Agent", "affnotify/" AFFN_VERSION, 0);
    request->header(request, "webhook-id", event->id, 0);
    request->header(request, "webhook-timestamp", timestamp, 0);
    if (event->flags & AFFN_EVENT_TEST)
        request->header(request, "affnotify-test", "1", 0);
    if (webhook->bearer_token)
        request->auth(request, "bearer", NULL, webhook->bearer_token);
    request->body(request, event->canonical, event->canonical_bytes);
    return AFFN_SEND;
}

static const struct affn_requester requester = {AFFN_REQUESTER_STAMP, webhook_prepare, NULL};

static const void *webhook_extension(const char *id)
{
    return strcmp(id, AFFN_REQUEST) == 0 ? &requester : NULL;
}

/* One attempt and no more: the contract's "failed webhooks are not retried". */
AFFN_SINK(.name = "webhook", .version = AFFN_VERSION,
          .summary = "POSTs each event as JSON to an HTTPS URL.", .defaults = "retry=none batch=1",
          .self_bytes = sizeof(struct webhook), .options = options,
          .option_count = AFFN_COUNT(options), .check = webhook_check,
          .extension = webhook_extension)
