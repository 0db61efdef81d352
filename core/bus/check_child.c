/* See check_child.h. */
#include "core/bus/check_child.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "core/base/buffer.h"
#include "core/base/error.h"
#include "core/base/memory.h"
#include "core/bus/answer.h"
#include "core/bus/bus.h"
#include "core/bus/client.h"

#define CHECKS_MAX       4
#define OUTPUT_BYTES_MAX (4 * 1024 * 1024)

struct check {
    struct bus *bus;
    struct client *client;
    pid_t pid;
    int fd;
    struct event *readable;
    struct buffer output;
    struct check *next;
};

static void free_check(struct check *check)
{
    struct check **link = &check->bus->checks;
    while (*link != check)
        link = &(*link)->next;
    *link = check->next;
    event_free(check->readable);
    close(check->fd);
    buffer_finish(&check->output);
    free(check);
}

/* The child has closed its output: what it printed is the answer. */
static void finish_check(struct check *check)
{
    json_t *answer = json_loadb(check->output.data, check->output.len, 0, NULL);
    if (!answer)
        answer =
            answer_refusal("", "unavailable", "the check ended without an answer; see the log");
    client_answer_command(check->client, answer);
    json_decref(answer);
    free_check(check);
}

static void on_output(evutil_socket_t fd, short what, void *argument)
{
    (void)what;
    struct check *check = argument;
    char chunk[4096];
    ssize_t got = read(fd, chunk, sizeof chunk);
    if (got > 0 && buffer_add(&check->output, chunk, (size_t)got) == 0)
        return;
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got > 0)
        kill(check->pid, SIGKILL); /* it says too much */
    finish_check(check);
}

static pid_t start_child(const struct bus *bus, int output_fd)
{
    char *const arguments[] = {(char[]){"affnotifyd"}, (char[]){"--check"}, (char[]){"--json"},
                               (char[]){"-c"},         bus->config.path,    NULL};
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent || dup2(output_fd, STDOUT_FILENO) < 0)
        _exit(126);
    fexecve(bus->own_program_fd, arguments, environ);
    _exit(127);
}

static size_t count_checks(const struct bus *bus)
{
    size_t count = 0;
    for (const struct check *check = bus->checks; check; check = check->next)
        count++;
    return count;
}

int check_child_start(struct bus *bus, struct client *client, struct error *error)
{
    int output[2];
    if (count_checks(bus) >= CHECKS_MAX)
        return error_set(error, "%d checks are running; try again when one is done", CHECKS_MAX);
    if (pipe2(output, O_CLOEXEC) < 0)
        return error_set_errno(error, "cannot make a pipe");
    pid_t pid = start_child(bus, output[1]);
    close(output[1]);
    if (pid < 0) {
        close(output[0]);
        return error_set_errno(error, "cannot start a process");
    }
    struct check *check = memory_new(1, sizeof *check);
    *check = (struct check){
        .bus = bus, .client = client, .pid = pid, .fd = output[0], .next = bus->checks};
    bus->checks = check;
    buffer_init(&check->output, OUTPUT_BYTES_MAX);
    evutil_make_socket_nonblocking(check->fd);
    check->readable = event_new(bus->base, check->fd, EV_READ | EV_PERSIST, on_output, check);
    event_add(check->readable, NULL);
    return 0;
}

void check_child_stop_all(struct bus *bus)
{
    while (bus->checks) {
        kill(bus->checks->pid, SIGKILL);
        free_check(bus->checks);
    }
}
