/*
 * The webhook sink: POSTs the canonical bytes of one event to an HTTPS URL.
 *
 * It only describes the request; the host sends it, and turns the answer into a verdict by its own
 * map. It must never change the body: what arrives is byte for byte the event. The three headers
 * webhook-id, webhook-timestamp and webhook-signature are named and meant as in Standard Webhooks
 * 1.0: the ID stays the same at every attempt, the timestamp is that of the attempt.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include <affnotify/request.h>

#include "header.h"
#include "sentences.h"
#include "signature.h"

/* ---- Options ---- */

struct webhook {
    const char *url;
    const char *bearer_token;
    struct affn_list signing_secret;
    struct affn_map header;
    struct signature_keys keys; /* what signing_secret stands for; from `open` on */
};

static const struct affn_option options[] = {
    AFFN_OPT_URL(struct webhook, url, AFFN_REQUIRED, NULL,
                 "Where each event is POSTed to; it must be https."),
    AFFN_OPT_STRING(struct webhook, bearer_token, AFFN_SECRET, NULL,
                    "Sent as 'Authorization: Bearer ...', so that the receiver knows the sender."),
    AFFN_OPT_LIST(
        struct webhook, signing_secret, AFFN_SECRET | AFFN_RARE, NULL,
        "Signs each request as Standard Webhooks does: whsec_ and base64; one, or several "
        "while the receiver changes from one to the next."),
    AFFN_OPT_MAP(struct webhook, header, AFFN_SECRET,
                 "A header of your own in each request: header.X-Key = value."),
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

static void check_token(const char *token, struct affn_mistakes *mistakes)
{
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

static void webhook_check(const void *self, const struct affn_host *host,
                          struct affn_mistakes *mistakes)
{
    const struct webhook *webhook = self;
    (void)host;
    const char *mistake = webhook->url ? url_mistake(webhook->url) : NULL;
    if (mistake)
        mistakes->add(mistakes, "url", mistake);
    if (webhook->bearer_token)
        check_token(webhook->bearer_token, mistakes);
    signature_check(&webhook->signing_secret, mistakes);
    header_check(&webhook->header, webhook->bearer_token != NULL, mistakes);
}

static int32_t webhook_open(void *self, const struct affn_host *host, struct affn_reply *reply)
{
    struct webhook *webhook = self;
    (void)host;
    (void)reply;
    signature_read_keys(&webhook->signing_secret, &webhook->keys);
    return AFFN_DELIVERED;
}

static void webhook_close(void *self)
{
    struct webhook *webhook = self;
    signature_wipe(&webhook->keys);
}

/* ---- The request ---- */

/* What tells the receiver of the attempt. */
static void add_attempt(const struct webhook *webhook, const struct affn_event *event,
                        struct affn_request *request)
{
    char timestamp[24], attempt[12], signature[SIGNATURE_TEXT_SIZE];
    snprintf(timestamp, sizeof timestamp, "%" PRId64, (int64_t)time(NULL));
    snprintf(attempt, sizeof attempt, "%" PRIu32, event->attempt);
    request->header(request, "webhook-id", event->id, 0);
    request->header(request, "webhook-timestamp", timestamp, 0);
    if (webhook->keys.count > 0) {
        signature_write(&webhook->keys, event, timestamp, signature);
        request->header(request, "webhook-signature", signature, 0);
    }
    request->header(request, "affnotify-attempt", attempt, 0);
    if (event->flags & AFFN_EVENT_TEST)
        request->header(request, "affnotify-test", "1", 0);
}

static int32_t webhook_prepare(void *self, const struct affn_batch *batch,
                               struct affn_request *request, struct affn_reply *reply)
{
    const struct webhook *webhook = self;
    const struct affn_event *event = batch->events[0];
    reply->taken = 1;
    request->url(request, webhook->url, 0);
    request->header(request, "Content-Type", "application/json", 0);
    if (!header_is_set(&webhook->header, "User-Agent"))
        request->header(request, "User-Agent", "affnotify/" AFFN_VERSION, 0);
    add_attempt(webhook, event, request);
    for (uint32_t i = 0; i < webhook->header.count; i++)
        request->header(request, webhook->header.pairs[i].key, webhook->header.pairs[i].value,
                        AFFN_SECRET);
    if (webhook->bearer_token)
        request->auth(request, "bearer", NULL, webhook->bearer_token);
    request->body(request, event->canonical, event->canonical_bytes);
    return AFFN_SEND;
}

/* ---- The answer ---- */

/*
 * nginx takes the TLS connection of a client without the certificate that it wants, and then answers
 * 400 in these words: that is said of our settings, not of the event.
 */
static bool is_about_certificate(const struct affn_response *response)
{
    return response->code == 400 &&
           (strstr(response->body, "No required SSL certificate was sent") ||
            strstr(response->body, "The SSL certificate error"));
}

static int32_t webhook_conclude(void *self, const struct affn_batch *batch,
                                const struct affn_response *response, struct affn_reply *reply)
{
    (void)self;
    (void)batch;
    if (!is_about_certificate(response))
        return response->verdict;
    snprintf(reply->remedy, reply->remedy_bytes,
             "the far side wants a certificate that it trusts: check client_certificate and "
             "client_key in the section");
    return AFFN_MISSET;
}

static const struct affn_requester requester = {AFFN_REQUESTER_STAMP, webhook_prepare,
                                                webhook_conclude};

static const void *webhook_extension(const char *id)
{
    return strcmp(id, AFFN_REQUEST) == 0 ? &requester : NULL;
}

/* One attempt and no more: the contract's "failed webhooks are not retried". */
AFFN_SINK(.name = "webhook", .version = AFFN_VERSION,
          .summary = "POSTs each event as JSON to an HTTPS URL.", .defaults = "retry=none batch=1",
          .self_bytes = sizeof(struct webhook), .options = options,
          .option_count = AFFN_COUNT(options), .check = webhook_check, .open = webhook_open,
          .close = webhook_close, .extension = webhook_extension)
