/* See bus_link.h. */
#include "core/http/bus_link.h"

#include <assert.h>
#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/base/limits.h"
#include "core/base/log.h"
#include "core/base/memory.h"

#define IN_BYTES_MAX (METRICS_BYTES_MAX + STREAM_PIECE_BYTES) /* the longest answer */
/* Beyond the first nothing is sent; the rest is one body that becomes lines. */
#define OUT_BYTES_MAX (HTTP_WAITING_BYTES_MAX + 16 * HTTP_BODY_BYTES_MAX)

static void connect_now(struct bus_link *link);

static void retry_later(struct bus_link *link)
{
    struct timeval delay = {.tv_usec = HTTP_BUS_RETRY_MS * 1000};
    event_add(link->retry, &delay);
}

static void pop(struct bus_link *link)
{
    struct bus_order *order = link->first;
    link->first = order->next;
    if (!link->first)
        link->last = NULL;
    link->waiting_lines -= order->lines - order->answered;
    order->end(order);
}

/* The connection is over: what has no answer will get none. */
static void lose(struct bus_link *link)
{
    stream_close(&link->stream);
    link->is_open = false;
    while (link->first)
        pop(link);
}

static void take_line(struct bus_link *link, char *line, size_t length)
{
    struct bus_order *order = link->first;
    if (!order) {
        line[length] = '\0';
        log_warning("the bus said something that nobody asked for", {"line", .text = line});
        return;
    }
    order->answered++;
    link->waiting_lines--;
    order->take(order, line, length);
    if (order->answered == order->lines)
        pop(link);
}

static void take_lines(struct bus_link *link)
{
    size_t length, taken = 0;
    char *bytes = stream_unread(&link->stream, &length);
    char *end;
    while (taken < length && (end = memchr(bytes + taken, '\n', length - taken)) != NULL) {
        char *line = bytes + taken;
        taken += (size_t)(end - line) + 1;
        take_line(link, line, (size_t)(end - line));
    }
    stream_take(&link->stream, taken);
}

static void on_change(void *argument)
{
    struct bus_link *link = argument;
    take_lines(link);
    if (!link->stream.at_end && !link->stream.failed)
        return;
    log_warning("the bus has closed the connection", {"socket", .text = link->path});
    lose(link);
    retry_later(link);
}

static void on_retry(evutil_socket_t fd, short what, void *argument)
{
    (void)fd;
    (void)what;
    connect_now(argument);
}

/* A unix socket connects at once or not at all. */
static void connect_now(struct bus_link *link)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    assert(strlen(link->path) < sizeof address.sun_path); /* config sees to it */
    memcpy(address.sun_path, link->path, strlen(link->path));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof address) < 0) {
        if (!link->away_said)
            log_warning("cannot reach the bus", {"socket", .text = link->path},
                        {"error", .text = strerror(errno)});
        link->away_said = true;
        if (fd >= 0)
            close(fd);
        retry_later(link);
        return;
    }
    link->away_said = false;
    stream_open(&link->stream, link->base, fd, NULL, IN_BYTES_MAX, OUT_BYTES_MAX);
    stream_listen(&link->stream, on_change, link);
    link->is_open = true;
}

void bus_link_init(struct bus_link *link, struct event_base *base, const char *path)
{
    *link = (struct bus_link){.base = base, .path = memory_text(path)};
    link->retry = evtimer_new(base, on_retry, link);
    connect_now(link);
}

void bus_link_finish(struct bus_link *link)
{
    if (!link->base)
        return;
    if (link->is_open)
        lose(link);
    event_free(link->retry);
    free(link->path);
    *link = (struct bus_link){.base = NULL};
}

enum bus_link_room bus_link_room(const struct bus_link *link)
{
    if (!link->is_open || link->stream.failed)
        return BUS_LINK_AWAY;
    bool full = link->waiting_lines >= HTTP_WAITING_EVENTS_MAX ||
                stream_unsent(&link->stream) >= HTTP_WAITING_BYTES_MAX;
    return full ? BUS_LINK_FULL : BUS_LINK_OPEN;
}

void bus_link_send(struct bus_link *link, struct bus_order *order, const struct buffer *lines)
{
    assert(link->is_open && order->lines > 0);
    order->next = NULL;
    order->answered = 0;
    *(link->last ? &link->last->next : &link->first) = order;
    link->last = order;
    link->waiting_lines += order->lines;
    stream_gather(&link->stream, lines->data, lines->len);
}
