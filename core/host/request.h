/*
 * A request as a plugin describes it: the functions of struct affn_request, which copy what they
 * get and remember the first thing that was wrong. Does no I/O. Called by requests.c around
 * `prepare`; read by transfer.c and mail.c.
 */
#ifndef AFFN_HOST_REQUEST_H
#define AFFN_HOST_REQUEST_H

#include <affnotify/request.h>
#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/base/buffer.h"
#include "core/base/limits.h"
#include "core/host/blot.h"

enum request_kind {
    REQUEST_HTTP,
    REQUEST_MAIL,
};

struct request {
    struct affn_request face; /* what the plugin sees; first, so that it can be found */
    char problem[256];        /* the first thing wrong; "" for nothing */

    char *method;     /* NULL: POST */
    char *url;        /* kept from one batch to the next: most go to the same place */
    bool url_set;     /* in this round */
    bool url_changed; /* since the transfer was set up last */
    enum request_kind kind;
    char *host; /* of url; with the port when the URL has one */

    struct curl_slist headers[REQUEST_HEADERS_MAX + 3]; /* chained; each line is a copy */
    size_t header_count;
    bool has_content_type;
    bool has_authorization;
    bool has_body;
    struct buffer body;

    char *mechanism; /* of auth; NULL without */
    char *user;
    char *secret;

    /* Mail. */
    char *mail_from;
    struct curl_slist rcpts[REQUEST_RECIPIENTS_MAX]; /* chained; each address is a copy */
    size_t rcpt_count;
    struct request_part {
        char *type;
        char *bytes;
        size_t length;
    } parts[REQUEST_PARTS_MAX];
    size_t part_count;

    struct blot secrets; /* of this batch: header values, auth, a secret URL */
};

void request_init(struct request *request);
void request_finish(struct request *request);

/* Makes it empty for the next round; with round 0 the last batch's secrets are forgotten too. */
void request_begin(struct request *request, uint32_t round);

/* After `prepare`: adds what the host sends of its own. problem is set when it cannot be sent. */
void request_complete(struct request *request);

#endif
