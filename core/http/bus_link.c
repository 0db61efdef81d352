/* See bus_link.h. */
#include "core/http/bus_link.h"

#include <assert.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/base/limits.h"
#include "core/base/log.h"
#include "core/base/memory.h"

#define READ_BYTES_MAX (256 * 1024) /* at a time */

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
    bufferevent_free(link->stream);
    link->stream = NULL;
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

/* Whoever is answered may send at once, but nobody closes the link meanwhile. */
static void on_read(struct bufferevent *stream, void *argument)
{
    struct evbuffer *input = bufferevent_get_input(stream);
    size_t length = evbuffer_get_length(input), taken = 0;
    char *bytes = (char *)evbuffer_pullup(input, -1); /* in one piece */
    char *end;
    while (taken < length && (end = memchr(bytes + taken, '\n', length - taken)) != NULL) {
        char *line = bytes + taken;
        taken += (size_t)(end - line) + 1;
        take_line(argument, line, (size_t)(end - line));
    }
    evbuffer_drain(input, taken);
}

static void on_event(struct bufferevent *stream, short what, void *argument)
{
    (void)stream;
    struct bus_link *link = argument;
    if (!(what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)))
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
    link->stream = bufferevent_socket_new(link->base, fd, BEV_OPT_CLOSE_ON_FREE);
    bufferevent_setcb(link->stream, on_read, NULL, on_event, link);
    bufferevent_set_max_single_read(link->stream, READ_BYTES_MAX);
    bufferevent_set_max_single_write(link->stream, READ_BYTES_MAX);
    bufferevent_enable(link->stream, EV_READ | EV_WRITE);
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
    if (link->stream)
        lose(link);
    event_free(link->retry);
    free(link->path);
    *link = (struct bus_link){.base = NULL};
}

enum bus_link_room bus_link_room(const struct bus_link *link)
{
    if (!link->stream)
        return BUS_LINK_AWAY;
    size_t unsent = evbuffer_get_length(bufferevent_get_output(link->stream));
    bool full = link->waiting_lines >= HTTP_WAITING_EVENTS_MAX || unsent >= HTTP_WAITING_BYTES_MAX;
    return full ? BUS_LINK_FULL : BUS_LINK_OPEN;
}

void bus_link_send(struct bus_link *link, struct bus_order *order, const struct buffer *lines)
{
    assert(link->stream && order->lines > 0);
    order->next = NULL;
    order->answered = 0;
    *(link->last ? &link->last->next : &link->first) = order;
    link->last = order;
    link->waiting_lines += order->lines;
    bufferevent_write(link->stream, lines->data, lines->len);
}
