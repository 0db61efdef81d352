/*
 * include/affnotify/client.h: what a program that links the library calls. Each call looks first
 * whether it is in the process that opened the client: after a fork, its locks may be held by a
 * thread that does not exist, and its connections are the parent's.
 */
#include <affnotify/client.h>

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/client/lane.h"
#include "core/client/line.h"
#include "core/client/post.h"
#include "core/event/event.h"

#define SOCKET_USUAL "/run/affnotify/bus.sock"
#define SPOOL_USUAL  "/var/lib/affnotify/spool"
#define ANSWER_BYTES 4096 /* one answer to an event is a quarter of that */

struct affn_client {
    pid_t pid;
    int64_t timeout_ms;
    struct lane lane;
    struct post post;
};

/* ---- From start to end ---- */

static const char *choose(const char *option, const char *variable, const char *usual)
{
    const char *environment = option ? NULL : secure_getenv(variable);
    if (option)
        return option;
    return environment && *environment ? environment : usual;
}

struct affn_client *affn_client_open(const struct affn_client_options *options)
{
    static const struct affn_client_options none;
    if (!options)
        options = &none;
    size_t queue_bytes = options->queue_bytes ? options->queue_bytes : SPOOL_FILE_BYTES_MAX;
    if (queue_bytes < CLIENT_LINE_SIZE || queue_bytes > SPOOL_FILE_BYTES_MAX) {
        errno = EINVAL;
        return NULL;
    }
    struct affn_client *client = calloc(1, sizeof *client);
    if (!client)
        return NULL;
    client->pid = getpid();
    client->timeout_ms = options->timeout_ms ? options->timeout_ms : EMIT_TIMEOUT_MS;
    if (lane_init(&client->lane, choose(options->socket, "AFFNOTIFY_SOCKET", SOCKET_USUAL),
                  choose(options->spool, "AFFNOTIFY_SPOOL", SPOOL_USUAL)) < 0)
        goto free_client;
    if (post_init(&client->post, &client->lane, queue_bytes, client->timeout_ms) < 0)
        goto finish_lane;
    return client;

finish_lane:
    lane_finish(&client->lane);
free_client:
    free(client);
    return NULL;
}

static bool is_forked(const struct affn_client *client)
{
    return client->pid != getpid();
}

uint64_t affn_client_close(struct affn_client *client)
{
    if (!client)
        return 0;
    uint64_t lost = is_forked(client) ? 0 : post_close(&client->post);
    post_free(&client->post);
    lane_finish(&client->lane);
    free(client);
    return lost;
}

/* ---- Events ---- */

static void say(struct affn_client_result *result, const struct error *error)
{
    snprintf(result->message, sizeof result->message, "%.*s", (int)sizeof result->message - 1,
             error->text);
}

/* Looks at the event and the process: 0 and the line with its length, or what is to be returned. */
static int32_t begin(const struct affn_client *client, const struct affn_client_event *event,
                     char line[CLIENT_LINE_SIZE], size_t *length, struct affn_client_result *result)
{
    struct refusal refusal;
    memset(result, 0, sizeof *result);
    if (is_forked(client)) {
        snprintf(result->message, sizeof result->message,
                 "the client was opened by another process; open one after the fork");
        return AFFN_CLIENT_FORKED;
    }
    int made = client_line_make(event, clock_unix_ms(), line, &refusal);
    if (made >= 0) {
        *length = (size_t)made;
        return 0;
    }
    snprintf(result->field, sizeof result->field, "%s", refusal.field);
    snprintf(result->rule, sizeof result->rule, "%s", refusal.rule);
    snprintf(result->message, sizeof result->message, "%s", refusal.message);
    return AFFN_CLIENT_REFUSED;
}

/* Into the spool, because of `reason`. */
static int32_t spool(struct affn_client *client, const char *line, size_t length,
                     const struct error *reason, struct affn_client_result *result)
{
    struct error error;
    bool is_spooled = lane_spool(&client->lane, line, length, &error) == 0;
    memset(result, 0, sizeof *result);
    struct error sentence;
    if (is_spooled)
        error_set(&sentence, "%.400s; the event waits in %s", reason->text,
                  client->lane.spool_directory);
    else
        error_set(&sentence,
                  "the event is not safe: %.400s; and it cannot wait in the spool: %.400s",
                  reason->text, error.text);
    say(result, &sentence);
    return is_spooled ? AFFN_CLIENT_SPOOLED : AFFN_CLIENT_FAILED;
}

int32_t affn_client_publish(struct affn_client *client, const struct affn_client_event *event,
                            struct affn_client_result *result)
{
    struct affn_client_result own;
    struct error error;
    char line[CLIENT_LINE_SIZE], answer[ANSWER_BYTES];
    size_t length;
    int32_t kind;
    if (!result)
        result = &own;
    int32_t refused = begin(client, event, line, &length, result);
    if (refused)
        return refused;
    const struct lane_lines lines = {.bytes = line,
                                     .length = length,
                                     .count = 1,
                                     .answers = answer,
                                     .answers_size = sizeof answer};
    int64_t deadline = clock_mono_ms() + client->timeout_ms;
    if (!lane_has_spooled(&client->lane, &error) &&
        lane_send(&client->lane, &lines, deadline, &kind, result, &error) == 1)
        return kind;
    return spool(client, line, length, &error, result);
}

int32_t affn_client_post(struct affn_client *client, const struct affn_client_event *event,
                         struct affn_client_result *result)
{
    struct affn_client_result own;
    struct error error;
    char line[CLIENT_LINE_SIZE];
    size_t length;
    if (!result)
        result = &own;
    int32_t kind = begin(client, event, line, &length, result);
    if (kind == AFFN_CLIENT_REFUSED)
        post_refuse(&client->post);
    if (kind)
        return kind;
    kind = post_add(&client->post, line, length, &error);
    if (kind != AFFN_CLIENT_QUEUED)
        say(result, &error);
    return kind;
}

void affn_client_count(struct affn_client *client, struct affn_client_counts *counts)
{
    memset(counts, 0, sizeof *counts);
    if (!is_forked(client))
        post_count(&client->post, counts);
}

int32_t affn_client_flush(struct affn_client *client, uint32_t timeout_ms)
{
    if (is_forked(client))
        return AFFN_CLIENT_FORKED;
    return post_flush(&client->post, clock_mono_ms() + timeout_ms) < 0 ? AFFN_CLIENT_FAILED : 0;
}
