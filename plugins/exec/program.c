/* See program.h. */
#include "program.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <affnotify/sink.h>

#define READ_BYTES    (16 * 1024)
#define READS_MAX     8    /* of one pipe in one turn, so that a flood does not hide the deadline */
#define LEFT_NAP_MS   1    /* between two looks at what is left */
#define LEFT_LIMIT_MS 1000 /* for what is left to end, once it is killed */
#define STAT_BYTES    512  /* of /proc/PID/stat, for the fields up to the parent's ID */

void program_init(struct program *program, const struct affn_host *host)
{
    *program = (struct program){
        .host = host, .watch_fd = -1, .pipes = {-1, -1, -1, -1}, .printed = {.host = host}};
    prctl(PR_SET_CHILD_SUBREAPER, 1);
}

/* ---- Start ---- */

int program_start(struct program *program, const struct recipe *recipe,
                  struct start_failure *failure)
{
    pid_t pid = launch(recipe, &program->pipes, failure);
    if (pid < 0)
        return -1;
    program->pid = pid;
    program->has_status = 0;
    /* Not pidfd_open, which glibc has since 2.36 only. */
    program->watch_fd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (program->watch_fd >= 0)
        return 0;
    *failure = (struct start_failure){STEP_PROCESS, errno};
    program_end(program);
    return -1;
}

/* ---- In and out ---- */

/* 0 at the end, -1 when there is no more now, 1 when there may be. */
static int take_some(struct program *program, int fd)
{
    char bytes[READ_BYTES];
    ssize_t got = read(fd, bytes, sizeof bytes);
    if (got < 0)
        return errno == EINTR ? 1 : -1;
    if (got > 0 && fd == program->pipes.answers)
        program->take_answers(program->owner, bytes, (size_t)got);
    else if (got > 0)
        printed_take(&program->printed, bytes, (size_t)got);
    return got > 0;
}

static void take(struct program *program, int *fd)
{
    int more = 1;
    for (int i = 0; i < READS_MAX && *fd >= 0 && more > 0; i++)
        more = take_some(program, *fd);
    if (more == 0)
        pipes_close_one(fd);
}

static void give(struct program *program, const char **input, size_t *input_bytes)
{
    while (*input_bytes > 0) {
        ssize_t written = write(program->pipes.input, *input, *input_bytes);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return; /* full: poll says when it is not */
        *input += written;
        *input_bytes -= (size_t)written;
    }
}

enum turn program_turn(struct program *program, const char **input, size_t *input_bytes,
                       int64_t until_mono_ms)
{
    struct pipes *pipes = &program->pipes;
    struct pollfd fds[] = {
        {.fd = program->watch_fd, .events = POLLIN},
        {.fd = *input_bytes > 0 ? pipes->input : -1, .events = POLLOUT},
        {.fd = pipes->answers, .events = POLLIN},
        {.fd = pipes->printed, .events = POLLIN},
    };
    int64_t left_ms = until_mono_ms - program->host->mono_ms();
    if (left_ms <= 0)
        return TURN_LATE;
    if (poll(fds, sizeof fds / sizeof fds[0], left_ms < 1000 ? (int)left_ms : 1000) <= 0)
        return TURN_ON;
    if (fds[1].revents)
        give(program, input, input_bytes);
    if (fds[2].revents)
        take(program, &pipes->answers);
    if (fds[3].revents)
        take(program, &pipes->printed);
    return fds[0].revents ? TURN_ENDED : TURN_ON;
}

void program_close_input(struct program *program)
{
    pipes_close_one(&program->pipes.input);
}

/* ---- The end of it and of what it has left ---- */

/* Takes the dead, its own among them. Whether a child is still alive. */
static int reap(struct program *program)
{
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        if (pid == program->pid && !program->has_status) {
            program->has_status = 1;
            program->status = status;
        }
    }
    return pid == 0;
}

/* The parent of a process, 0 when it has gone. */
static pid_t parent_of(const char *pid)
{
    char path[64];
    char text[STAT_BYTES];
    int parent = 0;
    snprintf(path, sizeof path, "/proc/%.20s/stat", pid);
    FILE *file = fopen(path, "re");
    if (!file)
        return 0;
    size_t length = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[length] = '\0';
    const char *name_end = strrchr(text, ')'); /* the name may hold anything */
    return name_end && sscanf(name_end, ") %*c %d", &parent) == 1 ? parent : 0;
}

/* By looking at all processes: not every kernel lists the children of one. */
static void kill_children(void)
{
    pid_t self = getpid();
    DIR *folder = opendir("/proc");
    for (struct dirent *entry; folder && (entry = readdir(folder)) != NULL;)
        if (isdigit((unsigned char)entry->d_name[0]) && parent_of(entry->d_name) == self)
            kill((pid_t)strtol(entry->d_name, NULL, 10), SIGKILL);
    if (folder)
        closedir(folder);
}

/* Children of what dies become ours, so it takes a few rounds to come to the last of them. */
static void end_all(struct program *program)
{
    int64_t until = program->host->mono_ms() + LEFT_LIMIT_MS;
    while (reap(program)) {
        if (program->host->mono_ms() >= until) {
            program->host->log(AFFN_LOG_WARNING,
                               "the program, or what it has started, cannot be ended and goes on");
            return;
        }
        kill_children();
        poll(NULL, 0, LEFT_NAP_MS);
    }
}

size_t program_end(struct program *program)
{
    int unread = 0;
    if (program->pid <= 0)
        return 0;
    if (!program->has_status)
        kill(program->pid, SIGKILL);
    end_all(program);
    if (!program->has_status)
        program->status = SIGKILL; /* it hangs in the kernel, and ends so when it comes back */
    take(program, &program->pipes.answers);
    take(program, &program->pipes.printed);
    printed_close(&program->printed);
    if (ioctl(program->pipes.unread, FIONREAD, &unread) < 0)
        unread = 0;
    pipes_close(&program->pipes);
    pipes_close_one(&program->watch_fd);
    program->pid = 0;
    return (size_t)unread;
}

void program_look(struct program *program)
{
    reap(program);
    take(program, &program->pipes.answers);
    take(program, &program->pipes.printed);
}
