/* See door.h. */
#include "core/http/door.h"

#include <assert.h>
#include <errno.h>
#include <event2/event.h>
#include <malloc.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/log.h"
#include "core/base/memory.h"
#include "core/http/tls.h"
#include "core/wire/door_message.h"

#define BUS_FD             3 /* frames from and to the bus */
#define FIRST_HANDED_FD    4
#define FDS_WANTED         (HTTP_CONNECTIONS_MAX + ADMIN_CONNECTIONS_MAX + 64)
#define STRANGERS_WHILE_MS 60000 /* one line in the log for all of them */
#define QUIET_CONNECTIONS  16    /* with so few, memory is given back */
#define LATE_DELAY_MIN_MS  RESPAWN_DELAY_MIN_MS
#define LATE_DELAY_MAX_MS  RESPAWN_DELAY_MAX_MS

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

/* Events come in all the same: who cannot be watched is no reason to take nothing. */
static void put_off(struct door *door, const char *url, const char *why)
{
    struct late_listener *late = &door->late;
    int64_t longer = 2 * late->delay_ms;
    listener_close(late->listener);
    if (!late->url)
        late->url = memory_text(url);
    late->delay_ms = longer < LATE_DELAY_MIN_MS   ? LATE_DELAY_MIN_MS
                     : longer > LATE_DELAY_MAX_MS ? LATE_DELAY_MAX_MS
                                                  : longer;
    late->next_mono_ms = clock_mono_ms() + late->delay_ms;
    log_error("admin_listen is closed: no health and no metrics; events come in all the same",
              {"error", .text = why},
              {"remedy", .text = "free the port; or set another admin_listen, and restart"},
              {"next_try_ms", .number = late->delay_ms});
}

static void try_late(struct door *door, int64_t now_mono_ms)
{
    struct late_listener *late = &door->late;
    struct error error;
    if (!late->url || door->stopping || now_mono_ms < late->next_mono_ms)
        return;
    const struct door_listener wanted = {DOOR_ROLE_ADMIN, late->url};
    if (listener_open(late->listener, door, &wanted, NULL, 0, &error) < 0) {
        put_off(door, late->url, error.text);
        return;
    }
    free(late->url);
    *late = (struct late_listener){.url = NULL};
}

void door_connection_freed(struct door *door)
{
    door->trim_due = true;
    go_on(door);
    if (door->stopping && door->connections.count == 0)
        event_base_loopbreak(door->base);
}

/* ---- The tick ---- */

void door_count_stranger(struct door *door, const char *peer)
{
    door->strangers++;
    snprintf(door->last_stranger, sizeof door->last_stranger, "%s", peer);
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
                {"last_from", .text = door->last_stranger});
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
    try_late(door, now);
    go_on(door); /* also after there was no descriptor left */
    if (door->trim_due && door->connections.count <= QUIET_CONNECTIONS) {
        door->trim_due = false;
        malloc_trim(0);
    }
    if (door->stopping && now >= door->stop_mono_ms)
        event_base_loopbreak(door->base);
}

/* ---- What the bus says ---- */

/* Everything of a SETUP that may change while the door is open. */
static int take_secrets(struct door *door, const struct door_setup *setup, bool needs_tls,
                        struct error *error)
{
    struct credentials credentials = {.token_count = 0};
    SSL_CTX *tls = NULL;
    int result = 0;
    for (uint32_t i = 0; i < setup->token_count; i++)
        credentials_add_token(&credentials, setup->tokens[i]);
    for (uint32_t i = 0; i < setup->secret_count && result == 0; i++)
        result = credentials_add_secret(&credentials, setup->secrets[i], error);
    if (result == 0 && needs_tls) {
        tls = tls_load(setup->certificate, setup->key, error);
        result = tls ? 0 : -1;
    }
    if (result == 0) {
        SSL_CTX_free(door->tls); /* connections that are there keep it until they end */
        door->tls = tls;
        door->credentials = credentials;
    }
    credentials_finish(&credentials);
    return result;
}

static bool has_role(const struct door_setup *setup, enum door_role role)
{
    for (uint32_t i = 0; i < setup->listener_count; i++) {
        if (setup->listeners[i].role == (uint32_t)role)
            return true;
    }
    return false;
}

static bool needs_tls(const struct door_setup *setup)
{
    for (uint32_t i = 0; i < setup->listener_count; i++) {
        if (listener_is_tls(&setup->listeners[i]))
            return true;
    }
    return false;
}

static int open_listeners(struct door *door, const struct door_setup *setup, struct error *error)
{
    int handed[HTTP_SOCKETS_MAX];
    int result = 0;
    for (uint32_t i = 0; i < setup->socket_count; i++)
        handed[i] = FIRST_HANDED_FD + (int)i;
    for (uint32_t i = 0; i < setup->listener_count && result == 0; i++) {
        const struct door_listener *wanted = &setup->listeners[i];
        struct listener *listener = &door->listeners[door->listener_count++];
        result = listener_open(listener, door, wanted, handed, setup->socket_count, error);
        if (result == 0 || wanted->role != DOOR_ROLE_ADMIN || !has_role(setup, DOOR_ROLE_INGEST))
            continue;
        door->late.listener = listener;
        put_off(door, wanted->url, error->text);
        result = 0;
    }
    for (uint32_t i = 0; i < setup->socket_count && result == 0; i++) {
        if (handed[i] < 0)
            continue;
        log_warning("a socket that was handed down is not used: no listener has its port",
                    {"fd", .number = handed[i]});
        close(handed[i]);
    }
    return result;
}

static int take_setup(struct door *door, const struct door_setup *setup, struct error *error)
{
    if (take_secrets(door, setup, needs_tls(setup), error) < 0)
        return -1;
    if (door->open)
        return 0;
    if (open_listeners(door, setup, error) < 0)
        return -1;
    if (has_role(setup, DOOR_ROLE_INGEST))
        bus_link_init(&door->bus, door->base, setup->socket);
    if (has_role(setup, DOOR_ROLE_ADMIN))
        bus_link_init(&door->admin_bus, door->base, setup->socket);
    door->open = true;
    return 0;
}

static void end(struct door *door, bool failed)
{
    door->failed = door->failed || failed;
    event_base_loopbreak(door->base);
}

static void answer_setup(struct door *door, const struct door_setup *setup)
{
    struct error error;
    struct buffer out;
    buffer_init(&out, FRAME_HEAD_BYTES + FRAME_BYTES_MAX);
    bool was_open = door->open;
    bool failed = take_setup(door, setup, &error) < 0;
    if (failed)
        door_message_put_failed(&out, error.text);
    else
        door_message_put_open(&out);
    if (file_write_all(BUS_FD, out.data, out.len) < 0 || (failed && !was_open))
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
    free(door->late.url);
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
