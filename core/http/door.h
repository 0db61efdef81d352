/*
 * affnotify-http from start to end: what it was told by the bus, its listeners, everybody who is
 * connected, and its own connection to the bus. One thread, one loop. What strangers send never
 * meets the process that owns the journal.
 */
#ifndef AFFN_HTTP_DOOR_H
#define AFFN_HTTP_DOOR_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/buffer.h"
#include "core/base/limits.h"
#include "core/http/admin.h"
#include "core/http/bus_link.h"
#include "core/http/connection.h"
#include "core/http/credentials.h"
#include "core/http/listener.h"
#include "core/http/misled.h"
#include "core/http/response.h"

struct event;
struct event_base;
struct ssl_ctx_st;

#define HTTP_STATUS_MAX 599

struct door {
    struct event_base *base;
    struct event *told; /* the bus's socket is readable */
    struct event *tick; /* once a second */
    struct event *stop;
    struct buffer in;

    struct credentials credentials;
    struct ssl_ctx_st *tls; /* NULL while no listener is https */
    struct listener listeners[HTTP_LISTENERS_MAX];
    size_t listener_count;        /* that are open */
    int handed[HTTP_SOCKETS_MAX]; /* listening sockets that were handed down; -1 once used */
    size_t handed_count;
    struct bus_link bus;       /* once `listen` is open */
    struct bus_link admin_bus; /* for questions, once `admin_listen` is open */
    struct admin_topic topics[ADMIN_SUBJECTS];
    struct connections connections;

    bool paused;   /* no connection is taken for now */
    bool stopping; /* what was begun is finished, nothing more */
    int64_t stop_mono_ms;
    bool failed;   /* the program ends with status 1 */
    bool trim_due; /* memory may be given back */
    char date[RESPONSE_DATE_SIZE];
    struct misled misled;
    uint64_t strangers; /* requests that were answered 401 and are not logged yet */
    uint64_t answers[HTTP_STATUS_MAX + 1]; /* at `listen`, by status */
    char last_stranger[INET6_ADDRSTRLEN];
    char last_why[128]; /* they were refused */
    int64_t strangers_logged_mono_ms;
};

/* Runs until it is told to end. Returns the program's exit status. */
int door_run(void);

/* No place is left: takes no connection until one is free. */
void door_pause(struct door *door);

/* A connection has gone. */
void door_connection_freed(struct door *door);

/* An answer was given. */
void door_count_answer(struct door *door, enum door_role role, int status);

/* Somebody was refused who has not proved who they are. */
void door_count_stranger(struct door *door, const char *peer, const char *why);

#endif
