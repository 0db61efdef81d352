/* See interrupt.h. The signal itself is never taken: it stays pending until the end. */
#include "core/cli/interrupt.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <sys/signalfd.h>
#include <unistd.h>

void interrupt_init(struct interrupt *interrupt)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    sigset_t wanted;
    struct sigaction action;
    sigemptyset(&wanted);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        if (sigaction(numbers[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
            sigaddset(&wanted, numbers[i]);
    }
    sigprocmask(SIG_BLOCK, &wanted, &interrupt->before);
    interrupt->fd = signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
    if (interrupt->fd < 0) /* then they end the program as ever */
        sigprocmask(SIG_SETMASK, &interrupt->before, NULL);
}

void interrupt_finish(struct interrupt *interrupt)
{
    if (interrupt->fd >= 0)
        close(interrupt->fd);
    interrupt->fd = -1;
    sigprocmask(SIG_SETMASK, &interrupt->before, NULL);
}

bool interrupt_wait(const struct interrupt *interrupt, int fd)
{
    struct pollfd both[] = {{.fd = fd, .events = POLLIN}, {.fd = interrupt->fd, .events = POLLIN}};
    int got;
    do
        got = poll(both, 2, -1);
    while (got < 0 && errno == EINTR);
    return got < 0 || both[1].revents == 0;
}
