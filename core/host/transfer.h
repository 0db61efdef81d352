/*
 * One transfer of libcurl and what comes back by it. The easy handle is kept from one request to
 * the next, and only what differs is set again (measured: 7 % more requests a second). Called by
 * requests.c; mail.c does the part that is mail's.
 */
#ifndef AFFN_HOST_TRANSFER_H
#define AFFN_HOST_TRANSFER_H

#include <affnotify/request.h>
#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/base/buffer.h"
#include "core/host/conversation.h"
#include "core/host/mail.h"
#include "core/host/request.h"
#include "core/host/verdict_map.h"

struct multi;
struct request_keys;

/* What is the same for all transfers of the process. All borrowed. */
struct transfer_settings {
    struct multi *multi;
    const struct request_keys *keys;
    const char *trust_path; /* "" for libcurl's own choice */
    int64_t timeout_ms;     /* of a batch, for sentences */
    struct link *said_to;   /* in a trial: where the conversation is told; else NULL */
    const struct blot *secrets;
};

struct transfer {
    struct affn_response face; /* what the plugin sees; first, so that it can be found */
    const struct transfer_settings *settings;
    void *owner; /* to be found again by transfer_owner */
    CURL *easy;
    enum request_kind kind;
    bool custom_method; /* CURLOPT_CUSTOMREQUEST is set */

    struct buffer body;  /* the first RESPONSE_BODY_BYTES_MAX */
    size_t body_bytes;   /* that came */
    size_t header_bytes; /* that came */
    bool head_ended;     /* no line of the answer's head is missing */
    bool cut;            /* we ended it, since more came than we read */
    char detail[CURL_ERROR_SIZE];
    struct mail mail;
    struct conversation conversation;
    struct verdict_note note; /* what the host makes of the answer */
};

void transfer_init(struct transfer *transfer, const struct transfer_settings *settings,
                   void *owner);
void transfer_finish(struct transfer *transfer);

/*
 * Sets the easy handle up for a request, which must stay until the transfer has ended. The batch
 * was begun at started_ms.
 */
void transfer_prepare(struct transfer *transfer, struct request *request, int64_t started_ms,
                      int64_t timeout_ms);

/* The owner of the transfer that an easy handle belongs to. */
void *transfer_owner(CURL *easy);

/*
 * libcurl keeps the connection of a mail whose last reply never came, and would take it for the
 * reply to the next mail: so that connection ends here. Called while libcurl has the transfer.
 */
void transfer_sever(struct transfer *transfer, CURLcode result);

/* Reads what came back into face and note, after libcurl's end with this result. */
void transfer_conclude(struct transfer *transfer, const struct request *request, CURLcode result);

/* How long the far side asked to be left alone; 0 when it did not say. */
int64_t transfer_retry_after_ms(const struct transfer *transfer);

/*
 * The note's sentence with the beginning of the answer's body, when it is text, into room bytes of
 * text; without the sink's secrets and those of `more`.
 */
void transfer_sentence(const struct transfer *transfer, const struct blot *more, char *text,
                       size_t room);

#endif
