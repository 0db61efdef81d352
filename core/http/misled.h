/*
 * Senders that have proved who they are and still get no event in, for they send it to the wrong
 * place, without its length or too much: a 404, 405, 411 or 413. What they send is not kept, and such a
 * sender may never look at an answer, so the log tells of it: at once, and then once a minute.
 */
#ifndef AFFN_HTTP_MISLED_H
#define AFFN_HTTP_MISLED_H

#include <netinet/in.h>
#include <stdint.h>

struct connection;

struct misled {
    uint64_t total;
    uint64_t count; /* of them, those that are not logged yet; the rest is of the last of them */
    int status;
    char from[INET6_ADDRSTRLEN];
    char request[128]; /* method and path */
    char why[128];
    int64_t next_log_mono_ms;
};

/* The request of this connection is refused: counts it when it is one of those. */
void misled_note(struct misled *misled, const struct connection *connection, int status,
                 const char *why);

/* Once a second. */
void misled_log(struct misled *misled, int64_t now_mono_ms);

#endif
