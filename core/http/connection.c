/* See connection.h. */
#include "core/http/connection.h"

#include <arpa/inet.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "core/base/buffer.h"
#include "core/base/clock.h"
#include "core/base/limits.h"
#include "core/base/memory.h"
#include "core/http/door.h"
#include "core/http/fault.h"
#include "core/http/listener.h"
#include "core/http/response.h"
#include "core/http/route.h"
#include "core/http/signature.h"

#define PROBLEM_TYPE "application/problem+json"

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

/* ---- The request's memory ---- */

static void count_body(struct connection *connection, size_t before)
{
    struct connections *all = &connection->door->connections;
    size_t now = connection->body.bytes.len;
    all->body_bytes += now - before; /* unsigned: also when it has become less */
    if (!connection->admission.proven)
        all->stranger_bytes += now - before;
}

static void drop_request(struct connection *connection)
{
    size_t bytes = connection->body.bytes.len;
    connection->door->trim_due |= bytes > HTTP_UNREAD_BYTES_MAX;
    body_finish(&connection->body);
    count_body(connection, bytes);
    free(connection->head_bytes);
    connection->head_bytes = NULL;
    connection->searched_bytes = 0;
    connection->begun = false;
}

static void free_connection(struct connection *connection)
{
    struct door *door = connection->door;
    if (connection->abandon)
        connection->abandon(connection->owner);
    drop_request(connection);
    unlink_from(connection);
    bufferevent_free(connection->stream);
    free(connection);
    door_connection_freed(door);
}

/* ---- The end ---- */

/* What was answered is on its way to the kernel: says that nothing more comes. */
static void linger(struct connection *connection)
{
    SSL *ssl = bufferevent_openssl_get_ssl(connection->stream);
    if (ssl) {
        SSL_shutdown(ssl);
        ERR_clear_error(); /* of another connection, else: libevent looks at this queue */
    }
    shutdown(bufferevent_getfd(connection->stream), SHUT_WR);
    connection->state = CONNECTION_LINGERING;
    connection->deadline_mono_ms = clock_mono_ms() + HTTP_LINGER_MS;
    connection->gone = connection->at_end;
}

static void flush(struct connection *connection)
{
    connection->state = CONNECTION_FLUSHING;
    connection->deadline_mono_ms = clock_mono_ms() + HTTP_REQUEST_MS;
    if (evbuffer_get_length(bufferevent_get_output(connection->stream)) == 0)
        linger(connection);
}

/* Closing while something is unread would reset the connection, and the answer with it. */
static void drop_input(struct connection *connection)
{
    struct evbuffer *input = bufferevent_get_input(connection->stream);
    connection->dropped_bytes += evbuffer_get_length(input);
    evbuffer_drain(input, evbuffer_get_length(input));
    if (connection->dropped_bytes > HTTP_LINGER_BYTES_MAX &&
        connection->state == CONNECTION_LINGERING)
        connection->gone = true;
}

/* ---- Answers ---- */

static void run(struct connection *connection);

/*
 * Tries the socket first: nearly always it takes all of it, which saves libevent two system calls
 * and a turn of the loop for each answer. Over TLS only libevent knows what may be written when.
 */
static void send_bytes(struct connection *connection, const char *bytes, size_t length)
{
    bool is_first = evbuffer_get_length(bufferevent_get_output(connection->stream)) == 0;
    ssize_t sent = is_first && !connection->is_tls
                       ? send(bufferevent_getfd(connection->stream), bytes, length,
                              MSG_NOSIGNAL | MSG_DONTWAIT)
                       : 0;
    size_t done = sent > 0 ? (size_t)sent : 0; /* an error comes again, and is seen to then */
    if (done < length)
        bufferevent_write(connection->stream, bytes + done, length - done);
}

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
    send_bytes(connection, bytes.data, bytes.len);
    buffer_finish(&bytes);
    drop_request(connection);
    connection->answered = true;
    connection->state = CONNECTION_HEAD;
    connection->deadline_mono_ms = clock_mono_ms() + HTTP_IDLE_MS;
    if (connection->closes)
        flush(connection);
    run(connection);
}

void connection_refuse(struct connection *connection, int status, const char *detail)
{
    char *problem = response_problem(status, detail, NULL);
    struct response response = {.status = status,
                                .content_type = PROBLEM_TYPE,
                                .body = problem,
                                .body_bytes = strlen(problem),
                                .allow = status == 405 ? connection->admission.allow : NULL,
                                .retry_after_s = status == 429 || status == 503};
    if (status == 401)
        door_count_stranger(connection->door, connection->peer);
    connection_answer(connection, &response);
    free(problem);
}

static void refuse_and_close(struct connection *connection, const struct fault *fault)
{
    connection->closes = true;
    connection_refuse(connection, fault->status, fault->detail);
}

/* ---- Requests ---- */

/* Whether it can go on later: there is more to come. */
static bool wait_for_more(struct connection *connection)
{
    if (connection->at_end)
        flush(connection);
    return false;
}

static void skip_empty_lines(struct connection *connection)
{
    struct evbuffer *input = bufferevent_get_input(connection->stream);
    char two[2];
    while (evbuffer_copyout(input, two, 2) == 2 && two[0] == '\r' && two[1] == '\n')
        evbuffer_drain(input, 2);
}

/* How many bytes the head has; 0 while its end is not there, -1 with the fault. */
static ssize_t find_head(struct connection *connection, struct fault *fault)
{
    struct evbuffer *input = bufferevent_get_input(connection->stream);
    struct evbuffer_ptr from;
    size_t searched = connection->searched_bytes;
    evbuffer_ptr_set(input, &from, searched > 3 ? searched - 3 : 0, EVBUFFER_PTR_SET);
    struct evbuffer_ptr end = evbuffer_search(input, "\r\n\r\n", 4, &from);
    struct evbuffer_ptr bare = evbuffer_search(input, "\n\n", 2, &from);
    if (bare.pos >= 0 && (end.pos < 0 || bare.pos < end.pos))
        return fault_set(fault, 400, "A line of the head does not end with CR LF.");
    connection->searched_bytes = evbuffer_get_length(input);
    size_t bytes = end.pos < 0 ? connection->searched_bytes : (size_t)end.pos + 4;
    if (bytes > HTTP_HEAD_BYTES_MAX)
        return fault_set(fault, 431, "The request line and the headers are larger than 16 KiB.");
    return end.pos < 0 ? 0 : (ssize_t)bytes;
}

/* The head is there: lets the request in, or answers. */
static void begin_request(struct connection *connection, size_t head_bytes)
{
    struct evbuffer *input = bufferevent_get_input(connection->stream);
    struct door *door = connection->door;
    struct fault fault;
    connection->head_bytes = memory_new(head_bytes, 1);
    evbuffer_remove(input, connection->head_bytes, head_bytes);
    if (head_parse(connection->head_bytes, head_bytes, &connection->head, &fault) < 0) {
        refuse_and_close(connection, &fault);
        return;
    }
    const struct head *head = &connection->head;
    if (admission_judge(connection->role, head, &door->credentials, clock_unix_ms(),
                        &connection->admission, &fault) < 0) {
        connection->closes |= head->chunked || head->length > 0; /* its body stays unread */
        connection_refuse(connection, fault.status, fault.detail);
        return;
    }
    connection->known |= connection->admission.proven;
    connection->state = CONNECTION_BODY;
    body_init(&connection->body, head);
    if (head->expects_continue && evbuffer_get_length(input) == 0)
        bufferevent_write(connection->stream, "HTTP/1.1 100 Continue\r\n\r\n", 25);
}

static bool step_head(struct connection *connection)
{
    struct evbuffer *input = bufferevent_get_input(connection->stream);
    struct fault fault;
    if (evbuffer_get_length(bufferevent_get_output(connection->stream)) > HTTP_UNSENT_BYTES_MAX)
        return false; /* until they have read what they asked for */
    if (!connection->begun)
        skip_empty_lines(connection);
    if (evbuffer_get_length(input) == 0)
        return wait_for_more(connection);
    if (!connection->begun && connection->answered)
        connection->deadline_mono_ms = clock_mono_ms() + HTTP_REQUEST_MS;
    connection->begun = true;
    ssize_t head_bytes = find_head(connection, &fault);
    if (head_bytes < 0)
        refuse_and_close(connection, &fault);
    else if (head_bytes > 0)
        begin_request(connection, (size_t)head_bytes);
    else
        return wait_for_more(connection);
    return true;
}

/* The body is whole: a signature can be looked at now. */
static void end_request(struct connection *connection)
{
    const struct admission *admission = &connection->admission;
    const struct buffer *body = &connection->body.bytes;
    if (admission->signs && !signature_holds(&connection->door->credentials, &connection->head,
                                             body->data, body->len)) {
        connection_refuse(connection, 401, "The signature is not by a secret of this server.");
        return;
    }
    connection->known |= admission->signs;
    connection->state = CONNECTION_WAITING;
    admission->route->serve(connection);
}

/* Too much is being read at a time: strangers have a share of their own, and cannot use it up. */
static bool has_room(const struct connection *connection)
{
    const struct connections *all = &connection->door->connections;
    return all->body_bytes <= HTTP_BODIES_BYTES_MAX &&
           (connection->admission.proven || all->stranger_bytes <= HTTP_STRANGERS_BYTES_MAX);
}

/* What lies in one piece at the front of the input. */
static size_t peek(struct evbuffer *input, const char **bytes)
{
    size_t length =
        evbuffer_get_contiguous_space(input); /* of what is there, in spite of its name */
    *bytes = length > 0 ? (const char *)evbuffer_pullup(input, (ssize_t)length) : "";
    return length;
}

static bool step_body(struct connection *connection)
{
    struct evbuffer *input = bufferevent_get_input(connection->stream);
    struct fault fault;
    for (;;) {
        const char *bytes;
        size_t used, before = connection->body.bytes.len;
        size_t length = peek(input, &bytes);
        int result = body_take(&connection->body, bytes, length, &used, &fault);
        evbuffer_drain(input, used);
        count_body(connection, before);
        if (result == 0 && !has_room(connection))
            result = fault_set(&fault, 429, "Too much is being received; send it again.");
        if (result < 0)
            refuse_and_close(connection, &fault);
        else if (result > 0)
            end_request(connection);
        else if (length == 0)
            return wait_for_more(connection);
        if (result != 0)
            return true;
    }
}

/* Does what can be done now; false when that was nothing. */
static bool step(struct connection *connection)
{
    switch (connection->state) {
    case CONNECTION_HEAD:
        return step_head(connection);
    case CONNECTION_BODY:
        return step_body(connection);
    case CONNECTION_WAITING:
        return false;
    default:
        drop_input(connection);
        return false;
    }
}

/* What is pipelined behind a request that waits is bounded: no more is received then. */
static void receive_or_not(struct connection *connection)
{
    size_t unread = evbuffer_get_length(bufferevent_get_input(connection->stream));
    bool muted = unread > HTTP_UNREAD_BYTES_MAX;
    if (muted == connection->muted)
        return;
    connection->muted = muted;
    (muted ? bufferevent_disable : bufferevent_enable)(connection->stream, EV_READ);
}

static void run(struct connection *connection)
{
    if (connection->running)
        return;
    connection->running = true;
    while (!connection->gone && step(connection))
        ;
    connection->running = false;
    if (connection->gone)
        free_connection(connection);
    else
        receive_or_not(connection);
}

/* ---- Events of the stream ---- */

static void on_read(struct bufferevent *stream, void *argument)
{
    (void)stream;
    run(argument);
}

static void on_sent(struct bufferevent *stream, void *argument)
{
    (void)stream;
    struct connection *connection = argument;
    if (connection->state == CONNECTION_FLUSHING)
        linger(connection);
    run(connection);
}

static void on_event(struct bufferevent *stream, short what, void *argument)
{
    (void)stream;
    struct connection *connection = argument;
    if (what & BEV_EVENT_ERROR)
        connection->gone = true;
    if (what & BEV_EVENT_EOF) {
        connection->at_end = true;
        connection->gone |= connection->state == CONNECTION_LINGERING;
    }
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

static struct bufferevent *open_stream(struct door *door, bool is_tls, int fd)
{
    if (!is_tls)
        return bufferevent_socket_new(door->base, fd, BEV_OPT_CLOSE_ON_FREE);
    SSL *ssl = SSL_new(door->tls);
    struct bufferevent *stream =
        ssl ? bufferevent_openssl_socket_new(door->base, fd, ssl, BUFFEREVENT_SSL_ACCEPTING,
                                             BEV_OPT_CLOSE_ON_FREE)
            : NULL;
    if (stream)
        bufferevent_openssl_set_allow_dirty_shutdown(stream, 1);
    else
        SSL_free(ssl);
    return stream;
}

bool connection_open(struct door *door, const struct listener *listener, int fd,
                     const struct sockaddr *address)
{
    bool fits = has_place(&door->connections, listener->role) || make_room(door, listener->role);
    struct bufferevent *stream = fits ? open_stream(door, listener->is_tls, fd) : NULL;
    if (!stream) {
        evutil_closesocket(fd);
        return false;
    }
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct connection *connection = memory_new(1, sizeof *connection);
    connection->door = door;
    connection->role = listener->role;
    connection->is_tls = listener->is_tls;
    connection->stream = stream;
    connection->deadline_mono_ms = clock_mono_ms() + HTTP_REQUEST_MS;
    read_peer(address, connection->peer);
    body_init(&connection->body, &connection->head);
    link_in(connection);
    bufferevent_setcb(stream, on_read, on_sent, on_event, connection);
    bufferevent_enable(stream, EV_READ | EV_WRITE);
    return true;
}

static void expire(struct connection *connection)
{
    struct fault fault;
    if (connection->state == CONNECTION_WAITING) {
        if (connection->abandon)
            connection->abandon(connection->owner);
        fault_set(&fault, 503, "The bus has not answered in time; send it again.");
        refuse_and_close(connection, &fault);
    } else if (connection->state <= CONNECTION_BODY && connection->begun) {
        fault_set(&fault, 408, "The request was not whole within 30 seconds.");
        refuse_and_close(connection, &fault);
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
    int fd = bufferevent_getfd(connection->stream);
    return !is_between_requests(connection) || !connection->answered ||
           recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
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
