/*
 * The part of a transfer that is mail: what is sent by SMTP, and the conversation with the server,
 * out of which comes how far it got and what was said to each recipient. libcurl's own result does
 * not tell that; the commands and replies that it reports to its debug function do. Nothing of them
 * is logged. Called by transfer.c.
 */
#ifndef AFFN_HOST_MAIL_H
#define AFFN_HOST_MAIL_H

#include <affnotify/request.h>
#include <curl/curl.h>
#include <stdbool.h>

#include "core/base/buffer.h"
#include "core/base/limits.h"
#include "core/host/offer.h"
#include "core/host/request.h"
#include "core/host/verdict_map.h"

#define MAIL_REPLY_BYTES_MAX 256 /* kept of a reply line */

struct mail {
    /* What is sent. */
    struct buffer message; /* headers and all */
    size_t sent;           /* of message */

    /* The conversation. */
    int32_t phase; /* AFFN_PHASE_… of the last command */
    bool over;     /* we have said QUIT: what is said after that is not about the mail */
    int32_t code;  /* of the last reply; 0 for none */
    struct offer offer;
    bool wants_login; /* of this mail */
    bool wants_utf8;
    enum offer_lack lack; /* for which we ended it */
    char last[MAIL_REPLY_BYTES_MAX];
    struct affn_rcpt_reply replies[REQUEST_RECIPIENTS_MAX];
    const struct affn_rcpt_reply *pointers[REQUEST_RECIPIENTS_MAX];
    char texts[REQUEST_RECIPIENTS_MAX][MAIL_REPLY_BYTES_MAX];
    uint32_t reply_count;
};

void mail_finish(struct mail *mail);

/* Sets what is the same for all mails. */
void mail_set_base(struct mail *mail, CURL *easy);

/* Sets what this mail is. */
void mail_prepare(struct mail *mail, CURL *easy, struct request *request);

/* What libcurl reports of the conversation. */
void mail_hear(struct mail *mail, curl_infotype type, const char *bytes, size_t length);

/* Whether the server's replies tell what happened; then note says it. */
bool mail_conclude(struct mail *mail, const struct request *request, CURLcode result,
                   struct verdict_note *note);

#endif
