/* See handed_sockets.h. */
#include "core/bus/handed_sockets.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/base/log.h"

#define FIRST_FD 3 /* SD_LISTEN_FDS_START */
#define LOWEST_FD_KEPT                                                                             \
    16 /* so that dup2 onto the door's descriptors in a child hits none of them */

static long number_of(const char *variable)
{
    const char *text = getenv(variable);
    return text ? strtol(text, NULL, 10) : 0;
}

static void take(struct handed_sockets *sockets, int fd)
{
    int moved = sockets->count < HTTP_SOCKETS_MAX ? fcntl(fd, F_DUPFD_CLOEXEC, LOWEST_FD_KEPT) : -1;
    if (moved >= 0)
        sockets->fds[sockets->count++] = moved;
    else
        log_warning("a socket of systemd's is not used", {"fd", .number = fd},
                    {"most", .number = HTTP_SOCKETS_MAX});
    close(fd);
}

void handed_sockets_take(struct handed_sockets *sockets)
{
    *sockets = (struct handed_sockets){.count = 0};
    long count = number_of("LISTEN_PID") == (long)getpid() ? number_of("LISTEN_FDS") : 0;
    for (long i = 0; i < count && i < 1024; i++)
        take(sockets, FIRST_FD + (int)i);
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDS");
    unsetenv("LISTEN_FDNAMES");
}

void handed_sockets_finish(struct handed_sockets *sockets)
{
    for (size_t i = 0; i < sockets->count; i++)
        close(sockets->fds[i]);
    sockets->count = 0;
}
