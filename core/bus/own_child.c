/* See own_child.h. */
#include "core/bus/own_child.h"

#include <assert.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "core/base/buffer.h"
#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/limits.h"
#include "core/base/memory.h"
#include "core/bus/answer.h"
#include "core/bus/bus.h"
#include "core/bus/client.h"

#define CHILDREN_MAX  4
#define ARGUMENTS_MAX 8

struct own_child {
    struct bus *bus;
    struct client *client; /* NULL when the bus itself asked */
    void (*done)(struct bus *bus, json_t *answer);
    pid_t pid; /* 0 when it has ended: what it printed may still be to be read */
    int fd;
    struct event *readable;
    struct buffer output;
    struct own_child *next;
};

/* ---- What it prints ---- */

static void free_child(struct own_child *child)
{
    struct own_child **link = &child->bus->own_children;
    while (*link != child)
        link = &(*link)->next;
    *link = child->next;
    event_free(child->readable);
    close(child->fd);
    buffer_finish(&child->output);
    free(child);
}

static void answer_client(struct client *client, json_t *answer)
{
    json_t *none = NULL;
    if (!answer)
        answer = none =
            answer_unavailable("the process for this command ended without an answer; see the log");
    client_answer_command(client, answer);
    json_decref(none);
}

/* The child has closed its output: what it printed is the answer. */
static void finish_child(struct own_child *child)
{
    json_t *answer = json_loadb(child->output.data, child->output.len, JSON_ALLOW_NUL, NULL);
    if (child->client)
        answer_client(child->client, answer);
    else
        child->done(child->bus, answer);
    json_decref(answer);
    free_child(child);
}

static void on_output(evutil_socket_t fd, short what, void *argument)
{
    (void)what;
    struct own_child *child = argument;
    char chunk[16 * 1024];
    ssize_t got = read(fd, chunk, sizeof chunk);
    if (got > 0 && buffer_add(&child->output, chunk, (size_t)got) == 0)
        return;
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got > 0)
        own_child_kill(child); /* it says too much */
    finish_child(child);
}

/* ---- Start and end ---- */

static pid_t start_process(const struct bus *bus, const char *const *arguments, int input_fd,
                           int output_fd)
{
    char *argv[ARGUMENTS_MAX + 2] = {(char[]){"affnotifyd"}};
    for (size_t i = 0; arguments[i]; i++) {
        assert(i < ARGUMENTS_MAX);
        argv[i + 1] = (char *)(uintptr_t)arguments[i]; /* exec only reads them */
    }
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent || dup2(input_fd, STDIN_FILENO) < 0 ||
        dup2(output_fd, STDOUT_FILENO) < 0)
        _exit(126);
    fexecve(bus->own_program_fd, argv, environ);
    _exit(127);
}

static size_t count_clients(const struct bus *bus)
{
    size_t count = 0;
    for (const struct own_child *child = bus->own_children; child; child = child->next)
        count += child->client != NULL;
    return count;
}

static struct own_child *watch(struct bus *bus, pid_t pid, int fd)
{
    struct own_child *child = memory_new(1, sizeof *child);
    *child = (struct own_child){.bus = bus, .pid = pid, .fd = fd, .next = bus->own_children};
    bus->own_children = child;
    buffer_init(&child->output, ANSWER_BYTES_MAX);
    evutil_make_socket_nonblocking(child->fd);
    child->readable = event_new(bus->base, child->fd, EV_READ | EV_PERSIST, on_output, child);
    event_add(child->readable, NULL);
    return child;
}

/* NULL with the error when it could not be started. */
static struct own_child *start(struct bus *bus, const char *const *arguments,
                               const struct buffer *input, struct error *error)
{
    int output[2];
    struct own_child *child = NULL;
    int input_fd = file_in_memory("affnotifyd-input", input);
    if (input_fd < 0) {
        error_set_errno(error, "cannot hand the events on");
        return NULL;
    }
    if (pipe2(output, O_CLOEXEC) < 0) {
        error_set_errno(error, "cannot make a pipe");
        goto close_input;
    }
    pid_t pid = start_process(bus, arguments, input_fd, output[1]);
    close(output[1]);
    if (pid < 0) {
        close(output[0]);
        error_set_errno(error, "cannot start a process");
        goto close_input;
    }
    child = watch(bus, pid, output[0]);
close_input:
    close(input_fd);
    return child;
}

int own_child_start(struct bus *bus, struct client *client, const char *const *arguments,
                    const struct buffer *input, struct error *error)
{
    if (count_clients(bus) >= CHILDREN_MAX)
        return error_set(error, "%d such commands are running; try again when one is done",
                         CHILDREN_MAX);
    struct own_child *child = start(bus, arguments, input, error);
    if (!child)
        return -1;
    child->client = client;
    return 0;
}

struct own_child *own_child_ask(struct bus *bus, const char *const *arguments,
                                void (*done)(struct bus *bus, json_t *answer), struct error *error)
{
    struct own_child *child = start(bus, arguments, NULL, error);
    if (child)
        child->done = done;
    return child;
}

void own_child_kill(struct own_child *child)
{
    if (child->pid > 0)
        kill(child->pid, SIGKILL);
}

bool own_child_reaped(struct bus *bus, pid_t pid)
{
    for (struct own_child *child = bus->own_children; child; child = child->next) {
        if (child->pid != pid)
            continue;
        child->pid = 0;
        return true;
    }
    return false;
}

void own_child_stop_all(struct bus *bus)
{
    while (bus->own_children) {
        own_child_kill(bus->own_children);
        free_child(bus->own_children);
    }
}
