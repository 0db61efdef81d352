/* See link.h. */
#include "core/host/link.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "core/base/limits.h"

#define CHUNK_BYTES (64 * 1024)

void link_init(struct link *link, int fd)
{
    *link = (struct link){.fd = fd};
    buffer_init_secret(&link->in, FRAME_HEAD_BYTES + FRAME_BYTES_MAX + CHUNK_BYTES); /* OPTIONS */
    buffer_init(&link->out, LINK_QUEUED_BYTES_MAX + FRAME_HEAD_BYTES + FRAME_BYTES_MAX);
}

void link_finish(struct link *link)
{
    buffer_finish(&link->in);
    buffer_finish(&link->out);
}

static void end(struct link *link)
{
    link->ended = true;
    link->lost = errno == EBADF || errno == ENOTSOCK;
}

void link_receive(struct link *link)
{
    buffer_drop(&link->in, link->in_used);
    link->in_used = 0;
    char chunk[CHUNK_BYTES];
    ssize_t got = recv(link->fd, chunk, sizeof chunk, MSG_DONTWAIT);
    if (got > 0) {
        buffer_add(&link->in, chunk, (size_t)got); /* fits: whole frames were taken out before */
        explicit_bzero(chunk, (size_t)got);
    } else if (got == 0)
        link->ended = true;
    else if (errno != EAGAIN && errno != EINTR)
        end(link);
}

int link_next(struct link *link, struct frame *frame, const char **bytes, size_t *length)
{
    *bytes = link->in.data + link->in_used;
    int result = frame_read(*bytes, link->in.len - link->in_used, frame, length);
    if (result == 1)
        link->in_used += *length;
    return result;
}

static bool is_full(const struct link *link)
{
    return link->out.len >= LINK_QUEUED_BYTES_MAX;
}

void link_flush(struct link *link)
{
    size_t sent = 0;
    while (!link->ended && sent < link->out.len) {
        ssize_t written = send(link->fd, link->out.data + sent, link->out.len - sent,
                               MSG_DONTWAIT | MSG_NOSIGNAL);
        if (written > 0)
            sent += (size_t)written;
        else if (errno == EAGAIN)
            break;
        else if (errno != EINTR)
            end(link);
    }
    if (link->ended)
        sent = link->out.len;
    buffer_drop(&link->out, sent);
}

static void wait_until_writable(const struct link *link)
{
    struct pollfd poller = {.fd = link->fd, .events = POLLOUT};
    poll(&poller, 1, -1);
}

void link_drain(struct link *link)
{
    link_flush(link);
    while (link->out.len > 0) {
        wait_until_writable(link);
        link_flush(link);
    }
}

struct buffer *link_out(struct link *link)
{
    while (is_full(link)) {
        wait_until_writable(link);
        link_flush(link);
    }
    return &link->out;
}
