/*
 * In a trial, what is said between us and the far side, line by line, for a person to read: SAID.
 * It shows no secret: what is one by where it stands is masked, known ones are blotted out, and of
 * a login by SMTP nothing is shown but its mechanism. Outside of a trial it does nothing. Called by
 * transfer.c with what libcurl reports to its debug function.
 */
#ifndef AFFN_HOST_CONVERSATION_H
#define AFFN_HOST_CONVERSATION_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buffer.h"
#include "core/wire/message.h"

struct blot;
struct link;
struct request;

struct conversation {
    struct link *link;          /* NULL outside of a trial */
    const struct blot *secrets; /* the sink's */
    const struct request *request;
    int64_t started_ms; /* of the batch */
    size_t said_bytes;  /* in all lines of the batch */
    bool full;          /* no more is said */
    bool logs_in;       /* from AUTH to its final reply */

    /* A body that is still coming. */
    enum message_speaker speaker;
    struct buffer body;
    struct buffer notes; /* of libcurl's, to be said after it */
    bool body_cut;
    bool body_told; /* of this request */
};

void conversation_init(struct conversation *conversation, struct link *link,
                       const struct blot *secrets);
void conversation_finish(struct conversation *conversation);

/* A transfer of a request begins, which must stay until its end. */
void conversation_begin(struct conversation *conversation, const struct request *request,
                        int64_t started_ms);

/* What libcurl reports; of bodies, ours alone. */
void conversation_hear(struct conversation *conversation, curl_infotype type, const char *bytes,
                       size_t length);

/* A piece of a body as it is meant, without what HTTP puts between its pieces. */
void conversation_hear_body(struct conversation *conversation, enum message_speaker speaker,
                            const char *bytes, size_t length);

/* The transfer has ended: what is still kept goes out. */
void conversation_end(struct conversation *conversation);

#endif
