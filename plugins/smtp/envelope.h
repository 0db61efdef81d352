/*
 * The options of the sink, and what comes of those that name people: the envelope (who sends, who
 * gets it) and the headers From, Reply-To, To, Cc and List-Id. Reading it says every mistake; bcc
 * and envelope_from are in the envelope only. Used by smtp.c, once to check and once to open.
 */
#ifndef SMTP_ENVELOPE_H
#define SMTP_ENVELOPE_H

#include <affnotify/sink.h>

#include "address.h"

#define RECIPIENTS_MAX   100  /* RFC 5321 4.5.3.1.8, and the limit of the host */
#define PEOPLE_BYTES_MAX 8000 /* of a header; the host takes 8 KiB with its name */
#define PREFIX_BYTES_MAX 100
#define LIST_BYTES_MAX   1024 /* of the header List-Id: a name as encoded words, and 255 bytes */

enum { STARTTLS_REQUIRED, STARTTLS_NEVER };
enum { AUTH_PLAIN, AUTH_LOGIN, AUTH_XOAUTH2, AUTH_OAUTHBEARER };

struct options {
    const char *url;
    const char *user;
    const char *password;
    const char *oauth_token;
    const char *from;
    const char *envelope_from;
    const char *reply_to;
    const char *to;
    const char *cc;
    const char *bcc;
    const char *list_id;
    const char *subject_prefix;
    int32_t starttls;
    int32_t auth;
};

struct envelope {
    char sender[ADDRESS_BYTES_MAX + 1]; /* to whom what cannot be delivered goes back */
    char domain[ADDRESS_BYTES_MAX + 1]; /* of from: the right-hand side of every Message-ID */
    char recipients[RECIPIENTS_MAX][ADDRESS_BYTES_MAX + 1];
    uint32_t recipient_count;
    char from[PEOPLE_BYTES_MAX]; /* the headers' values; reply_to, cc and list "" without */
    char reply_to[PEOPLE_BYTES_MAX];
    char to[PEOPLE_BYTES_MAX];
    char cc[PEOPLE_BYTES_MAX];
    char list[LIST_BYTES_MAX];
};

/* Fills the envelope in. `mistakes` may be NULL when the options have been checked. */
void envelope_read(struct envelope *envelope, const struct options *options,
                   struct affn_mistakes *mistakes);

#endif
