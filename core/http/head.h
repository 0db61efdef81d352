/*
 * The head of an HTTP/1.1 request: request line and headers, read strictly (RFC 9112). Two readers
 * that disagree about where a request ends are how requests are smuggled past a proxy, so whatever
 * could be read in two ways is refused: a bare LF, a blank before a colon, a folded line, a control
 * character or NUL anywhere, two lengths, a length beside Transfer-Encoding. Pure.
 */
#ifndef AFFN_HTTP_HEAD_H
#define AFFN_HTTP_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fault;

/* A part of the head's bytes; start is NULL for a header that is not there. */
struct span {
    const char *start;
    size_t length;
};

bool span_equal(struct span span, const char *text);
bool span_equal_folded(struct span span, const char *text); /* whatever the case of its letters */

/* The headers that anybody asks for; each of them may be there once. */
enum head_header {
    HEAD_HOST,
    HEAD_CONTENT_LENGTH,
    HEAD_TRANSFER_ENCODING,
    HEAD_CONTENT_TYPE,
    HEAD_CONTENT_ENCODING,
    HEAD_AUTHORIZATION,
    HEAD_EXPECT,
    HEAD_WEBHOOK_ID,
    HEAD_WEBHOOK_TIMESTAMP,
    HEAD_WEBHOOK_SIGNATURE,
    HEAD_IDEMPOTENCY_KEY,
    HEAD_HEADERS, /* how many there are */
};

struct head {
    struct span method;
    struct span path; /* of the target, without its query */
    struct span headers[HEAD_HEADERS];
    bool has_length;
    uint64_t length; /* Content-Length */
    bool chunked;
    bool keep_alive; /* the connection may serve another request */
    bool expects_continue;
};

/*
 * Reads a whole head, the empty line at its end included. -1 with the fault; the connection cannot
 * be used any further then.
 */
int head_parse(const char *bytes, size_t length, struct head *head, struct fault *fault);

#endif
