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

#define REQUEST_USER_AGENT "affnotify/" AFFN_VERSION

/* What to do about a request's problem. */
#define REQUEST_PROBLEM_REMEDY "mend the setting that it comes from, or ask who wrote the plugin"

enum request_kind {
    REQUEST_HTTP,
    REQUEST_MAIL,
};

/* A way to log in that a plugin may name. */
struct request_mechanism {
    const char *name;
    enum request_kind kind;
    bool has_user;
    bool is_token;      /* the secret is a bearer token of OAuth: it goes over TLS only */
    const char *option; /* of mail: how libcurl names it */
};

struct request {
    struct affn_request face; /* what the plugin sees; first, so that it can be found */
    char problem[256];        /* the first thing wrong; "" for nothing */

    char *method;     /* NULL: POST */
    char *url;        /* kept from one batch to the next: most go to the same place */
    bool url_set;     /* in this round */
    bool url_changed; /* since the transfer was set up last */
    bool url_secret;
    bool plain; /* AFFN_PLAIN: mail without TLS, to this machine */
    enum request_kind kind;
    char *host; /* of url; with the port when the URL has one */

    struct curl_slist headers[REQUEST_HEADERS_MAX + 3]; /* chained; each line is a copy */
    bool header_secret[REQUEST_HEADERS_MAX + 3];        /* its value must not be shown */
    size_t header_count;
    bool has_body;
    struct buffer body;

    const struct request_mechanism *mechanism; /* of auth; NULL without */
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

/* The first thing that is wrong, for whoever finds it. */
void request_problem(struct request *request, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Adds a header line of memory that the request takes over. */
void request_add_line(struct request *request, char *line, bool secret);

/*
 * The header line of this name, in any case, from index `from` on: its index, or header_count. A
 * line is "Name: value", "Name;" for an empty value, or "Name:" for what libcurl is to leave out.
 */
size_t request_find_header(const struct request *request, const char *name, size_t from);

/* Of a completed request: the HTTP method, and whether the request says how long its body is. */
const char *request_method(const struct request *request);
bool request_has_content(const struct request *request);

#endif
