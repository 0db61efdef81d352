/*
 * A program while it runs: what goes into it and comes out of it, and its end, which is that of all
 * it has started. It never leaves a process behind, running or dead: the host is the one that
 * orphans are handed to (PR_SET_CHILD_SUBREAPER), so whatever the program started, in however many
 * steps and in whatever process group, becomes a child of the host in the end, and is found there.
 * Used by once.c, stream.c and exec.c.
 */
#ifndef EXEC_PROGRAM_H
#define EXEC_PROGRAM_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "launch.h"
#include "printed.h"

struct affn_host;

/* Time before the deadline at which we stop waiting, for the end of what is killed. */
#define PROGRAM_MARGIN_MS 50

struct program {
    const struct affn_host *host;
    pid_t pid;      /* 0: it is not running, and nothing of it is left */
    int watch_fd;   /* becomes readable when it has ended */
    int has_status; /* it has ended */
    int status;     /* as wait has it */
    struct pipes pipes;
    struct printed printed;
    /* Takes what comes out of its stdout, with `owner`; NULL when that is not for us. */
    void (*take_answers)(void *owner, const char *bytes, size_t length);
    void *owner;
};

/* What a turn has come to. */
enum turn { TURN_ON, TURN_ENDED, TURN_LATE };

/* Before the first start, once for all programs. */
void program_init(struct program *program, const struct affn_host *host);

/* Starts it; nothing of it may be running. 0, or -1 with what failed. */
int program_start(struct program *program, const struct recipe *recipe,
                  struct start_failure *failure);

/*
 * Waits until something moves, at most until `until_mono_ms`. Moves *input, of which *input_bytes
 * are left, into it, and takes what comes out of it. TURN_ENDED when it has ended, TURN_LATE when
 * it is `until_mono_ms`.
 */
enum turn program_turn(struct program *program, const char **input, size_t *input_bytes,
                       int64_t until_mono_ms);

/* Says that no more input comes. */
void program_close_input(struct program *program);

/*
 * Ends it, if it has not ended by itself, and all that it has left running; takes what is still in
 * the pipes, closes them, and leaves its status. Returns how many bytes of its input it left
 * unread.
 */
size_t program_end(struct program *program);

/* Takes what lies in the pipes, and those of its orphans that have ended. Does not block. */
void program_look(struct program *program);

#endif
