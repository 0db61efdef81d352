/*
 * affnotify-host SINK PLUGIN: the process that one sink lives in. Started by affnotifyd with a
 * socket on fd 3, and never by hand: what it needs to know beyond its arguments, secrets among it,
 * comes by that socket. It opens no other door, and does not outlive the bus.
 */
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/cores.h"
#include "core/host/host.h"
#include "core/host/memory_limit.h"

#define BUS_FD 3

/* False when the bus has ended before we asked to end with it. */
static bool die_with_bus(void)
{
    struct ucred bus;
    socklen_t length = sizeof bus;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    return getsockopt(BUS_FD, SOL_SOCKET, SO_PEERCRED, &bus, &length) == 0 && bus.pid == getppid();
}

/* A stop is the bus's to decide: Ctrl-C and service managers signal us along with it. */
static void ignore_signals(void)
{
    static const int ignored[] = {SIGPIPE, SIGINT, SIGTERM, SIGHUP};
    for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++)
        signal(ignored[i], SIG_IGN);
}

int main(int argc, char **argv)
{
    int type;
    socklen_t length = sizeof type;
    if (argc != 3 || getsockopt(BUS_FD, SOL_SOCKET, SO_TYPE, &type, &length) < 0) {
        fprintf(stderr, "affnotify-host: is started by affnotifyd, not by hand\n");
        return 2;
    }
    if (!die_with_bus())
        return EXIT_FAILURE;
    ignore_signals();
    memory_limit_set();
    cores_follow(); /* not before: whoever leaves no core may not change its own place in /proc */
    fcntl(BUS_FD, F_SETFD, FD_CLOEXEC);
    prctl(PR_SET_NAME, "affnotify-host");
    /* A silent name server is given up after 8 seconds, not 30. */
    setenv("RES_OPTIONS", "timeout:2 attempts:2", 1);
    /* Memory is not given back to the system between batches (measured: 8 % more of them). */
    mallopt(M_TRIM_THRESHOLD, 256 * 1024 * 1024);
    mallopt(M_MMAP_THRESHOLD, 4 * 1024 * 1024);
    return host_run(argv[1], argv[2], BUS_FD);
}
