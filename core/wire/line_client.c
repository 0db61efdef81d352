/* See line_client.h. */
#include "core/wire/line_client.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/error.h"

void line_client_init(struct line_client *client)
{
    *client = (struct line_client){.fd = -1};
    buffer_init(&client->in, 2 * ANSWER_BYTES_MAX);
}

void line_client_init_within(struct line_client *client, char *memory, size_t size)
{
    *client = (struct line_client){.fd = -1};
    buffer_init_within(&client->in, memory, size);
}

void line_client_finish(struct line_client *client)
{
    if (!client)
        return;
    if (client->fd >= 0)
        close(client->fd);
    buffer_finish(&client->in);
    client->fd = -1;
    client->taken_bytes = 0;
}

static int left_ms(int64_t deadline_mono_ms)
{
    int64_t left = deadline_mono_ms - clock_mono_ms();
    if (left <= 0)
        return 0;
    return left > INT_MAX ? INT_MAX : (int)left;
}

/*
 * A unix socket whose queue is full answers a non-blocking connect with EAGAIN and gives nothing to
 * poll for; a blocking one waits, as long as SO_SNDTIMEO says.
 */
static int connect_within(int fd, const struct sockaddr_un *address, int64_t deadline_mono_ms)
{
    int result;
    do {
        int left = left_ms(deadline_mono_ms);
        if (left == 0)
            left = 1; /* zero would mean for ever */
        struct timeval time = {.tv_sec = left / 1000, .tv_usec = left % 1000 * 1000};
        if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time) < 0)
            return -1;
        result = connect(fd, (const struct sockaddr *)address, sizeof *address);
    } while (result < 0 && errno == EINTR);
    if (result == 0)
        result = fcntl(fd, F_SETFL, O_NONBLOCK);
    return result;
}

int line_client_connect(struct line_client *client, const char *path, int64_t deadline_mono_ms,
                        struct error *error)
{
    assert(client->fd < 0);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return error_set(error, "%s: a socket's path has at most %zu bytes", path,
                         sizeof address.sun_path - 1);
    }
    memcpy(address.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect_within(fd, &address, deadline_mono_ms) == 0) {
        client->fd = fd;
        return 0;
    }
    int saved = errno;
    if (saved == EAGAIN)
        error_set(error, "%s: nobody took the connection in time", path);
    else
        error_set_errno(error, "%s", path);
    if (fd >= 0)
        close(fd);
    errno = saved;
    return -1;
}

/* Waits for any of `events`; returns those that came, or -1. */
static int wait_for(const struct line_client *client, short events, int64_t deadline_mono_ms,
                    struct error *error)
{
    for (;;) {
        struct pollfd one = {.fd = client->fd, .events = events};
        int count = poll(&one, 1, left_ms(deadline_mono_ms));
        if (count > 0)
            return one.revents;
        if (count == 0)
            return error_set(error, "the bus did not answer in time");
        if (errno != EINTR)
            return error_set_errno(error, "waiting for the bus");
    }
}

/*
 * Adds what has arrived to client->in: 1, 0 when nothing is there, -1 at the end of the connection.
 */
static int receive(struct line_client *client, struct error *error)
{
    buffer_drop(&client->in, client->taken_bytes);
    client->taken_bytes = 0;
    char chunk[16 * 1024];
    ssize_t got = recv(client->fd, chunk, sizeof chunk, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    if (got < 0)
        return error_set_errno(error, "the connection to the bus was lost");
    if (got == 0)
        return error_set(error,
                         "the bus closed the connection before it answered; its log tells why");
    if (buffer_add(&client->in, chunk, (size_t)got) < 0)
        return error_set(error, "the bus sent more than %zu bytes that nobody asked for",
                         client->in.max);
    return 1;
}

int line_client_send(struct line_client *client, const char *bytes, size_t length,
                     int64_t deadline_mono_ms, struct error *error)
{
    while (length > 0) {
        ssize_t sent = send(client->fd, bytes, length, MSG_NOSIGNAL);
        if (sent > 0) {
            bytes += sent;
            length -= (size_t)sent;
            continue;
        }
        if (errno == EINTR)
            continue;
        if (errno != EAGAIN)
            return error_set_errno(error, "the connection to the bus was lost");
        int events = wait_for(client, POLLIN | POLLOUT, deadline_mono_ms, error);
        if (events < 0)
            return -1;
        if (events & POLLIN && receive(client, error) < 0)
            return -1;
    }
    return 0;
}

/* Hands out the first whole line of what was received; 0 when there is none yet. */
static int take_line(struct line_client *client, const char **line, size_t *length)
{
    char *start = client->in.data + client->taken_bytes;
    char *end = memchr(start, '\n', client->in.len - client->taken_bytes);
    if (!end)
        return 0;
    *end = '\0';
    *line = start;
    *length = (size_t)(end - start);
    client->taken_bytes += *length + 1;
    return 1;
}

int line_client_read(struct line_client *client, const char **line, size_t *length,
                     int64_t deadline_mono_ms, struct error *error)
{
    while (!take_line(client, line, length)) {
        if (client->in.len - client->taken_bytes > ANSWER_BYTES_MAX)
            return error_set(error, "the bus's answer is longer than %d bytes", ANSWER_BYTES_MAX);
        if (wait_for(client, POLLIN, deadline_mono_ms, error) < 0 || receive(client, error) < 0)
            return -1;
    }
    return 0;
}
