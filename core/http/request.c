/* See request.h. */
#include "core/http/request.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/limits.h"
#include "core/base/memory.h"
#include "core/http/connection.h"
#include "core/http/door.h"
#include "core/http/fault.h"
#include "core/http/route.h"
#include "core/http/signature.h"

/* ---- The request's memory ---- */

static void count_body(struct connection *connection, size_t before)
{
    struct connections *all = &connection->door->connections;
    size_t now = connection->body.bytes.len;
    all->body_bytes += now - before; /* unsigned: also when it has become less */
    if (!connection->admission.proven)
        all->stranger_bytes += now - before;
}

void request_drop(struct connection *connection)
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

/* ---- Requests ---- */

static void skip_empty_lines(struct stream *stream)
{
    size_t length;
    const char *bytes = stream_unread(stream, &length);
    size_t empty = 0;
    while (length - empty >= 2 && bytes[empty] == '\r' && bytes[empty + 1] == '\n')
        empty += 2;
    stream_take(stream, empty);
}

/* How many bytes the head has; 0 while its end is not there, -1 with the fault. */
static ssize_t find_head(struct connection *connection, struct fault *fault)
{
    size_t length;
    const char *bytes = stream_unread(&connection->stream, &length);
    size_t from = connection->searched_bytes > 3 ? connection->searched_bytes - 3 : 0;
    const char *end = memmem(bytes + from, length - from, "\r\n\r\n", 4);
    size_t head_bytes = end ? (size_t)(end - bytes) + 4 : length;
    if (memmem(bytes + from, head_bytes - from, "\n\n", 2))
        return fault_set(fault, 400, "A line of the head does not end with CR LF.");
    connection->searched_bytes = length;
    if (head_bytes > HTTP_HEAD_BYTES_MAX)
        return fault_set(fault, 431, "The request line and the headers are larger than 16 KiB.");
    return end ? (ssize_t)head_bytes : 0;
}

/* The head is there: lets the request in, or answers. */
static void begin_request(struct connection *connection, size_t head_bytes)
{
    struct door *door = connection->door;
    struct fault fault;
    size_t length;
    const char *bytes = stream_unread(&connection->stream, &length);
    connection->head_bytes = memory_text_part(bytes, head_bytes);
    stream_take(&connection->stream, head_bytes);
    if (head_parse(connection->head_bytes, head_bytes, &connection->head, &fault) < 0) {
        connection_refuse_and_close(connection, &fault);
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
    if (head->expects_continue && length == head_bytes)
        stream_send(&connection->stream, "HTTP/1.1 100 Continue\r\n\r\n", 25);
}

static enum request_step step_head(struct connection *connection)
{
    struct fault fault;
    size_t length;
    if (stream_unsent(&connection->stream) > HTTP_UNSENT_BYTES_MAX)
        return REQUEST_WAITS;
    if (!connection->begun)
        skip_empty_lines(&connection->stream);
    stream_unread(&connection->stream, &length);
    if (length == 0)
        return REQUEST_LACKS;
    if (!connection->begun && connection->answered)
        connection->deadline_mono_ms = clock_mono_ms() + HTTP_REQUEST_MS;
    connection->begun = true;
    ssize_t head_bytes = find_head(connection, &fault);
    if (head_bytes == 0)
        return REQUEST_LACKS;
    if (head_bytes < 0)
        connection_refuse_and_close(connection, &fault);
    else
        begin_request(connection, (size_t)head_bytes);
    return REQUEST_GOES_ON;
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

static enum request_step step_body(struct connection *connection)
{
    struct fault fault;
    size_t used, length, before = connection->body.bytes.len;
    const char *bytes = stream_unread(&connection->stream, &length);
    int result = body_take(&connection->body, bytes, length, &used, &fault);
    stream_take(&connection->stream, used);
    count_body(connection, before);
    if (result == 0 && !has_room(connection))
        result = fault_set(&fault, 429, "Too much is being received; send it again.");
    if (result == 0)
        return REQUEST_LACKS;
    if (result < 0)
        connection_refuse_and_close(connection, &fault);
    else
        end_request(connection);
    return REQUEST_GOES_ON;
}

enum request_step request_step(struct connection *connection)
{
    switch (connection->state) {
    case CONNECTION_HEAD:
        return step_head(connection);
    case CONNECTION_BODY:
        return step_body(connection);
    default:
        return REQUEST_WAITS;
    }
}
