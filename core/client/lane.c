/* See lane.h. */
#include "core/client/lane.h"

#include <affnotify/client.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/client/answer.h"
#include "core/wire/line_client.h"

int lane_init(struct lane *lane, const char *socket, const char *spool)
{
    *lane = (struct lane){.idle_count = 0};
    if (strlen(socket) >= sizeof lane->socket || strlen(spool) >= sizeof lane->spool_directory) {
        errno = ENAMETOOLONG;
        return -1;
    }
    strcpy(lane->socket, socket);
    strcpy(lane->spool_directory, spool);
    lane->spool.directory = lane->spool_directory;
    errno = pthread_mutex_init(&lane->lock, NULL);
    return errno ? -1 : 0;
}

void lane_finish(struct lane *lane)
{
    while (lane->idle_count > 0)
        close(lane->idle_fds[--lane->idle_count]);
    pthread_mutex_destroy(&lane->lock);
}

/* ---- Connections ---- */

/* The one that was kept last, or -1. */
static int pop_idle(struct lane *lane)
{
    pthread_mutex_lock(&lane->lock);
    int fd = lane->idle_count > 0 ? lane->idle_fds[--lane->idle_count] : -1;
    pthread_mutex_unlock(&lane->lock);
    return fd;
}

/*
 * Whether nothing has happened on it since it was kept. What has come unasked would be taken for the
 * answer to what is sent next.
 */
static bool is_quiet(int fd)
{
    char byte;
    return recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

/* One that is kept and still good, or -1. */
static int take_idle(struct lane *lane)
{
    int fd = pop_idle(lane);
    while (fd >= 0 && !is_quiet(fd)) {
        close(fd);
        fd = pop_idle(lane);
    }
    return fd;
}

static void keep_idle(struct lane *lane, int fd)
{
    pthread_mutex_lock(&lane->lock);
    bool has_room = lane->idle_count < CLIENT_IDLE_CONNECTIONS_MAX;
    if (has_room)
        lane->idle_fds[lane->idle_count++] = fd;
    pthread_mutex_unlock(&lane->lock);
    if (!has_room)
        close(fd);
}

/* Sends the lines by this connection and reads their answers; see lane_send. */
static size_t exchange(struct line_client *connection, const struct lane_lines *lines,
                       int64_t deadline_mono_ms, int32_t kinds[], struct affn_client_result *last,
                       struct error *error)
{
    struct error ignored;
    const char *answer;
    size_t length;
    /* A bus that hangs up may have said why before: what failed is what reading says. */
    line_client_send(connection, lines->bytes, lines->length, deadline_mono_ms, &ignored);
    for (size_t i = 0; i < lines->count; i++) {
        if (line_client_read(connection, &answer, &length, deadline_mono_ms, error) < 0)
            return i;
        kinds[i] = client_answer_read(answer, length, last);
        if (kinds[i] == AFFN_CLIENT_FAILED) {
            error_set(error, "%s", last->message);
            return i;
        }
    }
    if (connection->taken_bytes == connection->in.len)
        return lines->count;
    error_set(error, "what answered is not affnotifyd: it answers more than it was asked");
    return 0; /* for nobody knows which answer is to which line */
}

/*
 * By one connection: a kept one, or a new one. *is_stale when a kept one was of no use, as after a
 * restart of the bus.
 */
static size_t send_once(struct lane *lane, int fd, const struct lane_lines *lines,
                        int64_t deadline_mono_ms, int32_t kinds[], struct affn_client_result *last,
                        struct error *error, bool *is_stale)
{
    struct line_client connection;
    size_t answered = 0;
    line_client_init_within(&connection, lines->answers, lines->answers_size);
    connection.fd = fd;
    bool is_connected =
        fd >= 0 || line_client_connect(&connection, lane->socket, deadline_mono_ms, error) == 0;
    if (is_connected)
        answered = exchange(&connection, lines, deadline_mono_ms, kinds, last, error);
    if (is_connected && answered < lines->count)
        error_prefix(error, "%s", lane->socket);
    *is_stale = fd >= 0 && answered == 0 && !last->rule[0] && clock_mono_ms() < deadline_mono_ms;
    if (answered == lines->count) {
        keep_idle(lane, connection.fd);
        connection.fd = -1;
    }
    line_client_finish(&connection);
    return answered;
}

size_t lane_send(struct lane *lane, const struct lane_lines *lines, int64_t deadline_mono_ms,
                 int32_t kinds[], struct affn_client_result *last, struct error *error)
{
    size_t answered;
    bool is_stale;
    do {
        memset(last, 0, sizeof *last);
        answered = send_once(lane, take_idle(lane), lines, deadline_mono_ms, kinds, last, error,
                             &is_stale);
    } while (is_stale);
    return answered;
}

/* ---- The spool ---- */

int lane_spool(struct lane *lane, const char *bytes, size_t length, struct error *error)
{
    char name[SPOOL_FILE_NAME_SIZE];
    if (spool_file_write(&lane->spool, bytes, length, name, error) < 0)
        return -1;
    pthread_mutex_lock(&lane->lock);
    if (strcmp(name, lane->last_spooled) > 0) {
        strcpy(lane->last_spooled, name);
        lane->last_spooled_mono_ms = clock_mono_ms();
    }
    pthread_mutex_unlock(&lane->lock);
    return 0;
}

bool lane_has_spooled(struct lane *lane, struct error *error)
{
    char name[SPOOL_FILE_NAME_SIZE], path[PATH_MAX];
    pthread_mutex_lock(&lane->lock);
    strcpy(name, lane->last_spooled);
    int64_t age_ms = clock_mono_ms() - lane->last_spooled_mono_ms;
    pthread_mutex_unlock(&lane->lock);
    if (!name[0])
        return false;
    snprintf(path, sizeof path, "%s/%s", lane->spool_directory, name);
    if (age_ms < CLIENT_SPOOL_PATIENCE_MS && access(path, F_OK) == 0) {
        error_set(error, "the bus has not taken what was spooled before");
        return true;
    }
    pthread_mutex_lock(&lane->lock);
    if (strcmp(name, lane->last_spooled) == 0)
        lane->last_spooled[0] = '\0';
    pthread_mutex_unlock(&lane->lock);
    return false;
}
