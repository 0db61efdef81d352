/* See signals.h. */
#include "core/base/signals.h"

#include <stddef.h>

static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE};

#define COUNT (sizeof numbers / sizeof *numbers)

void signals_hold(sigset_t *before)
{
    sigset_t held;
    sigemptyset(&held);
    for (size_t i = 0; i < COUNT; i++) {
        struct sigaction action;
        if (sigaction(numbers[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
            sigaddset(&held, numbers[i]); /* Linux keeps one that is held, also an ignored one */
    }
    sigprocmask(SIG_BLOCK, &held, before);
}

bool signals_came(void)
{
    sigset_t waiting;
    bool came = false;
    sigpending(&waiting);
    for (size_t i = 0; i < COUNT; i++)
        came = came || sigismember(&waiting, numbers[i]) == 1;
    return came;
}

void signals_release(const sigset_t *before)
{
    sigprocmask(SIG_SETMASK, before, NULL);
}
