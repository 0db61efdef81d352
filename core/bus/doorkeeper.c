/* See doorkeeper.h. */
#include "core/bus/doorkeeper.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <jansson.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/log.h"
#include "core/base/memory.h"
#include "core/base/program.h"
#include "core/base/text.h"
#include "core/bus/door_settings.h"
#include "core/bus/respawn.h"
#include "core/bus/timer.h"
#include "core/config/config.h"

#define DOOR_SOCKET_FD 3
#define STEADY_MS      60000 /* open for so long, its next end is the first in a row */
#define ANSWER_BYTES   (FRAME_HEAD_BYTES + 8192)

static int open_program(struct doorkeeper *keeper, struct error *error)
{
    if (keeper->program_fd >= 0)
        return 0;
    char *path = program_relative("../libexec/affnotify-http");
    keeper->program_fd = file_move_away(open(path, O_RDONLY | O_CLOEXEC), HANDED_FD_LOWEST);
    if (keeper->program_fd < 0)
        error_set_errno(error, "%s: without it nothing can be listened on", path);
    free(path);
    return keeper->program_fd < 0 ? -1 : 0;
}

/* Whether there is anything to listen on. */
static bool is_wanted(const struct doorkeeper *keeper)
{
    return keeper->config && (keeper->config->listen || keeper->config->admin_listen);
}

/* ---- What is open and what is not ---- */

/* Of one that is closed, or that could not take what is new. */
static void log_place(const struct doorkeeper *keeper, enum door_role role, int64_t next_try_ms)
{
    const struct door_place *place = &keeper->places.places[role - 1];
    const char *url = door_places_url(keeper->config, role);
    if (!url || !place->error[0])
        return;
    if (place->is_open)
        log_error("the door goes on with the certificate and the secrets that it had",
                  {"error", .text = place->error}, {"listen", .text = url});
    else if (role == DOOR_ROLE_INGEST)
        log_error("the door is closed: nothing comes in by the network",
                  {"error", .text = place->error}, {"listen", .text = url},
                  {"next_try_ms", .number = next_try_ms});
    else
        log_error("the door is closed: nobody sees metrics and health",
                  {"error", .text = place->error}, {"admin_listen", .text = url},
                  {"next_try_ms", .number = next_try_ms});
}

/* All that can be known for now is known: says it, and when it is tried again. */
static void settle(struct doorkeeper *keeper, bool was_open)
{
    int64_t delay_ms = 0;
    evtimer_del(keeper->timer);
    if (!door_places_all_open(&keeper->places, keeper->config)) {
        keeper->places.failures++;
        delay_ms = respawn_delay_ms(keeper->places.failures, was_open);
        timer_start(keeper->timer, delay_ms);
    }
    for (enum door_role role = 1; role <= DOOR_ROLES; role++)
        log_place(keeper, role, delay_ms);
}

/* The process is not there. */
static void complain(struct doorkeeper *keeper, const char *what)
{
    bool was_open = door_places_any_open(&keeper->places);
    if (was_open && clock_mono_ms() - keeper->opened_mono_ms >= STEADY_MS)
        keeper->places.failures = 0;
    keeper->unanswered = 0;
    keeper->is_announced = false;
    keeper->taken[0] = '\0';
    door_places_close(&keeper->places, keeper->config, what);
    settle(keeper, was_open);
}

/* ---- What it says ---- */

static void close_socket(struct doorkeeper *keeper)
{
    if (keeper->socket_fd < 0)
        return;
    event_free(keeper->readable);
    close(keeper->socket_fd);
    keeper->socket_fd = -1;
    buffer_clear(&keeper->in);
}

static void log_open(struct doorkeeper *keeper)
{
    const struct config *config = keeper->config;
    const char *url = config->listen ? config->listen : config->admin_listen;
    if (!keeper->is_announced)
        log_info("the door is open", {"listen", .text = url}, {"pid", .number = keeper->pid});
    else if (keeper->places.is_renewed)
        log_info("the door has its certificate and secrets anew", {"listen", .text = url});
}

/* All SETUPs are answered, and the last one has been taken as a whole. */
static void take_whole(struct doorkeeper *keeper)
{
    keeper->places.is_renewed = keeper->taken[0] && !text_equal(keeper->taken, keeper->sent);
    memcpy(keeper->taken, keeper->sent, sizeof keeper->taken);
    log_open(keeper);
    if (!keeper->is_announced)
        keeper->opened_mono_ms = clock_mono_ms();
    keeper->is_announced = true;
}

static bool take_state(struct doorkeeper *keeper, const struct door_state *state)
{
    if (keeper->unanswered == 0)
        return false;
    for (uint32_t i = 0; i < state->listener_count; i++) {
        const struct door_listener_state *each = &state->listeners[i];
        if (each->role < 1 || each->role > DOOR_ROLES)
            return false;
        door_places_tell(&keeper->places, (enum door_role)each->role, each->is_open, true,
                         each->error);
    }
    keeper->unanswered--;
    if (keeper->unanswered > 0)
        return true;
    if (door_places_are_whole(&keeper->places, keeper->config))
        take_whole(keeper);
    settle(keeper, false);
    return true;
}

/* False when it makes no sense. */
static bool take_frame(struct doorkeeper *keeper, struct frame *frame)
{
    struct door_state state;
    return frame->type == DOOR_MESSAGE_STATE && door_message_get_state(frame, &state) == 0 &&
           take_state(keeper, &state);
}

static bool read_frames(struct doorkeeper *keeper)
{
    char chunk[1024];
    struct frame frame;
    size_t used;
    int found;
    ssize_t got = recv(keeper->socket_fd, chunk, sizeof chunk, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return true;
    if (got <= 0 || buffer_add(&keeper->in, chunk, (size_t)got) < 0)
        return false;
    while ((found = frame_read(keeper->in.data, keeper->in.len, &frame, &used)) > 0) {
        if (!take_frame(keeper, &frame))
            return false;
        buffer_drop(&keeper->in, used);
    }
    return found == 0;
}

static void on_readable(evutil_socket_t fd, short what, void *argument)
{
    (void)fd;
    (void)what;
    struct doorkeeper *keeper = argument;
    if (read_frames(keeper))
        return;
    close_socket(keeper); /* it ends by that, if it is alive */
}

/* ---- Starting it ---- */

/* In the child, between fork and exec: async-signal-safe calls only. */
static _Noreturn void become_door(const struct doorkeeper *keeper, int socket_fd, pid_t parent,
                                  char *const environment[])
{
    char *const arguments[] = {(char[]){"affnotify-http"}, NULL};
    int null_fd = open("/dev/null", O_RDONLY);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(126); /* the bus died before it was asked for */
    setpgid(0, 0);
    signal(SIGHUP, SIG_DFL);
    signal(SIGPIPE, SIG_DFL);
    if (null_fd < 0 || dup2(null_fd, STDIN_FILENO) < 0 || dup2(socket_fd, DOOR_SOCKET_FD) < 0)
        _exit(126);
    for (size_t i = 0; i < keeper->handed.count; i++) {
        if (dup2(keeper->handed.fds[i], DOOR_SOCKET_FD + 1 + (int)i) < 0)
            _exit(126);
    }
    close_range(DOOR_SOCKET_FD + 1 + (unsigned)keeper->handed.count, ~0U, CLOSE_RANGE_CLOEXEC);
    fexecve(keeper->program_fd, arguments, environment);
    _exit(127);
}

static int start_process(struct doorkeeper *keeper, struct error *error)
{
    int sockets[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) < 0)
        return error_set_errno(error, "cannot make a socket");
    sockets[1] = file_move_away(sockets[1], HANDED_FD_LOWEST);
    pid_t parent = getpid();
    const char *journal = getenv("JOURNAL_STREAM"); /* it logs to our stderr, in our form */
    char *variable = memory_format("JOURNAL_STREAM=%s", journal ? journal : "");
    char *const environment[] = {journal ? variable : NULL, NULL};
    pid_t pid = sockets[1] < 0 ? -1 : fork();
    if (pid == 0)
        become_door(keeper, sockets[1], parent, environment);
    int saved = errno;
    free(variable);
    if (sockets[1] >= 0)
        close(sockets[1]);
    if (pid < 0) {
        close(sockets[0]);
        errno = saved;
        return error_set_errno(error, "cannot start a process");
    }
    keeper->pid = pid;
    keeper->socket_fd = sockets[0];
    keeper->readable =
        event_new(keeper->base, keeper->socket_fd, EV_READ | EV_PERSIST, on_readable, keeper);
    event_add(keeper->readable, NULL);
    return 0;
}

/* ---- Trying ---- */

/* Its settings go in one piece, which a socket that nobody has written to takes. */
static int send_setup(struct doorkeeper *keeper, const struct door_setup *setup)
{
    struct buffer out;
    buffer_init_secret(&out, FRAME_HEAD_BYTES + FRAME_BYTES_MAX);
    bool is_sent =
        keeper->socket_fd >= 0 && door_message_put_setup(&out, setup) == 0 &&
        send(keeper->socket_fd, out.data, out.len, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)out.len;
    buffer_finish(&out);
    return is_sent ? 0 : -1;
}

static void give_setup(struct doorkeeper *keeper, const struct door_settings *settings)
{
    if (send_setup(keeper, &settings->setup) < 0) {
        snprintf(keeper->end, sizeof keeper->end, "affnotify-http does not take its settings");
        doorkeeper_kill(keeper);
        return;
    }
    keeper->unanswered++;
    memcpy(keeper->sent, settings->fingerprint, sizeof keeper->sent);
    if (!door_places_any_open(&keeper->places)) /* else nobody waits for it */
        timer_start(keeper->timer, HTTP_START_MS);
}

/* What the settings themselves keep from opening, or from being renewed, is known at once. */
static void tell_faults(struct doorkeeper *keeper, const struct door_settings *settings)
{
    for (enum door_role role = 1; role <= DOOR_ROLES; role++) {
        const char *fault = settings->faults[role - 1];
        bool is_open = keeper->places.places[role - 1].is_open;
        if (fault)
            door_places_tell(&keeper->places, role, is_open, true, fault);
    }
}

/* Reads everything, and has the door take it, which is started for that when it is not there. */
static void try_now(struct doorkeeper *keeper)
{
    struct mistakes mistakes;
    struct door_settings settings;
    struct error error;
    mistakes_init(&mistakes);
    door_settings_load(&settings, keeper->config, &mistakes);
    settings.setup.socket_count = (uint32_t)keeper->handed.count;
    tell_faults(keeper, &settings);
    if (settings.setup.listener_count == 0 && keeper->unanswered == 0)
        settle(keeper, false);
    else if (settings.setup.listener_count > 0 && keeper->pid == 0 &&
             start_process(keeper, &error) < 0)
        complain(keeper, error.text);
    else if (settings.setup.listener_count > 0)
        give_setup(keeper, &settings);
    door_settings_finish(&settings);
    mistakes_finish(&mistakes);
}

/* Either it is time to try again, or it has not answered in time. */
static void on_timer(evutil_socket_t fd, short what, void *argument)
{
    (void)fd;
    (void)what;
    struct doorkeeper *keeper = argument;
    if (keeper->stopping)
        return;
    if (keeper->unanswered == 0) {
        try_now(keeper);
        return;
    }
    snprintf(keeper->end, sizeof keeper->end, "affnotify-http did not open within %d s",
             HTTP_START_MS / 1000);
    doorkeeper_kill(keeper);
}

int doorkeeper_init(struct doorkeeper *keeper, struct event_base *base, const struct config *config,
                    struct error *error)
{
    keeper->config = config;
    keeper->base = base;
    keeper->program_fd = keeper->socket_fd = -1;
    buffer_init(&keeper->in, ANSWER_BYTES);
    keeper->timer = evtimer_new(base, on_timer, keeper);
    return is_wanted(keeper) ? open_program(keeper, error) : 0;
}

void doorkeeper_start(struct doorkeeper *keeper)
{
    if (is_wanted(keeper))
        try_now(keeper);
}

/* ---- Reload ---- */

void doorkeeper_reload(struct doorkeeper *keeper)
{
    struct door_places *places = &keeper->places;
    if (!is_wanted(keeper) || keeper->stopping)
        return;
    places->refused[0] = '\0';
    places->failures = 0;
    places->is_renewed = false;
    places->was_open = door_places_all_open(places, keeper->config);
    for (enum door_role role = 1; role <= DOOR_ROLES; role++)
        door_places_tell(places, role, places->places[role - 1].is_open, false, "");
    evtimer_del(keeper->timer);
    try_now(keeper);
}

bool doorkeeper_has_answered(const struct doorkeeper *keeper)
{
    return keeper->unanswered == 0;
}

void doorkeeper_refuse_reload(struct doorkeeper *keeper, const struct mistake *mistake)
{
    char *text = mistake && is_wanted(keeper) ? mistake_text(mistake) : memory_text("");
    snprintf(keeper->places.refused, sizeof keeper->places.refused, "%s", text);
    free(text);
}

/* ---- Its end ---- */

void doorkeeper_stop(struct doorkeeper *keeper)
{
    keeper->stopping = true;
    if (keeper->timer)
        evtimer_del(keeper->timer);
    if (keeper->pid > 0)
        kill(keeper->pid, SIGTERM);
}

void doorkeeper_kill(struct doorkeeper *keeper)
{
    if (keeper->pid > 0)
        kill(keeper->pid, SIGKILL);
}

bool doorkeeper_is_down(const struct doorkeeper *keeper)
{
    return keeper->pid == 0;
}

static void describe_end(int status, char *text, size_t size)
{
    if (WIFSIGNALED(status))
        snprintf(text, size, "affnotify-http was killed by signal %d (%s)", WTERMSIG(status),
                 strsignal(WTERMSIG(status)));
    else
        snprintf(text, size, "affnotify-http ended with status %d", WEXITSTATUS(status));
}

bool doorkeeper_reaped(struct doorkeeper *keeper, pid_t pid, int status)
{
    if (keeper->pid == 0 || pid != keeper->pid)
        return false;
    char text[TEXT_BYTES_MAX];
    while (keeper->socket_fd >= 0 && keeper->unanswered > 0 && read_frames(keeper)) {
        char next;
        if (recv(keeper->socket_fd, &next, 1, MSG_PEEK | MSG_DONTWAIT) <= 0)
            break;
    }
    close_socket(keeper);
    keeper->pid = 0;
    if (keeper->stopping)
        return true;
    keeper->restarts++;
    if (keeper->end[0])
        snprintf(text, sizeof text, "%s", keeper->end);
    else
        describe_end(status, text, sizeof text);
    keeper->end[0] = '\0';
    complain(keeper, text);
    return true;
}

json_t *doorkeeper_describe(const struct doorkeeper *keeper)
{
    return door_places_describe(&keeper->places, keeper->config);
}

json_t *doorkeeper_describe_reload(const struct doorkeeper *keeper)
{
    return door_places_describe_reload(&keeper->places, keeper->config);
}

void doorkeeper_finish(struct doorkeeper *keeper)
{
    if (!keeper->config)
        return;
    close_socket(keeper);
    if (keeper->pid > 0) {
        kill(keeper->pid, SIGKILL);
        waitpid(keeper->pid, NULL, 0);
    }
    if (keeper->timer)
        event_free(keeper->timer);
    if (keeper->program_fd >= 0)
        close(keeper->program_fd);
    handed_sockets_finish(&keeper->handed);
    buffer_finish(&keeper->in);
}
