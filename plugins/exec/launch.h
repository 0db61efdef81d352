/*
 * Starts a program by fork and exec, with pipes as its stdin, stdout and stderr and nothing else of
 * ours. Between fork and exec it does only what is safe there. It is done by hand and not by
 * posix_spawn, which knows no PR_SET_PDEATHSIG: the kernel ends the program with the host, also
 * when that is killed.
 *
 * The program stays in the host's process group: the bus ends the whole group when the host is
 * gone, and with it what the program has started. Used by program.c.
 */
#ifndef EXEC_LAUNCH_H
#define EXEC_LAUNCH_H

#include <sys/types.h>

#include "status.h"

/* What is started, and how. */
struct recipe {
    char *const *arguments; /* the program's path first; ends with NULL */
    char *const *environment;
    const char *folder;
    int answers; /* its stdout is for us alone; else it is as its stderr */
};

/* Our ends of the pipes; all are closed by exec, none blocks, -1 is none. */
struct pipes {
    int input;   /* to its stdin */
    int unread;  /* the other end of the same pipe: what lies there it has not read */
    int answers; /* from its stdout */
    int printed; /* from its stderr, and its stdout when that is not for us */
};

/*
 * Starts it and waits until it runs. Its process ID; or -1 with what failed, and then there is
 * neither process nor pipe.
 */
pid_t launch(const struct recipe *recipe, struct pipes *pipes, struct start_failure *failure);

/* Closes those that are open. */
void pipes_close(struct pipes *pipes);

/* Closes one that is open, and forgets it. */
void pipes_close_one(int *fd);

#endif
