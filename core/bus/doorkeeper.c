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
#include "core/bus/answer.h"
#include "core/bus/door_settings.h"
#include "core/bus/respawn.h"
#include "core/bus/timer.h"
#include "core/config/config.h"

#define DOOR_SOCKET_FD 3
#define STEADY_MS      60000 /* open for so long, its next end is the first in a row */
#define ANSWER_BYTES   (FRAME_HEAD_BYTES + 4096)

static void start_now(struct doorkeeper *keeper);

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

/* Where it listens, for the log; NULL when it does not. */
static const char *address(const struct doorkeeper *keeper)
{
    const struct config *config = keeper->config;
    if (!config)
        return NULL;
    return config->listen ? config->listen : config->admin_listen;
}

/* ---- Trouble ---- */

static void complain(struct doorkeeper *keeper, const char *what)
{
    bool was_open = keeper->open;
    bool steady = was_open && clock_mono_ms() - keeper->opened_mono_ms >= STEADY_MS;
    keeper->failures = steady ? 1 : keeper->failures + 1;
    keeper->open = false;
    int64_t delay_ms = respawn_delay_ms(keeper->failures, was_open);
    snprintf(keeper->error, sizeof keeper->error, "%s", what);
    log_error("the door is closed: nothing comes in by the network", {"error", .text = what},
              {"listen", .text = address(keeper)}, {"next_try_ms", .number = delay_ms});
    timer_start(keeper->timer, delay_ms);
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

static void take_open(struct doorkeeper *keeper)
{
    evtimer_del(keeper->timer);
    if (keeper->open) {
        log_info("the door has its certificate and secrets anew",
                 {"listen", .text = address(keeper)});
        return;
    }
    keeper->open = true;
    keeper->opened_mono_ms = clock_mono_ms();
    keeper->error[0] = '\0';
    log_info("the door is open", {"listen", .text = address(keeper)},
             {"pid", .number = keeper->pid});
}

/* When it was open it stays so, with what it had; else it ends, and its end tells the rest. */
static void take_failed(struct doorkeeper *keeper, const char *text)
{
    if (keeper->open)
        log_error("the door goes on with the certificate and the secrets that it had",
                  {"error", .text = text});
    else
        snprintf(keeper->error, sizeof keeper->error, "%s", text);
}

/* False when it makes no sense. */
static bool take_frame(struct doorkeeper *keeper, struct frame *frame)
{
    const char *text;
    if (frame->type == DOOR_MESSAGE_OPEN && door_message_get_open(frame) == 0)
        take_open(keeper);
    else if (frame->type == DOOR_MESSAGE_FAILED && door_message_get_failed(frame, &text) == 0)
        take_failed(keeper, text);
    else
        return false;
    return true;
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

/* Its settings go in one piece, which a socket that nobody has written to takes. */
static int send_setup(struct doorkeeper *keeper, struct error *error)
{
    struct mistakes mistakes;
    struct door_settings settings;
    struct buffer out;
    mistakes_init(&mistakes);
    buffer_init(&out, FRAME_HEAD_BYTES + FRAME_BYTES_MAX);
    int result = door_settings_load(&settings, keeper->config, &mistakes);
    for (size_t i = 0; i < mistakes.count && result < 0; i++) {
        char *text = mistakes.items[i].warning ? NULL : mistake_text(&mistakes.items[i]);
        if (!text)
            continue;
        error_set(error, "%s", text);
        free(text);
        break;
    }
    settings.setup.socket_count = (uint32_t)keeper->handed.count;
    if (result == 0 && (door_message_put_setup(&out, &settings.setup) < 0 ||
                        send(keeper->socket_fd, out.data, out.len, MSG_DONTWAIT | MSG_NOSIGNAL) !=
                            (ssize_t)out.len))
        result = error_set(error, "affnotify-http does not take its settings");
    explicit_bzero(out.data, out.len);
    buffer_finish(&out);
    door_settings_finish(&settings);
    mistakes_finish(&mistakes);
    return result;
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

/* When it was open it goes on with what it had; else it is started again, and that is said. */
static void give_setup(struct doorkeeper *keeper)
{
    struct error error;
    if (send_setup(keeper, &error) == 0)
        return;
    take_failed(keeper, error.text);
    if (!keeper->open)
        doorkeeper_kill(keeper);
}

static void start_now(struct doorkeeper *keeper)
{
    struct error error;
    keeper->error[0] = '\0';
    if (start_process(keeper, &error) < 0) {
        complain(keeper, error.text);
        return;
    }
    timer_start(keeper->timer, HTTP_START_MS);
    give_setup(keeper);
}

/* Either it is time to start it, or it has not opened in time. */
static void on_timer(evutil_socket_t fd, short what, void *argument)
{
    (void)fd;
    (void)what;
    struct doorkeeper *keeper = argument;
    if (keeper->stopping)
        return;
    if (keeper->pid == 0) {
        start_now(keeper);
        return;
    }
    snprintf(keeper->error, sizeof keeper->error, "affnotify-http did not open within %d s",
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
    return address(keeper) ? open_program(keeper, error) : 0;
}

void doorkeeper_start(struct doorkeeper *keeper)
{
    if (address(keeper))
        start_now(keeper);
}

void doorkeeper_reload(struct doorkeeper *keeper)
{
    if (!keeper->config || keeper->socket_fd < 0 || keeper->stopping)
        return;         /* the next start reads everything */
    give_setup(keeper); /* also to one that is about to open: it was told what is old by now */
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
    while (keeper->socket_fd >= 0 && !keeper->open && read_frames(keeper)) {
        char next;
        if (recv(keeper->socket_fd, &next, 1, MSG_PEEK | MSG_DONTWAIT) <= 0)
            break;
    }
    close_socket(keeper);
    keeper->pid = 0;
    if (keeper->stopping)
        return true;
    keeper->restarts++;
    if (keeper->error[0])
        snprintf(text, sizeof text, "%s", keeper->error);
    else
        describe_end(status, text, sizeof text);
    complain(keeper, text);
    return true;
}

json_t *doorkeeper_describe(const struct doorkeeper *keeper)
{
    const struct config *config = keeper->config;
    if (!address(keeper))
        return json_null();
    return json_pack("{s:o,s:o,s:s,s:o,s:b}", "listen",
                     config->listen ? answer_text(config->listen) : json_null(), "admin_listen",
                     config->admin_listen ? answer_text(config->admin_listen) : json_null(),
                     "state", keeper->open ? "open" : "closed", "error",
                     answer_text_or_null(keeper->error), "needs_somebody",
                     !keeper->open && keeper->failures >= FAILURES_OF_NOTE);
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
