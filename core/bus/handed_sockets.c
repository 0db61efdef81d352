/* See handed_sockets.h. */
#include "core/bus/handed_sockets.h"

#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/base/file.h"
#include "core/base/log.h"

#define FIRST_FD 3 /* SD_LISTEN_FDS_START */

static long number_of(const char *variable)
{
    const char *text = getenv(variable);
    return text ? strtol(text, NULL, 10) : 0;
}

static void take(struct handed_sockets *sockets, int fd)
{
    bool has_room = sockets->count < HTTP_SOCKETS_MAX;
    int moved = has_room ? file_move_away(fd, HANDED_FD_LOWEST) : -1;
    if (moved >= 0) {
        sockets->fds[sockets->count++] = moved;
        return;
    }
    log_warning("a socket of systemd's is not used", {"fd", .number = fd},
                {"most", .number = HTTP_SOCKETS_MAX});
    if (!has_room)
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
