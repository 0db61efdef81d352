/*
 * The end that somebody asks for, by Ctrl-C or a signal, while a command is at work: it is seen
 * where the command waits, so that what was begun is told of, and then has its usual effect.
 */
#ifndef AFFN_CLI_INTERRUPT_H
#define AFFN_CLI_INTERRUPT_H

#include <signal.h>
#include <stdbool.h>

struct interrupt {
    int fd;
    sigset_t before;
};

/* From here on SIGINT, SIGTERM and SIGHUP wait, but for those that are ignored. */
void interrupt_init(struct interrupt *interrupt);

/* They have their effect again: one that has come ends the program here. */
void interrupt_finish(struct interrupt *interrupt);

/* Waits until `fd` can be read, or one has come: then false. */
bool interrupt_wait(const struct interrupt *interrupt, int fd);

#endif
