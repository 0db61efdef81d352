/*
 * One connection from the network: requests in, one at a time, and their answers. Every request has
 * one deadline for all of it, from its first byte (of the first: from the connection) to its last,
 * whatever drips; what is not wanted yet is not read. A connection in trouble is answered once,
 * and closed.
 *
 *     HEAD ──► BODY ──► WAITING ──► HEAD …        or, when it is to be closed,
 *                                   FLUSHING (the answer goes out) ──► LINGERING (until they close)
 */
#ifndef AFFN_HTTP_CONNECTION_H
#define AFFN_HTTP_CONNECTION_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/http/admission.h"
#include "core/http/body.h"
#include "core/http/head.h"
#include "core/http/stream.h"

struct door;
struct fault;
struct listener;
struct response;

enum connection_state {
    CONNECTION_HEAD,
    CONNECTION_BODY,
    CONNECTION_WAITING,
    CONNECTION_FLUSHING,
    CONNECTION_LINGERING,
};

struct connection {
    struct door *door;
    enum door_role role;
    char peer[INET6_ADDRSTRLEN]; /* its address, as text */
    struct stream stream;
    struct connection *next;
    struct connection *before;

    enum connection_state state;
    int64_t deadline_mono_ms;
    bool begun;            /* a request's first byte is there */
    bool answered;         /* a request was answered before this one */
    bool known;            /* it has proved once who it is */
    bool closes;           /* to be closed behind the answer */
    bool running;          /* on the stack: run() goes on by itself */
    size_t searched_bytes; /* of the head, without its end */
    size_t dropped_bytes;  /* received after the end */

    /* The request. */
    char *head_bytes;
    struct head head; /* points into them */
    struct body body;
    struct admission admission;

    /* While WAITING: called when the connection has gone, so that nobody answers it. */
    void (*abandon)(void *owner);
    void *owner;
};

/* All connections, oldest first. */
struct connections {
    struct connection *first;
    struct connection *last;
    size_t count;
    size_t admin_count;    /* of them, those to admin_listen */
    size_t body_bytes;     /* of bodies that are being read */
    size_t stranger_bytes; /* of them, from those that have proved nothing yet */
};

/* Takes a connected socket over. False when there is no room: then it is closed. */
bool connection_open(struct door *door, const struct listener *listener, int fd,
                     const struct sockaddr *address);

/* Answers the request that waits, and goes on with the next. */
void connection_answer(struct connection *connection, const struct response *response);

/* The same with a problem document. */
void connection_refuse(struct connection *connection, int status, const char *detail);

/* The same, and closes: what comes behind it cannot be read. */
void connection_refuse_and_close(struct connection *connection, const struct fault *fault);

/* Once a second: ends whatever has passed its deadline. */
void connection_expire_all(struct door *door, int64_t now_mono_ms);

/* Closes those that have had an answer and send nothing, and the others behind their answers. */
void connection_close_all(struct door *door);

void connection_free_all(struct door *door);

#endif
