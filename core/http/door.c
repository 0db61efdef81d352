/* See door.h. */
#include "core/http/door.h"

#include <assert.h>
#include <errno.h>
#include <event2/event.h>
#include <malloc.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/log.h"
#include "core/http/setup.h"
#include "core/wire/door_message.h"

#define BUS_FD             3 /* frames from and to the bus */
#define FDS_WANTED         (HTTP_CONNECTIONS_MAX + ADMIN_CONNECTIONS_MAX + 64)
#define STRANGERS_WHILE_MS 60000 /* one line in the log for all of them */
#define QUIET_CONNECTIONS  16    /* with so few, memory is given back */

/* ---- The listeners ---- */

static void enable_listeners(struct door *door, bool enabled)
{
    for (size_t i = 0; i < door->listener_count; i++)
        listener_enable(&door->listeners[i], enabled);
}

void door_pause(struct door *door)
{
    door->paused = true;
    enable_listeners(door, false);
}

static void go_on(struct door *door)
{
    if (!door->paused || door->stopping)
        return;
    door->paused = false;
    enable_listeners(door, true);
}

static void close_listeners(struct door *door)
{
    for (size_t i = 0; i < door->listener_count; i++)
        listener_close(&door->listeners[i]);
    door->listener_count = 0;
}

void door_connection_freed(struct door *door)
{
    door->trim_due = true;
    go_on(door);
    if (door->stopping && door->connections.count == 0)
        event_base_loopbreak(door->base);
}

/* ---- The tick ---- */

void door_count_stranger(struct door *door, const char *peer, const char *why)
{
    door->strangers++;
    snprintf(door->last_stranger, sizeof door->last_stranger, "%s", peer);
    snprintf(door->last_why, sizeof door->last_why, "%s", why);
}

void door_count_answer(struct door *door, enum door_role role, int status)
{
    assert(status >= 0 && status <= HTTP_STATUS_MAX);
    if (role == DOOR_ROLE_INGEST)
        door->answers[status]++;
}

static void log_strangers(struct door *door, int64_t now_mono_ms)
{
    if (door->strangers == 0 || now_mono_ms - door->strangers_logged_mono_ms < STRANGERS_WHILE_MS)
        return;
    log_warning("requests without a valid token or signature",
                {"count", .number = (int64_t)door->strangers},
                {"last_from", .text = door->last_stranger}, {"last_why", .text = door->last_why});
    door->strangers = 0;
    door->strangers_logged_mono_ms = now_mono_ms;
}

static void on_tick(evutil_socket_t fd, short what, void *argument)
{
    (void)fd;
    (void)what;
    struct door *door = argument;
    int64_t now = clock_mono_ms();
    response_date(clock_unix_ms() / 1000, door->date);
    connection_expire_all(door, now);
    log_strangers(door, now);
    misled_log(&door->misled, now);
    go_on(door); /* also after there was no descriptor left */
    if (door->trim_due && door->connections.count <= QUIET_CONNECTIONS) {
        door->trim_due = false;
        malloc_trim(0);
    }
    if (door->stopping && now >= door->stop_mono_ms)
        event_base_loopbreak(door->base);
}

/* ---- What the bus says ---- */

static void end(struct door *door, bool failed)
{
    door->failed = door->failed || failed;
    event_base_loopbreak(door->base);
}

static void answer_setup(struct door *door, const struct door_setup *setup)
{
    struct buffer out;
    buffer_init(&out, FRAME_HEAD_BYTES + FRAME_BYTES_MAX);
    setup_take(door, setup, &out);
    if (file_write_all(BUS_FD, out.data, out.len) < 0)
        end(door, true);
    buffer_finish(&out);
}

/* The secrets stay in no buffer: neither where they were nor where what follows was moved from. */
static void wipe(struct buffer *buffer, size_t used)
{
    buffer_drop(buffer, used);
    explicit_bzero(buffer->data + buffer->len, used);
}

/* All that are whole; -1 when one makes no sense. */
static int take_frames(struct door *door)
{
    struct frame frame = {0};
    struct door_setup setup;
    size_t used;
    int found = 0;
    while (!door->failed && (found = frame_read(door->in.data, door->in.len, &frame, &used)) > 0) {
        if (frame.type != DOOR_MESSAGE_SETUP || door_message_get_setup(&frame, &setup) < 0) {
            found = -1;
            break;
        }
        answer_setup(door, &setup);
        wipe(&door->in, used);
    }
    if (found < 0)
        log_error("the bus sent a frame that makes no sense", {"type", .number = frame.type});
    return found;
}

static void on_told(evutil_socket_t fd, short what, void *argument)
{
    (void)what;
    struct door *door = argument;
    char chunk[16 * 1024];
    ssize_t got = recv(fd, chunk, sizeof chunk, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got <= 0 || buffer_add(&door->in, chunk, (size_t)got) < 0) {
        end(door, got > 0);
        return;
    }
    explicit_bzero(chunk, (size_t)got);
    if (take_frames(door) < 0)
        end(door, true);
}

/* ---- Start and end ---- */

static void on_stop(evutil_socket_t number, short what, void *argument)
{
    (void)number;
    (void)what;
    struct door *door = argument;
    if (door->stopping)
        return;
    door->stopping = true;
    door->stop_mono_ms = clock_mono_ms() + HTTP_STOP_MS;
    close_listeners(door);
    connection_close_all(door);
    if (door->connections.count == 0)
        event_base_loopbreak(door->base);
}

/* A place for every connection, as far as the hard limit allows. */
static void raise_file_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= FDS_WANTED)
        return;
    limit.rlim_cur = limit.rlim_max < FDS_WANTED ? limit.rlim_max : FDS_WANTED;
    setrlimit(RLIMIT_NOFILE, &limit);
}

static void add_events(struct door *door)
{
    struct timeval second = {.tv_sec = 1};
    door->told = event_new(door->base, BUS_FD, EV_READ | EV_PERSIST, on_told, door);
    door->tick = event_new(door->base, -1, EV_PERSIST, on_tick, door);
    door->stop = evsignal_new(door->base, SIGTERM, on_stop, door);
    event_add(door->told, NULL);
    event_add(door->tick, &second);
    event_add(door->stop, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGINT, SIG_IGN); /* of a terminal: the bus sees to its end */
}

static void finish(struct door *door)
{
    close_listeners(door);
    connection_free_all(door);
    bus_link_finish(&door->bus);
    bus_link_finish(&door->admin_bus);
    event_free(door->told);
    event_free(door->tick);
    event_free(door->stop);
    event_base_free(door->base);
    SSL_CTX_free(door->tls);
    credentials_finish(&door->credentials);
    buffer_finish(&door->in);
}

int door_run(void)
{
    static struct door door;
    static char in[FRAME_HEAD_BYTES + FRAME_BYTES_MAX + 1]; /* growing would leave secrets behind */
    raise_file_limit();
    buffer_init_within(&door.in, in, sizeof in);
    response_date(clock_unix_ms() / 1000, door.date);
    door.strangers_logged_mono_ms = -STRANGERS_WHILE_MS;
    door.base = event_base_new();
    if (!door.base) {
        log_error("cannot start", {"error", .text = "cannot make an event loop"});
        return 1;
    }
    add_events(&door);
    event_base_dispatch(door.base);
    finish(&door);
    return door.failed;
}
