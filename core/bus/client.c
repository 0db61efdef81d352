/* See client.h. */
#include "core/bus/client.h"

#include <assert.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/listener.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/log.h"
#include "core/base/memory.h"
#include "core/bus/answer.h"
#include "core/bus/bus.h"
#include "core/bus/handover.h"
#include "core/bus/intake.h"
#include "core/event/event.h"
#include "core/event/refusal.h"

#define LINES_A_TURN_MAX 1024 /* of one client; then the others have their turn */

struct client {
    struct bus *bus;
    struct bufferevent *stream;
    enum access_level level;
    int64_t heard_mono_ms; /* when it last said something */
    bool paused;           /* waits for the answer to a command, and stays until it comes */
    bool full;             /* so much is unread that nothing more is received */
    bool at_end;           /* it will send no more */
    bool gone;             /* to be freed at the end of the turn */
    bool closing;          /* to be freed once its answers are sent */
    struct client *next;
};

/* ---- Answers ---- */

void client_send(struct client *client, const char *line, size_t length)
{
    bufferevent_write(client->stream, line, length);
}

void client_send_json(struct client *client, const json_t *json)
{
    char *text = json_dumps(json, JSON_COMPACT);
    assert(text); /* answer.h sees to what cannot be written as JSON */
    client_send(client, text, strlen(text));
    client_send(client, "\n", 1);
    free(text);
}

bool client_may_control(const struct client *client)
{
    return client->level == ACCESS_CONTROL;
}

void client_answer_command(struct client *client, const json_t *answer)
{
    client_send_json(client, answer);
    client->paused = false;
    client->bus->again = true;
}

/* ---- Requests ---- */

static void refuse(struct client *client, const char *rule, const char *message)
{
    struct refusal refusal;
    refusal_set(&refusal, "", rule, "%s", message);
    intake_answer_refused(client->bus, client, &refusal);
}

static void take_event(struct client *client, const json_t *object)
{
    struct event_input input;
    struct refusal refusal;
    char id[EVENT_ID_SIZE];
    bool is_new = false;
    if (event_parse_object(object, &input, &refusal) < 0)
        intake_answer_refused(client->bus, client, &refusal);
    else if (intake_take_event(client->bus, &input, id, &is_new))
        intake_answer_accepted(client->bus, client, id, is_new);
    else
        intake_answer_unavailable(client->bus, client);
}

static void take_line(struct client *client, const char *line, size_t length)
{
    struct refusal refusal;
    json_t *json = event_parse_json(line, length, &refusal);
    if (!json) {
        intake_answer_refused(client->bus, client, &refusal);
        return;
    }
    if (json_object_get(json, "event") || !json_is_object(json)) {
        take_event(client, json);
    } else if (json_object_get(json, "command")) {
        client->paused = true;
        intake_answer_command(client->bus, client, json_incref(json));
    } else if (json_object_get(json, "take")) {
        handover_take(client->bus, client, json);
    } else if (json_object_get(json, "keep")) {
        handover_keep(client->bus, client, json);
    } else {
        refuse(client, "no_event_or_command",
               "the object has neither `event` nor `command`: an event has the first, a command "
               "the second");
    }
    json_decref(json);
}

static void take_too_long(struct client *client)
{
    refuse(client, "too_long", "a line may have 65,536 bytes; the connection is closed");
    client->closing = true;
}

static bool is_blank(const char *line)
{
    return line[strspn(line, " \t\r")] == '\0';
}

/* The next line without its break, to be freed; at the end also one that has none. */
static char *next_line(struct client *client, size_t *length)
{
    struct evbuffer *input = bufferevent_get_input(client->stream);
    char *line = evbuffer_readln(input, length, EVBUFFER_EOL_LF);
    size_t left = evbuffer_get_length(input);
    if (line || !client->at_end || left == 0 || left > LINE_BYTES_MAX)
        return line;
    line = memory_new(left + 1, 1);
    evbuffer_remove(input, line, left);
    *length = left;
    return line;
}

static bool may_read(const struct client *client)
{
    struct evbuffer *output = bufferevent_get_output(client->stream);
    return !client->gone && !client->closing && !client->paused && intake_has_room(client->bus) &&
           evbuffer_get_length(output) < CLIENT_ANSWERS_MAX;
}

static void read_client(struct client *client)
{
    struct evbuffer *input = bufferevent_get_input(client->stream);
    for (int lines = 0; may_read(client); lines++) {
        size_t length;
        if (lines == LINES_A_TURN_MAX) {
            client->bus->again = true;
            return;
        }
        char *line = next_line(client, &length);
        if (line && length <= LINE_BYTES_MAX) {
            if (!is_blank(line) || strlen(line) < length)
                take_line(client, line, length);
        } else if (line || evbuffer_get_length(input) > LINE_BYTES_MAX) {
            take_too_long(client);
        }
        free(line);
        if (!line) {
            client->closing = client->closing || client->at_end;
            return;
        }
    }
    if (evbuffer_get_length(input) > 0 && !intake_has_room(client->bus))
        client->bus->again = true; /* an output that is full calls back once it is sent */
}

/* libevent's own limit for unread input calls back without end, so the limit is kept here. */
static void receive_or_not(struct client *client)
{
    size_t unread = evbuffer_get_length(bufferevent_get_input(client->stream));
    bool full = unread >= CLIENT_READ_BYTES_MAX;
    if (full == client->full)
        return;
    client->full = full;
    (full ? bufferevent_disable : bufferevent_enable)(client->stream, EV_READ);
}

/* libevent reads 4 KiB at a time. The end of a connection, or its error, is left for it to see. */
static bool receive(struct client *client)
{
    static char piece[64 * 1024];
    if (client->gone || client->closing || client->paused || client->full || client->at_end)
        return false;
    struct evbuffer *input = bufferevent_get_input(client->stream);
    ssize_t got = recv(bufferevent_getfd(client->stream), piece, sizeof piece, MSG_DONTWAIT);
    if (got <= 0)
        return false;
    client->heard_mono_ms = clock_mono_ms();
    evbuffer_unfreeze(input, 0); /* as libevent itself does to add */
    evbuffer_add(input, piece, (size_t)got);
    evbuffer_freeze(input, 0);
    return true;
}

bool client_receive_all(struct bus *bus)
{
    bool any = false;
    for (struct client *client = bus->clients; client; client = client->next) {
        if (receive(client))
            any = true;
    }
    return any;
}

void client_read_all(struct bus *bus)
{
    for (struct client *client = bus->clients; client; client = client->next) {
        read_client(client);
        receive_or_not(client);
    }
    /* Whoever came first in this turn comes last in the next. */
    struct client *first = bus->clients;
    if (first && first->next) {
        bus->clients = first->next;
        struct client *last = bus->clients;
        while (last->next)
            last = last->next;
        last->next = first;
        first->next = NULL;
    }
}

/* ---- Connections ---- */

static void on_event(struct bufferevent *stream, short what, void *argument)
{
    (void)stream;
    struct client *client = argument;
    if (what & BEV_EVENT_EOF)
        client->at_end = true;
    if (what & BEV_EVENT_ERROR)
        client->gone = true;
}

static void on_data(struct bufferevent *stream, void *argument)
{
    (void)stream;
    struct client *client = argument;
    client->heard_mono_ms = clock_mono_ms(); /* the turn reads it */
}

static void on_sent(struct bufferevent *stream, void *argument)
{
    (void)stream;
    (void)argument; /* the turn goes on with it */
}

static void free_client(struct client *client)
{
    struct bus *bus = client->bus;
    intake_forget_client(bus, client);
    bufferevent_free(client->stream);
    bus->client_count--;
    free(client);
}

void client_sweep(struct bus *bus)
{
    for (struct client **link = &bus->clients; *link;) {
        struct client *client = *link;
        struct evbuffer *output = bufferevent_get_output(client->stream);
        bool sent = evbuffer_get_length(output) == 0;
        if (!client->paused && (client->gone || (client->closing && sent))) {
            *link = client->next;
            free_client(client);
        } else {
            link = &client->next;
        }
    }
}

void client_free_all(struct bus *bus)
{
    while (bus->clients) {
        struct client *client = bus->clients;
        bus->clients = client->next;
        free_client(client);
    }
}

/* ---- Places ---- */

/*
 * The publisher that has said nothing for the longest, if that is long: closes it. It may connect
 * again, and has nothing that is not answered. Those who may control are few, and among them is the
 * door to the network, whose senders would notice.
 */
static bool give_up_silent(struct bus *bus)
{
    struct client **longest = NULL;
    for (struct client **link = &bus->clients; *link; link = &(*link)->next) {
        const struct client *at = *link;
        if (at->level == ACCESS_PUBLISH && !at->paused &&
            (!longest || at->heard_mono_ms < (*longest)->heard_mono_ms))
            longest = link;
    }
    if (!longest || clock_mono_ms() - (*longest)->heard_mono_ms < CLIENT_SILENT_MS)
        return false;
    struct client *client = *longest;
    *longest = client->next;
    free_client(client);
    return true;
}

/* The last places are for those who may control: publishers keep no operator out. */
static bool find_place(struct bus *bus, enum access_level level)
{
    size_t places = level == ACCESS_CONTROL ? CLIENTS_MAX : CLIENTS_MAX - CLIENTS_RESERVED;
    return bus->client_count < places || (bus->client_count == places && give_up_silent(bus));
}

/* Says why, as far as that goes into an empty socket, and closes. */
static void turn_away(int fd, const char *rule, const char *reason)
{
    log_warning("client refused", {"reason", .text = reason});
    json_t *refusal = answer_refusal("", rule, "%s", reason);
    char *text = json_dumps(refusal, JSON_COMPACT);
    char *line = memory_format("%s\n", text);
    ssize_t sent = send(fd, line, strlen(line), MSG_NOSIGNAL | MSG_DONTWAIT);
    (void)sent; /* whoever has gone already does not ask */
    free(line);
    free(text);
    json_decref(refusal);
    close(fd);
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *address,
                      int length, void *argument)
{
    (void)listener;
    (void)address;
    (void)length;
    struct bus *bus = argument;
    enum access_level level = access_of_peer(&bus->access, fd);
    if (level == ACCESS_NONE) {
        turn_away(
            fd, "forbidden",
            "only members of `publishers` and `operators` in [bus] may connect, root, and the "
            "bus's own user");
        return;
    }
    if (!find_place(bus, level)) {
        turn_away(fd, "unavailable",
                  level == ACCESS_CONTROL ? "256 clients are connected; try again"
                                          : "240 clients are connected, and the other places are "
                                            "for `operators`; try again");
        return;
    }
    struct client *client = memory_new(1, sizeof *client);
    client->bus = bus;
    client->level = level;
    client->heard_mono_ms = clock_mono_ms();
    client->stream = bufferevent_socket_new(bus->base, fd, BEV_OPT_CLOSE_ON_FREE);
    bufferevent_setcb(client->stream, on_data, on_sent, on_event, client);
    bufferevent_set_max_single_read(client->stream, CLIENT_READ_BYTES_MAX);
    bufferevent_enable(client->stream, EV_READ | EV_WRITE);
    client->next = bus->clients;
    bus->clients = client;
    bus->client_count++;
}

/* ---- The socket ---- */

/* A socket file that nobody listens on is left over from a crash. */
static int remove_stale(const char *path, const struct sockaddr_un *address, struct error *error)
{
    struct stat status;
    if (lstat(path, &status) < 0)
        return errno == ENOENT ? 0 : error_set_errno(error, "%s", path);
    if (!S_ISSOCK(status.st_mode))
        return error_set(
            error, "%s: is there and is not a socket; remove it, or set another `socket`", path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int result = fd < 0 ? error_set_errno(error, "cannot make a socket") : 0;
    if (result == 0 && connect(fd, (const struct sockaddr *)address, sizeof *address) == 0)
        result = error_set(
            error, "%s: another program listens on it; stop that, or set another `socket`", path);
    else if (result == 0 && errno == EAGAIN)
        result = error_set(error, "%s: another program listens on it and is busy", path);
    if (fd >= 0)
        close(fd);
    if (result == 0 && unlink(path) < 0)
        result = error_set_errno(error, "%s: cannot be replaced", path);
    return result;
}

/* Out of descriptors, most likely: nobody is taken for a moment, instead of trying without end. */
static void on_accept_error(struct evconnlistener *listener, void *argument)
{
    (void)argument;
    log_error("cannot accept a client", {"error", .text = strerror(errno)},
              {"remedy", .text = "raise the limit of open files (LimitNOFILE), or close clients"});
    evconnlistener_disable(listener);
}

void client_listen_again(struct bus *bus)
{
    if (bus->listener)
        evconnlistener_enable(bus->listener);
}

int client_listen(struct bus *bus, struct error *error)
{
    const char *path = bus->config.socket;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path)
        return error_set(error, "%s: too long for a socket's path", path);
    memcpy(address.sun_path, path, strlen(path));
    if (remove_stale(path, &address, error) < 0)
        return -1;
    mode_t before = umask(0177);
    bus->listener = evconnlistener_new_bind(bus->base, on_accept, bus,
                                            LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 128,
                                            (struct sockaddr *)&address, sizeof address);
    umask(before);
    if (!bus->listener)
        return error_set_errno(error, "%s: cannot listen", path);
    evconnlistener_set_error_cb(bus->listener, on_accept_error);
    return access_apply(&bus->access, &bus->config, error);
}

void client_stop_listening(struct bus *bus)
{
    if (!bus->listener)
        return;
    evconnlistener_free(bus->listener);
    bus->listener = NULL;
    unlink(bus->config.socket);
}
