/*
 * One host process from start to end: its socket, its pid. Knows frames but not what they mean,
 * and decides nothing: whoever started it is told what came and, at the very end, that it is gone.
 *
 * The end comes once and in order: every frame that the host had sent is delivered, then `gone`.
 * After `gone` the struct may be started again.
 */
#ifndef AFFN_BUS_HOST_PROCESS_H
#define AFFN_BUS_HOST_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

#include "core/base/buffer.h"
#include "core/bus/host_output.h"
#include "core/wire/frame.h"

struct error;
struct event_base;
struct event;

struct host_calls {
    /*
     * A frame came. -1 when it makes no sense: then the host is killed, with the error as reason.
     * Whoever has nothing more exact to say leaves it as it is.
     */
    int (*frame)(void *owner, struct frame *frame, struct error *error);

    /* It has ended; the reason goes on after "the process" ("was killed by signal 6 (Aborted)"). */
    void (*gone)(void *owner, const char *reason);
};

struct host_process {
    const struct host_calls *calls;
    void *owner;
    const char *name; /* the sink's, for the log; borrowed */
    pid_t pid;        /* 0 while none runs */
    int socket_fd;    /* -1 when closed */
    struct buffer in;
    struct buffer out;
    struct event *readable;
    struct event *writable;
    struct event *linger; /* once its socket is closed, it has a moment to end by itself */
    struct host_output output;
    char reason[TEXT_BYTES_MAX]; /* why it was killed by us, or "" */
    bool disordered;             /* it sent what makes no sense: nothing more of it is read */
    bool spoke;                  /* it has sent a frame, so affnotify-host does run */

    /* At `gone`. */
    bool tidy;  /* it ended by itself and with status 0 */
    int signal; /* which it died of, when that was not ours; 0 for none */
};

/*
 * Opens affnotify-host, which lies beside the running program's directory. -1 when it is not there.
 */
int host_process_open_program(struct error *error);

void host_process_init(struct host_process *host, const char *name, const struct host_calls *calls,
                       void *owner);

/* Kills a process that still runs, waits for it, and frees everything, without calling back. */
void host_process_finish(struct host_process *host);

/*
 * Starts program_fd (affnotify-host, opened once) for a plugin. -1 when it could not be started;
 * then `gone` is not called.
 */
int host_process_start(struct host_process *host, struct event_base *base, int program_fd,
                       const char *plugin_path, struct error *error);

/* Where frames for the host are put; host_process_send then writes what the socket takes. */
struct buffer *host_process_out(struct host_process *host);
void host_process_send(struct host_process *host);

/* Ends the process the hard way; `gone` follows, with this reason. */
void host_process_kill(struct host_process *host, const char *reason);

/* Whether it is being killed, or has closed its socket: it will answer nothing more. */
bool host_process_is_ending(const struct host_process *host);

/* Called for each child that ended: true when it was this host's; then `gone` has been called. */
bool host_process_reaped(struct host_process *host, pid_t pid, int status);

#endif
