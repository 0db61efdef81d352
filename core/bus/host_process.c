/* See host_process.h. */
#include "core/bus/host_process.h"

#include <assert.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/limits.h"
#include "core/base/memory.h"
#include "core/base/program.h"
#include "core/bus/start_sentences.h"
#include "core/bus/timer.h"
#include "core/wire/message.h"

#define OUT_BYTES_MAX  (16 * FRAME_BYTES_MAX) /* more than a window of the longest events */
#define READ_BYTES     (256 * 1024)
#define HOST_SOCKET_FD 3
#define LINGER_MS      500
#define LOWEST_FD_KEPT 10 /* so that dup2 onto 0 … 3 in the child hits nothing of ours */

int host_process_open_program(struct error *error)
{
    char *path = program_relative("../libexec/affnotify-host");
    int fd = file_move_away(open(path, O_RDONLY | O_CLOEXEC), LOWEST_FD_KEPT);
    if (fd < 0)
        error_set_errno(error, SAY_NO_HOST, path);
    free(path);
    return fd;
}

void host_process_init(struct host_process *host, const char *name, const struct host_calls *calls,
                       void *owner)
{
    *host = (struct host_process){.calls = calls, .owner = owner, .name = name, .socket_fd = -1};
    buffer_init(&host->in, FRAME_HEAD_BYTES + FRAME_BYTES_MAX + READ_BYTES);
    buffer_init_secret(&host->out, OUT_BYTES_MAX); /* OPTIONS */
    host_output_init(&host->output, name);
}

static void close_socket(struct host_process *host)
{
    if (host->socket_fd < 0)
        return;
    event_free(host->readable);
    event_free(host->writable);
    close(host->socket_fd);
    host->socket_fd = -1;
}

void host_process_finish(struct host_process *host)
{
    if (!host || !host->calls)
        return;
    close_socket(host);
    if (host->linger)
        event_free(host->linger);
    if (host->pid > 0) {
        kill(host->pid, SIGKILL);
        kill(-host->pid, SIGKILL);
        waitpid(host->pid, NULL, 0);
    }
    buffer_finish(&host->in);
    buffer_finish(&host->out);
    host_output_finish(&host->output);
    *host = (struct host_process){.socket_fd = -1};
}

/* ---- Frames ---- */

static int deliver_frames(struct host_process *host, struct error *error)
{
    size_t done = 0;
    int result = 0;
    while (result == 0) {
        struct frame frame;
        size_t used;
        error->text[0] = '\0';
        int found = frame_read(host->in.data + done, host->in.len - done, &frame, &used);
        if (found == 0)
            break;
        if (found < 0)
            result = error_set(error, SAY_FRAME_TOO_LONG, FRAME_BYTES_MAX);
        else
            result = host->calls->frame(host->owner, &frame, error);
        if (result < 0 && !error->text[0])
            error_set(error, SAY_FRAME_UNEXPECTED, frame.type);
        if (found > 0)
            done += used;
        host->spoke = true;
    }
    buffer_drop(&host->in, done);
    return result;
}

/* Reads what is there; false when the other side has closed or talks nonsense. */
static bool read_frames(struct host_process *host)
{
    static char chunk[READ_BYTES];
    ssize_t got = read(host->socket_fd, chunk, sizeof chunk);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return true;
    if (got <= 0)
        return false;
    struct error error;
    int added = buffer_add(&host->in, chunk, (size_t)got);
    assert(added == 0); /* whole frames are taken out, and less than one stays */
    if (deliver_frames(host, &error) == 0)
        return true;
    host_process_kill(host, error.text);
    host->disordered = true;
    return false;
}

static void on_readable(evutil_socket_t fd, short what, void *argument)
{
    (void)fd;
    (void)what;
    struct host_process *host = argument;
    if (read_frames(host))
        return;
    close_socket(host);
    timer_start(host->linger, LINGER_MS);
}

/* Most likely it was ending anyway, and then its own status tells more; else it is ended now. */
static void on_linger(evutil_socket_t fd, short what, void *argument)
{
    (void)fd;
    (void)what;
    host_process_kill(argument, SAY_CLOSED_DESCRIPTORS);
}

static void on_writable(evutil_socket_t fd, short what, void *argument)
{
    (void)fd;
    (void)what;
    host_process_send(argument);
}

struct buffer *host_process_out(struct host_process *host)
{
    return &host->out;
}

void host_process_send(struct host_process *host)
{
    size_t sent = 0;
    while (host->socket_fd >= 0 && sent < host->out.len) {
        ssize_t written =
            send(host->socket_fd, host->out.data + sent, host->out.len - sent, MSG_NOSIGNAL);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            break; /* full: on_writable goes on; broken: on_readable sees it */
        sent += (size_t)written;
    }
    buffer_drop(&host->out, sent);
    if (host->socket_fd >= 0 && host->out.len > 0)
        event_add(host->writable, NULL);
}

/* ---- Start and end ---- */

/* In the child, between fork and exec: async-signal-safe calls only. */
static _Noreturn void become_host(int program_fd, int socket_fd, int output_fd, pid_t parent,
                                  char *const arguments[])
{
    char *const environment[] = {NULL};
    int null_fd = open("/dev/null", O_RDONLY);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(126); /* the bus died before it was asked for */
    setpgid(0, 0);  /* what a plugin leaves behind is found by its group */
    signal(SIGHUP, SIG_DFL);
    signal(SIGPIPE, SIG_DFL);
    if (null_fd < 0 || dup2(null_fd, STDIN_FILENO) < 0 || dup2(output_fd, STDOUT_FILENO) < 0 ||
        dup2(output_fd, STDERR_FILENO) < 0 || dup2(socket_fd, HOST_SOCKET_FD) < 0)
        _exit(126);
    close_range(HOST_SOCKET_FD + 1, ~0U, CLOSE_RANGE_CLOEXEC);
    fexecve(program_fd, arguments, environment);
    _exit(127);
}

int host_process_start(struct host_process *host, struct event_base *base, int program_fd,
                       const char *plugin_path, struct error *error)
{
    assert(host->pid == 0);
    int sockets[2] = {-1, -1};
    int output[2] = {-1, -1};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) < 0 ||
        pipe2(output, O_CLOEXEC) < 0 ||
        (sockets[1] = file_move_away(sockets[1], LOWEST_FD_KEPT)) < 0 ||
        (output[1] = file_move_away(output[1], LOWEST_FD_KEPT)) < 0) {
        error_set_errno(error, SAY_NO_SOCKET);
        goto close_all;
    }
    char *arguments[] = {(char[]){"affnotify-host"}, memory_text(host->name),
                         memory_text(plugin_path), NULL};
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid == 0)
        become_host(program_fd, sockets[1], output[1], parent, arguments);
    free(arguments[1]);
    free(arguments[2]);
    if (pid < 0) {
        error_set_errno(error, SAY_NO_PROCESS);
        goto close_all;
    }
    setpgid(pid, pid); /* here too: nobody knows which of the two comes first */
    close(sockets[1]);
    close(output[1]);
    host->pid = pid;
    host->socket_fd = sockets[0];
    host->reason[0] = '\0';
    host->disordered = host->spoke = host->tidy = false;
    host->signal = 0;
    evutil_make_socket_nonblocking(host->socket_fd);
    host->readable = event_new(base, host->socket_fd, EV_READ | EV_PERSIST, on_readable, host);
    host->writable = event_new(base, host->socket_fd, EV_WRITE, on_writable, host);
    host->linger = evtimer_new(base, on_linger, host);
    event_add(host->readable, NULL);
    host_output_open(&host->output, base, output[0]);
    return 0;

close_all:
    for (int i = 0; i < 2; i++) {
        if (sockets[i] >= 0)
            close(sockets[i]);
        if (output[i] >= 0)
            close(output[i]);
    }
    return -1;
}

void host_process_kill(struct host_process *host, const char *reason)
{
    if (host->pid <= 0)
        return;
    if (!host->reason[0])
        snprintf(host->reason, sizeof host->reason, "%s", reason);
    kill(host->pid, SIGKILL);
}

bool host_process_is_ending(const struct host_process *host)
{
    return host->reason[0] || host->socket_fd < 0;
}

static void describe_end(const struct host_process *host, int status, char *text, size_t size)
{
    if (host->reason[0])
        snprintf(text, size, "%s", host->reason);
    else if (WIFSIGNALED(status))
        snprintf(text, size, SAY_KILLED, WTERMSIG(status), strsignal(WTERMSIG(status)));
    else if (WEXITSTATUS(status) == HOST_STATUS_ROBBED)
        snprintf(text, size, SAY_CLOSED_DESCRIPTORS);
    else if (WEXITSTATUS(status) == 127 && !host->spoke)
        snprintf(text, size, SAY_STATUS_127);
    else
        snprintf(text, size, SAY_STATUS, WEXITSTATUS(status));
}

/* The frames that the process had sent before it ended. */
static void drain(struct host_process *host)
{
    for (int i = 0; i < DRAIN_READS_MAX && host->socket_fd >= 0 && !host->disordered; i++) {
        errno = 0;
        if (!read_frames(host) || errno == EAGAIN)
            break;
    }
}

bool host_process_reaped(struct host_process *host, pid_t pid, int status)
{
    if (pid != host->pid)
        return false;
    /* A plugin that forks without exec would leave its copy running, with our socket. */
    kill(-pid, SIGKILL);
    drain(host);
    close_socket(host);
    host_output_close(&host->output);
    host->tidy = !host->reason[0] && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    host->signal = !host->reason[0] && WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    char text[TEXT_BYTES_MAX];
    describe_end(host, status, text, sizeof text);
    host->pid = 0;
    event_free(host->linger);
    host->linger = NULL;
    buffer_clear(&host->in);
    buffer_clear(&host->out);
    host->calls->gone(host->owner, text);
    return true;
}
