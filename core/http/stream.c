/* See stream.h. */
#include "core/http/stream.h"

#include <assert.h>
#include <errno.h>
#include <event2/event.h>
#include <sys/socket.h>
#include <unistd.h>

#define GATHERED_BYTES (16 * 1024) /* so much goes before the turn is over: they can begin */

/* ---- Out ---- */

size_t stream_unsent(const struct stream *stream)
{
    return stream->out.len - stream->sent_bytes;
}

static void drop_sent(struct stream *stream)
{
    buffer_drop(&stream->out, stream->sent_bytes);
    stream->sent_bytes = 0;
}

/* How many bytes the socket takes now. */
static size_t push(struct stream *stream, const char *bytes, size_t length)
{
    ssize_t sent = send(stream->fd, bytes, length, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno != EAGAIN && errno != EINTR)
        stream->failed = true;
    return sent > 0 ? (size_t)sent : 0;
}

static void send_out(struct stream *stream)
{
    size_t unsent = stream_unsent(stream);
    if (unsent == 0 || stream->failed)
        return;
    stream->sent_bytes += push(stream, stream->out.data + stream->sent_bytes, unsent);
    if (stream_unsent(stream) == 0) {
        buffer_finish(&stream->out);
        stream->sent_bytes = 0;
        return;
    }
    event_add(stream->writable, NULL);
    if (stream->sent_bytes > stream->out.len / 2)
        drop_sent(stream);
}

void stream_send(struct stream *stream, const char *bytes, size_t length)
{
    if (stream->failed)
        return;
    bool is_first = stream_unsent(stream) == 0;
    if (stream->is_tls) {
        stream->failed = cipher_send(&stream->cipher, bytes, length) < 0;
    } else {
        size_t done = is_first ? push(stream, bytes, length) : 0;
        stream->failed |= buffer_add(&stream->out, bytes + done, length - done) < 0;
    }
    if (!is_first)
        return; /* it is waited for already */
    if (stream->is_tls)
        send_out(stream);
    else if (stream_unsent(stream) > 0)
        event_add(stream->writable, NULL);
}

void stream_gather(struct stream *stream, const char *bytes, size_t length)
{
    assert(!stream->is_tls);
    if (stream->failed)
        return;
    if (length > stream->out.max - stream->out.len)
        drop_sent(stream);
    stream->failed = buffer_add(&stream->out, bytes, length) < 0;
    event_add(stream->writable, NULL);
    if (stream_unsent(stream) >= GATHERED_BYTES)
        send_out(stream);
}

void stream_end(struct stream *stream)
{
    if (stream->is_tls) {
        cipher_end(&stream->cipher);
        send_out(stream);
    }
    shutdown(stream->fd, SHUT_WR);
}

/* ---- In ---- */

char *stream_unread(const struct stream *stream, size_t *length)
{
    *length = stream->in.len - stream->taken_bytes;
    return stream->in.data + stream->taken_bytes;
}

void stream_take(struct stream *stream, size_t length)
{
    stream->taken_bytes += length;
    assert(stream->taken_bytes <= stream->in.len);
    if (stream->taken_bytes < stream->in.len)
        return;
    buffer_finish(&stream->in);
    stream->taken_bytes = 0;
}

static void stop_receiving(struct stream *stream)
{
    stream->at_end = true;
    event_del(stream->readable);
}

static void take_piece(struct stream *stream, const char *piece, size_t length)
{
    buffer_drop(&stream->in, stream->taken_bytes);
    stream->taken_bytes = 0;
    int result = stream->is_tls ? cipher_receive(&stream->cipher, piece, length, &stream->in)
                                : buffer_add(&stream->in, piece, length);
    if (stream->is_tls)
        send_out(stream); /* of the handshake, most likely; or why it failed */
    if (result < 0)
        stream->failed = true;
    else if (result > 0)
        stop_receiving(stream);
}

static void receive(struct stream *stream)
{
    static char piece[STREAM_PIECE_BYTES];
    ssize_t got = recv(stream->fd, piece, sizeof piece, MSG_DONTWAIT);
    if (got > 0)
        take_piece(stream, piece, (size_t)got);
    else if (got == 0)
        stop_receiving(stream);
    else if (errno != EAGAIN && errno != EINTR)
        stream->failed = true;
}

void stream_receive(struct stream *stream, bool on)
{
    if (on == !stream->muted || stream->at_end)
        return;
    stream->muted = !on;
    if (on)
        event_add(stream->readable, NULL);
    else
        event_del(stream->readable);
}

/* ---- Open and closed ---- */

static void on_readable(evutil_socket_t fd, short what, void *argument)
{
    (void)fd;
    (void)what;
    struct stream *stream = argument;
    receive(stream);
    stream->changed(stream->owner); /* which may be its end */
}

static void on_writable(evutil_socket_t fd, short what, void *argument)
{
    (void)fd;
    (void)what;
    struct stream *stream = argument;
    send_out(stream);
    stream->changed(stream->owner);
}

int stream_open(struct stream *stream, struct event_base *base, int fd, struct ssl_ctx_st *tls,
                size_t in_bytes_max, size_t out_bytes_max)
{
    *stream = (struct stream){.fd = fd, .is_tls = tls != NULL};
    buffer_init(&stream->in, in_bytes_max);
    buffer_init(&stream->out, out_bytes_max);
    if (tls && cipher_init(&stream->cipher, tls, &stream->out) < 0) {
        close(fd);
        return -1;
    }
    stream->readable = event_new(base, fd, EV_READ | EV_PERSIST, on_readable, stream);
    stream->writable = event_new(base, fd, EV_WRITE, on_writable, stream);
    return 0;
}

void stream_listen(struct stream *stream, void (*changed)(void *owner), void *owner)
{
    stream->changed = changed;
    stream->owner = owner;
    event_add(stream->readable, NULL);
}

void stream_close(struct stream *stream)
{
    event_free(stream->readable);
    event_free(stream->writable);
    if (stream->is_tls)
        cipher_finish(&stream->cipher);
    buffer_finish(&stream->in);
    buffer_finish(&stream->out);
    close(stream->fd);
}
