/* See checker.h. */
#include "core/bus/checker.h"

#include <event2/event.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/error.h"
#include "core/base/limits.h"
#include "core/base/memory.h"
#include "core/bus/access.h"
#include "core/bus/answer.h"
#include "core/bus/handshake.h"
#include "core/bus/host_process.h"

/* ---- Looking ---- */

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
    if (!look->sink->plugin)
        return; /* config_load has said so */
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
        json_array_append_new(list, json_pack("{s:o,s:i,s:o,s:o,s:o,s:b,s:o}", "file",
                                              answer_text(mistake->file), "line", mistake->line,
                                              "section",
                                              answer_text(mistake->section ? mistake->section : ""),
                                              "key", answer_text(mistake->key ? mistake->key : ""),
                                              "text", answer_text(mistake->text), "warning",
                                              mistake->warning, "message", answer_text(message)));
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

/* Groups that do not exist would stop the start. */
static void check_groups(struct config *config)
{
    struct access access;
    struct error error;
    const struct section *bus = document_section(&config->document, "bus");
    if (bus && access_init(&access, config, &error) < 0) {
        struct place place = section_place(bus, NULL);
        mistakes_add(&config->mistakes, &place, "%s", error.text);
    }
}

int checker_main(const char *config_path, bool json)
{
    struct config config;
    config_load(config_path, &config);
    if (config.usable) {
        check_groups(&config);
        checker_load_plugins(&config);
    }
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
