/* See checker.h: first the check itself, then running it for a client. */
#include "core/bus/checker.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/buffer.h"
#include "core/base/error.h"
#include "core/base/limits.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/bus/bus.h"
#include "core/bus/client.h"
#include "core/bus/control.h"
#include "core/bus/handshake.h"
#include "core/bus/host_process.h"

#define CHECKS_MAX       4
#define OUTPUT_BYTES_MAX (4 * 1024 * 1024)

/* ---- The check itself ---- */

struct look {
    struct host_process host;
    struct config *config;
    const struct sink_config *sink;
    struct event_base *base;
    bool finished; /* CHECKED or FAILED came */
    size_t *running;
};

static int on_frame(void *owner, struct frame *frame, struct error *error)
{
    struct look *look = owner;
    struct mistakes *mistakes = &look->config->mistakes;
    struct sink_tuning tuning;
    bool makes_requests;
    int result = 0;
    error_set(error, "sent a frame of type %u that makes no sense here", frame->type);
    if (frame->type == MESSAGE_TABLE)
        result = handshake_take_table(look->config, look->sink, frame, &tuning, &makes_requests,
                                      host_process_out(&look->host), mistakes);
    else if (frame->type == MESSAGE_FAILED)
        result = handshake_take_failed(look->sink, frame, mistakes);
    else if (frame->type == MESSAGE_CHECKED)
        result = handshake_take_checked(look->sink, frame, mistakes);
    else if (frame->type != MESSAGE_LOG)
        result = -1;
    if (frame->type == MESSAGE_TABLE)
        host_process_send(&look->host);
    look->finished = frame->type == MESSAGE_FAILED || frame->type == MESSAGE_CHECKED;
    if (look->finished && result == 0)
        host_process_kill(&look->host, "checked");
    return result;
}

static void add_mistake(struct look *look, const char *text)
{
    const struct section *section = look->sink->section;
    struct place place = section_place(section, section_setting(section, "plugin"));
    mistakes_add(&look->config->mistakes, &place, "the plugin's process %s", text);
}

static void on_gone(void *owner, const char *reason)
{
    struct look *look = owner;
    if (!look->finished)
        add_mistake(look, reason);
    --*look->running;
}

static const struct host_calls look_calls = {.frame = on_frame, .gone = on_gone};

static void start_look(struct look *look, int program_fd)
{
    struct error error;
    host_process_init(&look->host, look->sink->name, &look_calls, look);
    if (mistakes_errors_in(&look->config->mistakes, look->sink->section->name) > 0)
        return;
    char *path = handshake_find_plugin(look->config, look->sink, &look->config->mistakes);
    if (path && host_process_start(&look->host, look->base, program_fd, path, &error) < 0)
        add_mistake(look, error.text);
    *look->running += look->host.pid > 0;
    free(path);
}

struct looks {
    struct look *items;
    size_t count;
};

static void on_child(evutil_socket_t number, short what, void *argument)
{
    (void)number;
    (void)what;
    struct looks *looks = argument;
    int status;
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
        for (size_t i = 0; i < looks->count; i++) {
            if (host_process_reaped(&looks->items[i].host, pid, status))
                break;
        }
    }
}

static void on_timeout(evutil_socket_t fd, short what, void *argument)
{
    (void)fd;
    (void)what;
    struct looks *looks = argument;
    for (size_t i = 0; i < looks->count; i++)
        host_process_kill(&looks->items[i].host, "did not finish its check within 30 s");
}

void checker_load_plugins(struct config *config)
{
    struct error error;
    int program_fd = host_process_open_program(&error);
    if (program_fd < 0) {
        mistakes_add(&config->mistakes, &(struct place){.file = config->path}, "%s", error.text);
        return;
    }
    struct event_base *base = event_base_new();
    size_t running = 0;
    struct looks looks = {.items = memory_new(config->sink_count, sizeof *looks.items),
                          .count = config->sink_count};
    struct event *child = evsignal_new(base, SIGCHLD, on_child, &looks);
    struct event *timeout = evtimer_new(base, on_timeout, &looks);
    struct timeval limit = {.tv_sec = HANDSHAKE_TIMEOUT_MS / 1000};
    event_add(child, NULL);
    event_add(timeout, &limit);
    for (size_t i = 0; i < looks.count; i++) {
        looks.items[i] = (struct look){
            .config = config, .sink = &config->sinks[i], .base = base, .running = &running};
        start_look(&looks.items[i], program_fd);
    }
    while (running > 0)
        event_base_loop(base, EVLOOP_ONCE);
    mistakes_sort(&config->mistakes, config->document.files, config->document.file_count);
    for (size_t i = 0; i < looks.count; i++)
        host_process_finish(&looks.items[i].host);
    event_free(child);
    event_free(timeout);
    event_base_free(base);
    free(looks.items);
    close(program_fd);
}

/* ---- Printing it ---- */

static json_t *mistakes_json(const struct mistakes *mistakes)
{
    json_t *list = json_array();
    for (size_t i = 0; i < mistakes->count; i++) {
        const struct mistake *mistake = &mistakes->items[i];
        char *message = mistake_text(mistake);
        json_array_append_new(
            list, json_pack("{s:s,s:i,s:s,s:s,s:s,s:b,s:s}", "file", mistake->file, "line",
                            mistake->line, "section", mistake->section ? mistake->section : "",
                            "key", mistake->key ? mistake->key : "", "text", mistake->text,
                            "warning", mistake->warning, "message", message));
        free(message);
    }
    size_t errors = mistakes_errors(mistakes);
    return json_pack("{s:b,s:I,s:I,s:o}", "ok", 1, "errors", (json_int_t)errors, "warnings",
                     (json_int_t)(mistakes->count - errors), "mistakes", list);
}

static void print_mistakes(const struct mistakes *mistakes)
{
    for (size_t i = 0; i < mistakes->count; i++) {
        char *message = mistake_text(&mistakes->items[i]);
        printf("%s%s\n", mistakes->items[i].warning ? "warning: " : "", message);
        free(message);
    }
}

int checker_main(const char *config_path, bool json)
{
    struct config config;
    config_load(config_path, &config);
    if (config.usable)
        checker_load_plugins(&config);
    if (json) {
        json_t *answer = mistakes_json(&config.mistakes);
        json_dumpf(answer, stdout, JSON_COMPACT);
        putchar('\n');
        json_decref(answer);
    } else {
        print_mistakes(&config.mistakes);
    }
    int status = mistakes_errors(&config.mistakes) > 0;
    config_finish(&config);
    return status;
}

/* ---- For a client of a running bus ---- */

struct check {
    struct bus *bus;
    struct client *client; /* NULL when it has gone */
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
            control_refusal("", "unavailable", "the check ended without an answer; see the log");
    if (check->client) {
        client_send_json(check->client, answer);
        client_resume(check->client);
    }
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
    kill(check->pid, SIGKILL); /* it has said all, or too much */
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

int checker_start(struct bus *bus, struct client *client, struct error *error)
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

void checker_forget_client(struct bus *bus, const struct client *client)
{
    for (struct check *check = bus->checks; check; check = check->next) {
        if (check->client == client)
            check->client = NULL;
    }
}

void checker_stop_all(struct bus *bus)
{
    while (bus->checks) {
        kill(bus->checks->pid, SIGKILL);
        free_check(bus->checks);
    }
}
