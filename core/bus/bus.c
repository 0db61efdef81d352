/* The bus from start to end; see bus.h for a turn of its loop. */
#include "core/bus/bus.h"

#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/cores.h"
#include "core/base/error.h"
#include "core/base/log.h"
#include "core/base/memory.h"
#include "core/bus/checker.h"
#include "core/bus/client.h"
#include "core/bus/door_settings.h"
#include "core/bus/forget.h"
#include "core/bus/instance.h"
#include "core/bus/intake.h"
#include "core/bus/log_email.h"
#include "core/bus/notice.h"
#include "core/bus/own_child.h"
#include "core/bus/reload.h"
#include "core/bus/replay.h"
#include "core/bus/retention.h"
#include "core/bus/skip.h"
#include "core/bus/spool.h"
#include "core/bus/timer.h"
#include "core/bus/turn.h"
#include "core/config/keyring.h"
#include "core/journal/journal.h"

/* ---- Signals and timers ---- */

static void on_child(evutil_socket_t number, short what, void *argument)
{
    (void)number;
    (void)what;
    struct bus *bus = argument;
    int status;
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
        if (doorkeeper_reaped(&bus->door, pid, status) || own_child_reaped(bus, pid))
            continue;
        for (size_t i = 0; i < bus->sink_count; i++) {
            if (sink_reaped(bus->sinks[i], pid, status))
                break;
        }
    }
}

static void on_stop_timer(evutil_socket_t fd, short what, void *argument)
{
    (void)fd;
    (void)what;
    struct bus *bus = argument;
    doorkeeper_kill(&bus->door);
    for (size_t i = 0; i < bus->sink_count; i++)
        sink_kill(bus->sinks[i]);
}

/* Nothing new goes out; what is in flight gets a few seconds. */
static void on_stop(evutil_socket_t number, short what, void *argument)
{
    (void)number;
    (void)what;
    struct bus *bus = argument;
    if (bus->stopping)
        return;
    log_info("stopping", {"grace_ms", .number = STOP_GRACE_MS});
    bus->stopping = true;
    doorkeeper_stop(&bus->door);
    client_stop_listening(bus);
    for (size_t i = 0; i < bus->sink_count; i++)
        sink_stop(bus->sinks[i]);
    timer_start(bus->stop_timer, STOP_GRACE_MS);
}

static void on_reload(evutil_socket_t number, short what, void *argument)
{
    (void)number;
    (void)what;
    reload_by_signal(argument);
}

static void on_spool_timer(evutil_socket_t fd, short what, void *argument)
{
    (void)fd;
    (void)what;
    struct bus *bus = argument;
    bus->spool_due = true;
    turn_watch_journal(bus);
    client_listen_again(bus);
    journal_rest(bus->journal);
}

static void on_write_retry(evutil_socket_t fd, short what, void *argument)
{
    (void)fd;
    (void)what;
    (void)argument; /* the turn that this timer starts writes again */
}

static void add_events(struct bus *bus)
{
    struct timeval scan = {.tv_sec = SPOOL_SCAN_MS / 1000};
    bus->signals[0] = evsignal_new(bus->base, SIGCHLD, on_child, bus);
    bus->signals[1] = evsignal_new(bus->base, SIGTERM, on_stop, bus);
    bus->signals[2] = evsignal_new(bus->base, SIGINT, on_stop, bus);
    bus->signals[3] = evsignal_new(bus->base, SIGHUP, on_reload, bus);
    for (size_t i = 0; i < 4; i++)
        event_add(bus->signals[i], NULL);
    signal(SIGPIPE, SIG_IGN);
    bus->stop_timer = evtimer_new(bus->base, on_stop_timer, bus);
    bus->write_retry = evtimer_new(bus->base, on_write_retry, bus);
    bus->spool_timer = event_new(bus->base, -1, EV_PERSIST, on_spool_timer, bus);
    event_add(bus->spool_timer, &scan);
}

/* ---- Start ---- */

/* Says every mistake that is not one sink's own; those are said as their sinks start. */
static void log_mistakes(const struct config *config, bool all)
{
    for (size_t i = 0; i < config->mistakes.count; i++) {
        const struct mistake *mistake = &config->mistakes.items[i];
        if (!all && mistake->section && strncmp(mistake->section, "sink:", 5) == 0)
            continue;
        char *text = mistake_text(mistake);
        log_write(mistake->warning ? LOG_LEVEL_WARNING : LOG_LEVEL_ERROR, "configuration",
                  LOG_FIELDS({"mistake", .text = text}));
        free(text);
    }
}

static void decide_cores(const struct config *config)
{
    if (!config->cores)
        cores_forbid();
    else if (!cores_allow())
        log_warning(
            "`cores = yes` in [bus] has no effect: affnotifyd was started with a limit of 0",
            {"remedy", .text = "raise the limit, by `LimitCORE=infinity` in the unit "
                               "(`systemctl edit affnotify`) or by `ulimit -Hc`, and "
                               "restart affnotifyd; or take `cores` away"});
}

static int load_config(struct bus *bus, const char *path, bool strict, struct error *error)
{
    char *absolute = realpath(path, NULL); /* what is said of it must help in every directory */
    config_load(absolute ? absolute : path, &bus->config);
    free(absolute);
    keyring_load(&bus->config, &bus->config.mistakes);
    if (bus->config.usable && strict) {
        door_settings_check(&bus->config);
        checker_load_plugins(&bus->config, NULL, NULL);
    }
    log_email_set(bus->config.log_email);
    decide_cores(&bus->config);
    size_t errors = mistakes_errors(&bus->config.mistakes);
    bool refused = !bus->config.usable || (strict && errors > 0);
    log_mistakes(&bus->config, refused);
    if (refused)
        return error_set(error, "%s: see the lines above; mistakes: %zu", path, errors);
    return 0;
}

static int open_programs(struct bus *bus, struct error *error)
{
    bus->host_program_fd = host_process_open_program(error);
    if (bus->host_program_fd < 0)
        return -1;
    bus->own_program_fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    if (bus->own_program_fd < 0)
        return error_set_errno(error, "/proc/self/exe");
    return 0;
}

static int open_journal(struct bus *bus, struct error *error)
{
    struct stat status;
    bus->journal_path = memory_format("%s/journal.db", bus->config.state);
    bus->journal = journal_open(bus->journal_path, error);
    if (!bus->journal)
        return -1;
    if (stat(bus->journal_path, &status) < 0)
        return error_set_errno(error, "%s", bus->journal_path);
    bus->journal_inode = status.st_ino;
    return 0;
}

/* Every sink has its place in the journal before the first event can come in. */
static int init_sinks(struct bus *bus, struct error *error)
{
    bus->context = (struct sink_context){.base = bus->base,
                                         .journal = bus->journal,
                                         .config = &bus->config,
                                         .host_program_fd = bus->host_program_fd};
    bus->sinks = memory_new(SINKS_MAX, sizeof(struct sink *));
    for (size_t i = 0; i < bus->config.sink_count; i++) {
        struct sink *sink = memory_new(1, sizeof *sink);
        bus->sinks[bus->sink_count++] = sink;
        if (sink_init(sink, &bus->context, &bus->config.sinks[i], error) < 0)
            return -1;
    }
    return 0;
}

static int find_groups(struct bus *bus, struct error *error)
{
    const char *key;
    if (access_init(&bus->access, &bus->config, &key, error) < 0)
        return error_prefix(error, "[bus] %s", key);
    return 0;
}

static int start(struct bus *bus, const char *config_path, bool strict, struct error *error)
{
    bus->lock_fd = bus->host_program_fd = bus->own_program_fd = -1;
    bus->started_unix_ms = clock_unix_ms();
    handed_sockets_take(&bus->door.handed);
    if (load_config(bus, config_path, strict, error) < 0 || open_programs(bus, error) < 0 ||
        find_groups(bus, error) < 0)
        return -1;
    bus->lock_fd = instance_lock(&bus->config, error);
    if (bus->lock_fd < 0 || open_journal(bus, error) < 0)
        return -1;
    bus->base = event_base_new();
    if (!bus->base)
        return error_set(error, "cannot make an event loop");
    add_events(bus);
    if (doorkeeper_init(&bus->door, bus->base, &bus->config, error) < 0 ||
        init_sinks(bus, error) < 0 || client_listen(bus, error) < 0)
        return -1;
    bus->spool_due = true;
    retention_start(bus);
    for (size_t i = 0; i < bus->sink_count; i++)
        sink_start(bus->sinks[i]);
    doorkeeper_start(&bus->door);
    log_info("ready", {"config", .text = bus->config.path}, {"socket", .text = bus->config.socket},
             {"sinks", .number = (int64_t)bus->sink_count});
    return 0;
}

/* ---- The loop and the end ---- */

static bool is_down(const struct bus *bus)
{
    for (size_t i = 0; i < bus->sink_count; i++) {
        if (!sink_is_down(bus->sinks[i]))
            return false;
    }
    return bus->stopping && doorkeeper_is_down(&bus->door);
}

/*
 * Reads the clients, and goes on while more keeps coming: an event of a large transaction costs a
 * third of one of a small one, for the pages of its keys are shared. Whoever waits for an answer
 * before he sends more has nothing more there, and does not wait for it.
 */
static void take_in(struct bus *bus)
{
    int64_t end_mono_ms = clock_mono_ms() + INTAKE_GATHER_MS;
    size_t before;
    do {
        before = bus->answer_count;
        client_read_all(bus);
    } while (bus->answer_count > before && intake_has_room(bus) && clock_mono_ms() < end_mono_ms &&
             (client_receive_all(bus) || bus->again));
}

static void run(struct bus *bus)
{
    while (!is_down(bus)) {
        int flags = bus->again ? EVLOOP_ONCE | EVLOOP_NONBLOCK : EVLOOP_ONCE;
        bus->again = false;
        event_base_loop(bus->base, flags);
        take_in(bus);
        if (bus->spool_due && !bus->stopping)
            spool_take(bus);
        turn_end(bus);
        client_sweep(bus);
    }
    turn_end(bus); /* the outcomes that came with the last host's end */
}

static void finish(struct bus *bus)
{
    client_stop_listening(bus);
    doorkeeper_finish(&bus->door);
    own_child_stop_all(bus);
    skip_stop_all(bus);
    replay_stop_all(bus);
    notice_stop(bus);
    forget_stop(bus);
    retention_stop(bus);
    reload_finish(bus);
    client_free_all(bus);
    for (size_t i = 0; i < bus->sink_count; i++) {
        sink_finish(bus->sinks[i]);
        free(bus->sinks[i]);
    }
    free(bus->sinks);
    free(bus->answers);
    journal_close(bus->journal);
    free(bus->journal_path);
    struct event *events[] = {bus->signals[0], bus->signals[1],  bus->signals[2], bus->signals[3],
                              bus->stop_timer, bus->write_retry, bus->spool_timer};
    for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
        if (events[i])
            event_free(events[i]);
    }
    if (bus->base)
        event_base_free(bus->base);
    int fds[] = {bus->lock_fd, bus->host_program_fd, bus->own_program_fd};
    for (size_t i = 0; i < sizeof fds / sizeof *fds; i++) {
        if (fds[i] >= 0)
            close(fds[i]);
    }
    config_finish(&bus->config);
}

int bus_run(const char *config_path, bool strict)
{
    struct bus bus = {0};
    struct error error;
    int status = 0;
    if (start(&bus, config_path, strict, &error) < 0) {
        log_error("cannot start", {"error", .text = error.text});
        status = 1;
    } else {
        run(&bus);
        log_info("stopped", {"accepted", .number = journal_last_seq(bus.journal)});
    }
    finish(&bus);
    return status;
}
