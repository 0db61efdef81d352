/* See line.h. No value that passes its check holds what JSON would have to escape. */
#include "core/client/line.h"

#include <affnotify/client.h>
#include <assert.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/base/text.h"
#include "core/event/deep_link.h"
#include "core/event/email.h"
#include "core/event/refusal.h"
#include "core/event/timestamp.h"

/* What was checked, in the form in which it is written. */
struct checked {
    char email[EMAIL_BYTES_MAX + 1];
    char occurred_at[TIMESTAMP_SIZE];
};

static bool is_one_of(const char *text, const char *const *words)
{
    while (*words && !text_equal(text, *words))
        words++;
    return *words != NULL;
}

static int check_words(const struct affn_client_event *event, struct refusal *refusal)
{
    static const char *const types[] = {"affiliate.created", "affiliate.deactivated", NULL};
    static const char *const ways[] = {"dashboard", "self_signup", "join_request", NULL};
    if (!event->event)
        return refusal_set(refusal, "event", "missing",
                           "event is missing; every event must have one");
    if (!is_one_of(event->event, types))
        return refusal_set(refusal, "event", "unknown_event",
                           "event is neither affiliate.created nor affiliate.deactivated; send one "
                           "of them");
    if (event->via && !is_one_of(event->via, ways))
        return refusal_set(refusal, "via", "unknown_via",
                           "via is none of dashboard, self_signup and join_request; send one of "
                           "them, or leave it out");
    return 0;
}

static int check(const struct affn_client_event *event, int64_t now_unix_ms,
                 struct checked *checked, struct refusal *refusal)
{
    char email_key[EMAIL_BYTES_MAX + 1];
    int64_t unix_ms = now_unix_ms;
    if (check_words(event, refusal) < 0)
        return -1;
    if (!event->email)
        return refusal_set(refusal, "email", "missing",
                           "email is missing; every event must have one");
    if (email_parse(event->email, checked->email, email_key, refusal) < 0 ||
        (event->deep_link && deep_link_check(event->deep_link, refusal) < 0))
        return -1;
    if (event->occurred_at && timestamp_parse(event->occurred_at, &unix_ms) < 0)
        return refusal_set(refusal, "occurred_at", "syntax",
                           "occurred_at is not a time such as 2026-03-18T12:00:00Z; mend it, or "
                           "leave it out");
    timestamp_format(unix_ms, checked->occurred_at);
    return 0;
}

/* The bus passes over what is no affiliate ID of its form; so it need not even be sent. */
static bool is_affiliate_id(const char *text)
{
    static const char digits[] = "0123456789abcdefABCDEF";
    return text && strncasecmp(text, "ia_", 3) == 0 && strlen(text) == 11 &&
           strspn(text + 3, digits) == 8;
}

static void add(char line[CLIENT_LINE_SIZE], size_t *length, const char *name, const char *value)
{
    if (!value)
        return;
    int added = snprintf(line + *length, CLIENT_LINE_SIZE - *length, "%s\"%s\":\"%s\"",
                         *length > 1 ? "," : "", name, value);
    *length += (size_t)added;
    assert(*length < CLIENT_LINE_SIZE);
}

int client_line_make(const struct affn_client_event *event, int64_t now_unix_ms,
                     char line[CLIENT_LINE_SIZE], struct refusal *refusal)
{
    struct checked checked;
    if (check(event, now_unix_ms, &checked, refusal) < 0)
        return -1;
    size_t length = 1;
    line[0] = '{';
    add(line, &length, "event", event->event);
    add(line, &length, "affiliate_id",
        is_affiliate_id(event->affiliate_id) ? event->affiliate_id : NULL);
    add(line, &length, "email", checked.email);
    add(line, &length, "deep_link", event->deep_link);
    add(line, &length, "occurred_at", checked.occurred_at);
    add(line, &length, "via", event->via);
    assert(length + 3 <= CLIENT_LINE_SIZE);
    memcpy(line + length, "}\n", 3);
    return (int)length + 2;
}
