/* See listener.h. */
#include "core/http/listener.h"

#include <errno.h>
#include <event2/listener.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/error.h"
#include "core/base/log.h"
#include "core/config/listen.h"
#include "core/http/connection.h"
#include "core/http/door.h"

#define BACKLOG 1024

static void on_accept(struct evconnlistener *socket, evutil_socket_t fd, struct sockaddr *address,
                      int length, void *argument)
{
    (void)socket;
    (void)length;
    struct listener *listener = argument;
    if (!connection_open(listener->door, listener, fd, address))
        door_pause(listener->door); /* the next wait in the kernel until a place is free */
}

/* Out of descriptors, most likely. */
static void on_accept_error(struct evconnlistener *socket, void *argument)
{
    (void)socket;
    struct listener *listener = argument;
    log_error("cannot accept a connection", {"error", .text = strerror(errno)},
              {"remedy", .text = "raise the limit of open files (LimitNOFILE)"});
    door_pause(listener->door);
}

static int add_socket(struct listener *listener, int fd, struct error *error)
{
    evutil_make_socket_nonblocking(fd);
    struct evconnlistener *socket =
        evconnlistener_new(listener->door->base, on_accept, listener,
                           LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, BACKLOG, fd);
    if (!socket) {
        error_set_errno(error, "cannot listen");
        close(fd);
        return -1;
    }
    evconnlistener_set_error_cb(socket, on_accept_error);
    listener->sockets[listener->socket_count++] = socket;
    return 0;
}

/* ---- Sockets that were handed down ---- */

static int port_of(const struct sockaddr_storage *address)
{
    if (address->ss_family == AF_INET)
        return ntohs(((const struct sockaddr_in *)address)->sin_port);
    if (address->ss_family == AF_INET6)
        return ntohs(((const struct sockaddr_in6 *)address)->sin6_port);
    return -1;
}

/* 127.0.0.0/8, ::1, and the first of them as IPv6 writes it. */
static bool is_loopback(const struct sockaddr_storage *address)
{
    if (address->ss_family == AF_INET) {
        uint32_t bits = ntohl(((const struct sockaddr_in *)address)->sin_addr.s_addr);
        return bits >> 24 == IN_LOOPBACKNET;
    }
    const struct in6_addr *long_address = &((const struct sockaddr_in6 *)address)->sin6_addr;
    return IN6_IS_ADDR_LOOPBACK(long_address) ||
           (IN6_IS_ADDR_V4MAPPED(long_address) && long_address->s6_addr[12] == IN_LOOPBACKNET);
}

/* The rule of `listen` holds for sockets of others as well: what is not encrypted stays here. */
static int check_handed(const struct listener *listener, const struct sockaddr_storage *address,
                        struct error *error)
{
    char host[INET6_ADDRSTRLEN] = "";
    if (listener->is_tls || is_loopback(address))
        return 0;
    getnameinfo((const struct sockaddr *)address, sizeof *address, host, sizeof host, NULL, 0,
                NI_NUMERICHOST);
    return error_set(error,
                     "systemd's socket for this port is bound to %s, and http is for loopback "
                     "alone; let its ListenStream name 127.0.0.1, or make this https",
                     host);
}

static int take_handed(struct listener *listener, const char *port, int *handed,
                       size_t handed_count, struct error *error)
{
    for (size_t i = 0; i < handed_count && listener->socket_count < LISTENER_ADDRESSES_MAX; i++) {
        struct sockaddr_storage address;
        socklen_t size = sizeof address;
        int listens = 0;
        socklen_t flag_size = sizeof listens;
        if (handed[i] < 0 || getsockname(handed[i], (struct sockaddr *)&address, &size) < 0 ||
            getsockopt(handed[i], SOL_SOCKET, SO_ACCEPTCONN, &listens, &flag_size) < 0 ||
            !listens || port_of(&address) != atoi(port))
            continue;
        if (check_handed(listener, &address, error) < 0)
            return -1;
        int fd = handed[i];
        handed[i] = -1;
        if (add_socket(listener, fd, error) < 0)
            return -1;
    }
    return 0;
}

/* ---- Sockets of our own ---- */

static int bind_address(const struct addrinfo *address, struct error *error)
{
    int on = 1;
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return error_set_errno(error, "cannot listen");
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (address->ai_family == AF_INET6) /* [::] means IPv6; 0.0.0.0 may be listened on beside it */
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    if (bind(fd, address->ai_addr, address->ai_addrlen) == 0)
        return fd;
    int saved = errno;
    error_set_errno(error, "cannot listen");
    close(fd);
    errno = saved;
    return -1;
}

/* A name may stand for addresses that this machine does not have, such as ::1 without IPv6. */
static int bind_all(struct listener *listener, const struct addrinfo *addresses,
                    struct error *error)
{
    for (const struct addrinfo *at = addresses;
         at && listener->socket_count < LISTENER_ADDRESSES_MAX; at = at->ai_next) {
        int fd = bind_address(at, error);
        if (fd < 0 && (errno == EADDRNOTAVAIL || errno == EAFNOSUPPORT))
            continue;
        if (fd < 0 || add_socket(listener, fd, error) < 0)
            return -1;
    }
    return listener->socket_count > 0 ? 0 : -1;
}

static int open_own(struct listener *listener, const char *host, const char *port,
                    struct error *error)
{
    struct addrinfo *addresses;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    int code = getaddrinfo(host, port, &hints, &addresses);
    if (code != 0)
        return error_set(error, "%s has no address: %s", host, gai_strerror(code));
    int result = bind_all(listener, addresses, error);
    freeaddrinfo(addresses);
    return result;
}

/* ---- Opening and closing ---- */

int listener_open(struct listener *listener, struct door *door, const struct door_listener *wanted,
                  int *handed, size_t handed_count, struct error *error)
{
    char *host, *port;
    bool is_tls = listen_is_https(wanted->url);
    *listener =
        (struct listener){.door = door, .role = (enum door_role)wanted->role, .is_tls = is_tls};
    listen_split(wanted->url, &host, &port);
    int result = take_handed(listener, port, handed, handed_count, error);
    bool is_handed = listener->socket_count > 0;
    if (result == 0 && !is_handed)
        result = open_own(listener, host, port, error);
    free(host);
    free(port);
    if (result < 0) {
        listener_close(listener);
        return -1;
    }
    log_info("listening", {"url", .text = wanted->url},
             {"sockets", .text = is_handed ? "handed down" : "our own"});
    return 0;
}

void listener_close(struct listener *listener)
{
    for (size_t i = 0; i < listener->socket_count; i++)
        evconnlistener_free(listener->sockets[i]);
    listener->socket_count = 0;
}

void listener_enable(struct listener *listener, bool enabled)
{
    for (size_t i = 0; i < listener->socket_count; i++)
        (enabled ? evconnlistener_enable : evconnlistener_disable)(listener->sockets[i]);
}
