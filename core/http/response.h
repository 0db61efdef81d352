/*
 * What goes back: an HTTP response, and problem documents (RFC 9457). Pure.
 */
#ifndef AFFN_HTTP_RESPONSE_H
#define AFFN_HTTP_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>

struct buffer;
struct fault;
struct json_t;

#define RESPONSE_DATE_SIZE 30 /* "Sun, 06 Nov 1994 08:49:37 GMT" and a NUL */

struct response {
    int status;
    const char *content_type; /* NULL when there is no body */
    const char *body;
    size_t body_bytes;
    const char *allow;    /* with 405: the methods */
    int retry_after_s;    /* 0 for none */
    bool closes;          /* the connection is closed behind it */
    bool without_content; /* it answers a HEAD: everything but the body itself */
};

/* Adds its bytes to out, whose limit must leave room for the body and RESPONSE_HEAD_BYTES_MAX. */
#define RESPONSE_HEAD_BYTES_MAX 512
void response_write(struct buffer *out, const struct response *response, const char *date);

/* A date as HTTP writes it (RFC 9110, 5.6.7). */
void response_date(long long unix_seconds, char date[RESPONSE_DATE_SIZE]);

/*
 * A problem document as text, to be freed: type, title and status as the RFC has them, the detail,
 * and `more`, whose members are added and which is given up; NULL for none.
 */
char *response_problem(int status, const char *detail, struct json_t *more);

#endif
