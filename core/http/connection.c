/* See connection.h. */
#include "core/http/connection.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/buffer.h"
#include "core/base/clock.h"
#include "core/base/limits.h"
#include "core/base/memory.h"
#include "core/http/door.h"
#include "core/http/fault.h"
#include "core/http/listener.h"
#include "core/http/request.h"
#include "core/http/response.h"

/* Beyond the first nothing is received; the last is of a record that had come in part. */
#define IN_BYTES_MAX (HTTP_UNREAD_BYTES_MAX + STREAM_PIECE_BYTES + CIPHER_RECORD_BYTES_MAX)
/* The largest answer behind those that are not read. */
#define OUT_BYTES_MAX (METRICS_BYTES_MAX + HTTP_BODY_BYTES_MAX)
#define PROBLEM_TYPE  "application/problem+json"

/* ---- The list ---- */

static void link_in(struct connection *connection)
{
    struct connections *all = &connection->door->connections;
    connection->before = all->last;
    *(all->last ? &all->last->next : &all->first) = connection;
    all->last = connection;
    all->count++;
    all->admin_count += connection->role == DOOR_ROLE_ADMIN;
}

static void unlink_from(struct connection *connection)
{
    struct connections *all = &connection->door->connections;
    *(connection->before ? &connection->before->next : &all->first) = connection->next;
    *(connection->next ? &connection->next->before : &all->last) = connection->before;
    all->count--;
    all->admin_count -= connection->role == DOOR_ROLE_ADMIN;
}

static void free_connection(struct connection *connection)
{
    struct door *door = connection->door;
    if (connection->abandon)
        connection->abandon(connection->owner);
    request_drop(connection);
    unlink_from(connection);
    stream_close(&connection->stream);
    free(connection);
    door_connection_freed(door);
}

/* ---- The end ---- */

/* What was answered is on its way to the kernel: says that nothing more comes. */
static void linger(struct connection *connection)
{
    stream_end(&connection->stream);
    connection->state = CONNECTION_LINGERING;
    connection->deadline_mono_ms = clock_mono_ms() + HTTP_LINGER_MS;
}

static void flush(struct connection *connection)
{
    connection->state = CONNECTION_FLUSHING;
    connection->deadline_mono_ms = clock_mono_ms() + HTTP_REQUEST_MS;
    if (stream_unsent(&connection->stream) == 0)
        linger(connection);
}

/* Closing while something is unread would reset the connection, and the answer with it. */
static void drop_input(struct connection *connection)
{
    size_t length;
    stream_unread(&connection->stream, &length);
    stream_take(&connection->stream, length);
    connection->dropped_bytes += length;
}

static bool has_gone(const struct connection *connection)
{
    const struct stream *stream = &connection->stream;
    bool is_over = stream->at_end || connection->dropped_bytes > HTTP_LINGER_BYTES_MAX;
    return stream->failed || (connection->state == CONNECTION_LINGERING && is_over);
}

/* ---- Answers ---- */

static void run(struct connection *connection);

void connection_answer(struct connection *connection, const struct response *response)
{
    struct response whole = *response;
    struct buffer bytes;
    connection->abandon = NULL;
    door_count_answer(connection->door, connection->role, response->status);
    connection->closes |= !connection->head_bytes || !connection->head.keep_alive;
    whole.closes = connection->closes;
    whole.without_content = connection->head_bytes && span_equal(connection->head.method, "HEAD");
    buffer_init(&bytes, response->body_bytes + RESPONSE_HEAD_BYTES_MAX);
    response_write(&bytes, &whole, connection->door->date);
    stream_send(&connection->stream, bytes.data, bytes.len);
    buffer_finish(&bytes);
    request_drop(connection);
    connection->answered = true;
    connection->state = CONNECTION_HEAD;
    connection->deadline_mono_ms = clock_mono_ms() + HTTP_IDLE_MS;
    if (connection->closes)
        flush(connection);
    run(connection);
}

void connection_refuse(struct connection *connection, int status, const char *detail)
{
    misled_note(&connection->door->misled, connection, status, detail);
    char *problem = response_problem(status, detail, NULL);
    struct response response = {.status = status,
                                .content_type = PROBLEM_TYPE,
                                .body = problem,
                                .body_bytes = strlen(problem),
                                .allow = status == 405 ? connection->admission.allow : NULL,
                                .retry_after_s = status == 429 || status == 503};
    if (status == 401)
        door_count_stranger(connection->door, connection->peer, detail);
    connection_answer(connection, &response);
    free(problem);
}

void connection_refuse_and_close(struct connection *connection, const struct fault *fault)
{
    connection->closes = true;
    connection_refuse(connection, fault->status, fault->detail);
}

/* ---- Going on ---- */

/* What is pipelined behind a request that waits is bounded: no more is received then. */
static void receive_or_not(struct connection *connection)
{
    size_t unread;
    stream_unread(&connection->stream, &unread);
    stream_receive(&connection->stream, unread <= HTTP_UNREAD_BYTES_MAX);
}

/* Does what can be done now; false when that was nothing. */
static bool step(struct connection *connection)
{
    if (connection->state >= CONNECTION_FLUSHING) {
        drop_input(connection);
        return false;
    }
    enum request_step done = request_step(connection);
    if (done == REQUEST_LACKS && connection->stream.at_end)
        flush(connection);
    return done == REQUEST_GOES_ON;
}

static void run(struct connection *connection)
{
    if (connection->running)
        return;
    connection->running = true;
    while (!has_gone(connection) && step(connection))
        ;
    connection->running = false;
    if (has_gone(connection))
        free_connection(connection);
    else
        receive_or_not(connection);
}

static void on_change(void *argument)
{
    struct connection *connection = argument;
    if (connection->state == CONNECTION_FLUSHING && stream_unsent(&connection->stream) == 0)
        linger(connection);
    run(connection);
}

/* ---- Opening and closing ---- */

static bool is_between_requests(const struct connection *connection)
{
    return connection->state == CONNECTION_HEAD && !connection->begun;
}

/*
 * When all places are taken, one that nobody needs is given up: the oldest of somebody who has
 * proved nothing, and then the oldest that is between requests. So a flood of connections keeps
 * nobody out. Those of one role take no place of another's.
 */
static bool make_room(struct door *door, enum door_role role)
{
    for (int known = 0; known < 2; known++) {
        for (struct connection *at = door->connections.first; at; at = at->next) {
            bool is_useless = known ? is_between_requests(at) : !at->known;
            bool may_go = at->role == role && !at->running;
            if (!may_go || (!is_useless && at->state != CONNECTION_LINGERING))
                continue;
            free_connection(at);
            return true;
        }
    }
    return false;
}

static bool has_place(const struct connections *all, enum door_role role)
{
    return role == DOOR_ROLE_ADMIN ? all->admin_count < ADMIN_CONNECTIONS_MAX
                                   : all->count - all->admin_count < HTTP_CONNECTIONS_MAX;
}

static void read_peer(const struct sockaddr *address, char peer[INET6_ADDRSTRLEN])
{
    const void *bytes = address->sa_family == AF_INET6
                            ? (const void *)&((const struct sockaddr_in6 *)address)->sin6_addr
                            : (const void *)&((const struct sockaddr_in *)address)->sin_addr;
    if ((address->sa_family != AF_INET && address->sa_family != AF_INET6) ||
        !inet_ntop(address->sa_family, bytes, peer, INET6_ADDRSTRLEN))
        strcpy(peer, "unknown");
}

bool connection_open(struct door *door, const struct listener *listener, int fd,
                     const struct sockaddr *address)
{
    if (!has_place(&door->connections, listener->role) && !make_room(door, listener->role)) {
        close(fd);
        return false;
    }
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct connection *connection = memory_new(1, sizeof *connection);
    if (stream_open(&connection->stream, door->base, fd, listener->is_tls ? door->tls : NULL,
                    IN_BYTES_MAX, OUT_BYTES_MAX) < 0) {
        free(connection);
        return false;
    }
    connection->door = door;
    connection->role = listener->role;
    connection->deadline_mono_ms = clock_mono_ms() + HTTP_REQUEST_MS;
    read_peer(address, connection->peer);
    body_init(&connection->body, &connection->head);
    link_in(connection);
    stream_listen(&connection->stream, on_change, connection);
    return true;
}

static void expire(struct connection *connection)
{
    struct fault fault;
    if (connection->state == CONNECTION_WAITING) {
        if (connection->abandon)
            connection->abandon(connection->owner);
        fault_set(&fault, 503, "The bus has not answered in time; send it again.");
        connection_refuse_and_close(connection, &fault);
    } else if (connection->state <= CONNECTION_BODY && connection->begun) {
        fault_set(&fault, 408, "The request was not whole within 30 seconds.");
        connection_refuse_and_close(connection, &fault);
    } else {
        free_connection(connection);
    }
}

void connection_expire_all(struct door *door, int64_t now_mono_ms)
{
    struct connection *next;
    for (struct connection *at = door->connections.first; at; at = next) {
        next = at->next;
        if (now_mono_ms >= at->deadline_mono_ms)
            expire(at);
    }
}

/*
 * Somebody who has connected a moment ago, or whose next request has arrived and was not read yet:
 * they may never try again, so what they send is waited for as a request that was begun is.
 */
static bool may_have_begun(const struct connection *connection)
{
    char byte;
    return !is_between_requests(connection) || !connection->answered ||
           recv(connection->stream.fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

void connection_close_all(struct door *door)
{
    struct connection *next;
    for (struct connection *at = door->connections.first; at; at = next) {
        next = at->next;
        at->closes = true;
        if (may_have_begun(at))
            continue;
        flush(at);
        run(at);
    }
}

void connection_free_all(struct door *door)
{
    while (door->connections.first)
        free_connection(door->connections.first);
}
