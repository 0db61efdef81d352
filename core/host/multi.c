/* See multi.h. */
#include "core/host/multi.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/memory.h"

struct multi_socket {
    uint32_t registered; /* with epoll */
    uint32_t wanted;     /* by libcurl; may be less */
    bool ours;           /* we opened it, so we are told when it is closed */
};

static struct multi_socket *socket_at(struct multi *multi, int fd)
{
    size_t index = (size_t)fd;
    if (index >= multi->socket_count) {
        size_t count = 2 * index + 16;
        multi->sockets = memory_resize(multi->sockets, count, sizeof *multi->sockets);
        memset(multi->sockets + multi->socket_count, 0,
               (count - multi->socket_count) * sizeof *multi->sockets);
        multi->socket_count = count;
    }
    return &multi->sockets[index];
}

static void unregister(struct multi *multi, int fd)
{
    struct multi_socket *known = socket_at(multi, fd);
    if (known->registered)
        epoll_ctl(multi->epoll_fd, EPOLL_CTL_DEL, fd, NULL); /* gone already is fine, too */
    known->registered = 0;
}

static void watch(struct multi *multi, int fd, uint32_t events)
{
    struct multi_socket *known = socket_at(multi, fd);
    known->wanted = events;
    if (events == known->registered)
        return;
    struct epoll_event event = {.events = events, .data.fd = fd};
    int operation = known->registered ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
    int result = epoll_ctl(multi->epoll_fd, operation, fd, &event);
    assert(result == 0);
    known->registered = events;
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *context, void *unused)
{
    (void)easy;
    (void)unused;
    static const uint32_t events[] = {[CURL_POLL_IN] = EPOLLIN,
                                      [CURL_POLL_OUT] = EPOLLOUT,
                                      [CURL_POLL_INOUT] = EPOLLIN | EPOLLOUT};
    struct multi *multi = context;
    if (what != CURL_POLL_REMOVE) {
        watch(multi, fd, events[what]);
        return 0;
    }
    /* A connection of ours is kept and will be wanted again in a moment: its registration stays. */
    socket_at(multi, fd)->wanted = 0;
    if (!socket_at(multi, fd)->ours)
        unregister(multi, fd);
    return 0;
}

static int on_timer(CURLM *handle, long timeout_ms, void *context)
{
    (void)handle;
    struct multi *multi = context;
    multi->due_ms = timeout_ms < 0 ? -1 : clock_mono_ms() + timeout_ms;
    return 0;
}

static curl_socket_t on_open(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
    (void)purpose;
    int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    if (fd < 0)
        return CURL_SOCKET_BAD;
    *socket_at(context, fd) = (struct multi_socket){.ours = true};
    return fd;
}

/* Closing ends the registration, too. */
static int on_close(void *context, curl_socket_t fd)
{
    *socket_at(context, fd) = (struct multi_socket){.ours = false};
    return close(fd);
}

void multi_init(struct multi *multi, int epoll_fd, uint32_t connections_max)
{
    *multi = (struct multi){.epoll_fd = epoll_fd, .due_ms = -1};
    multi->handle = curl_multi_init();
    assert(multi->handle);
    curl_multi_setopt(multi->handle, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(multi->handle, CURLMOPT_SOCKETDATA, multi);
    curl_multi_setopt(multi->handle, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(multi->handle, CURLMOPT_TIMERDATA, multi);
    curl_multi_setopt(multi->handle, CURLMOPT_MAXCONNECTS, (long)connections_max);
}

void multi_finish(struct multi *multi)
{
    if (multi->handle)
        curl_multi_cleanup(multi->handle);
    free(multi->sockets);
    *multi = (struct multi){.due_ms = -1};
}

void multi_adopt(struct multi *multi, CURL *easy)
{
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, multi);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_close);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, multi);
}

bool multi_has_stale(const struct multi *multi)
{
    for (size_t fd = 0; fd < multi->socket_count; fd++) {
        char unused;
        if (!multi->sockets[fd].ours || multi->sockets[fd].wanted != 0)
            continue;
        ssize_t result = recv((int)fd, &unused, 1, MSG_PEEK | MSG_DONTWAIT);
        if (result >= 0 || errno == ECONNRESET)
            return true;
    }
    return false;
}

void multi_event(struct multi *multi, int fd, uint32_t events)
{
    if (socket_at(multi, fd)->wanted == 0) {
        unregister(multi, fd); /* the far side has closed a kept connection */
        return;
    }
    int mask = 0;
    if (events & EPOLLIN)
        mask |= CURL_CSELECT_IN;
    if (events & EPOLLOUT)
        mask |= CURL_CSELECT_OUT;
    if (events & (EPOLLERR | EPOLLHUP))
        mask |= CURL_CSELECT_ERR;
    int running;
    curl_multi_socket_action(multi->handle, fd, mask, &running);
}

int multi_wait_ms(const struct multi *multi, int64_t now_ms)
{
    if (multi->due_ms < 0)
        return -1;
    return multi->due_ms > now_ms ? (int)(multi->due_ms - now_ms) : 0;
}

void multi_run_timer(struct multi *multi, int64_t now_ms)
{
    if (multi->due_ms < 0 || multi->due_ms > now_ms)
        return;
    multi->due_ms = -1;
    int running;
    curl_multi_socket_action(multi->handle, CURL_SOCKET_TIMEOUT, 0, &running);
}

CURL *multi_next_done(struct multi *multi, CURLcode *result)
{
    int left;
    CURLMsg *message = curl_multi_info_read(multi->handle, &left);
    if (!message)
        return NULL;
    *result = message->data.result; /* DONE is the only message there is */
    return message->easy_handle;
}
