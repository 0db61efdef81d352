/*
 * What an HTTP status, an SMTP reply or a failure of libcurl means: a verdict, a sentence, a
 * remedy. Tables, and pure. The map itself is promised to plugin authors in affnotify/request.h.
 * Called by requests.c and mail.c.
 */
#ifndef AFFN_HOST_VERDICT_MAP_H
#define AFFN_HOST_VERDICT_MAP_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/host/offer.h"

#define SMTP_CHALLENGE 334 /* of a login: more is wanted, RFC 4954, 4 */

struct verdict_note {
    int32_t verdict; /* AFFN_DELIVERED … */
    int32_t phase;   /* AFFN_PHASE_… */
    char what[512];
    const char *remedy; /* "" when there is nothing to do */
};

/* An answer came. `host` is who gave it, as in the URL. */
void verdict_of_http(int32_t status, const char *host, struct verdict_note *note);

/* How far a transfer was when it ended. */
enum transfer_progress {
    TRANSFER_LOOKUP,
    TRANSFER_CONNECT, /* or on with TLS: libcurl does not tell them apart */
    TRANSFER_SENT,    /* or being sent */
};

/* A transfer that libcurl could not bring to an end. */
struct transfer_failure {
    CURLcode result;
    enum transfer_progress progress;
    bool mail;
    const char *host;
    const char *detail;   /* libcurl's own sentence, or "" */
    const char *system;   /* what errno says, or "" */
    int32_t status;       /* of an answer that had begun; 0 for none */
    int32_t proxy_status; /* the proxy's refusal to CONNECT; 0 for none */
    int64_t timeout_ms;   /* of the whole batch */
};

void verdict_of_failure(const struct transfer_failure *failure, struct verdict_note *note);

/* A mail server's reply in a phase; code 0 when none came. */
void verdict_of_smtp(int32_t phase, int32_t code, const char *host, struct verdict_note *note);

/*
 * A mail server that lacks what the mail needs; `mechanism` is ours, and `offered` are those that
 * it has.
 */
void verdict_of_lack(enum offer_lack lack, const char *mechanism, const char *offered,
                     const char *host, struct verdict_note *note);

#endif
