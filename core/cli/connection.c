/* See connection.h. */
#include "core/cli/connection.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/memory.h"
#include "core/cli/command.h"
#include "core/cli/show.h"
#include "core/cli/target.h"
#include "core/wire/line_client.h"

/*
 * With a group in [bus] everybody may connect, and the bus looks at who it is. So it is either a
 * socket of the bus's user alone, or a directory above it that is closed to us.
 */
static const char *remedy_of_denial(const char *socket_path)
{
    struct stat status;
    if (stat(socket_path, &status) < 0)
        return "you may not search a directory on that path: open it with chmod o+x, or become its "
               "owner";
    return "only root and the bus's own user may, for its [bus] names no group in `publishers` or "
           "`operators`: use sudo, or name one";
}

int connection_open(struct line_client *client, const char *socket_path, int64_t deadline_mono_ms,
                    struct error *error)
{
    struct error reason;
    if (line_client_connect(client, socket_path, deadline_mono_ms, &reason) == 0)
        return 0;
    const char *remedy = "is affnotifyd running? Start it with affnotifyd -c FILE";
    if (errno == EACCES || errno == EPERM)
        remedy = remedy_of_denial(socket_path);
    return error_set(error, "%s; %s", reason.text, remedy);
}

static json_t *read_answer(struct line_client *client, int64_t deadline_mono_ms,
                           struct error *error)
{
    const char *line;
    size_t length;
    if (line_client_read(client, &line, &length, deadline_mono_ms, error) < 0)
        return NULL;
    json_t *answer = json_loadb(line, length, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
    if (json_is_object(answer) && json_is_boolean(json_object_get(answer, "ok")))
        return answer;
    json_decref(answer);
    error_set(error, "what answered is not affnotifyd: it does not speak the line protocol");
    return NULL;
}

json_t *connection_ask(const char *socket_path, json_t *request, int64_t timeout_ms,
                       struct error *error)
{
    json_t *answer = NULL;
    struct error ignored;
    struct line_client client;
    line_client_init(&client);
    int64_t deadline = clock_mono_ms() + timeout_ms;
    char *line = json_dumps(request, JSON_COMPACT);
    char *sent = memory_format("%s\n", line);
    if (connection_open(&client, socket_path, deadline, error) == 0) {
        /* A bus that hangs up may have said why: what failed is what reading says. */
        line_client_send(&client, sent, strlen(sent), deadline, &ignored);
        answer = read_answer(&client, deadline, error);
        if (!answer)
            error_prefix(error, "%s", socket_path);
    }
    free(sent);
    free(line);
    line_client_finish(&client);
    json_decref(request);
    return answer;
}

int connection_ok(const json_t *answer)
{
    return json_is_true(json_object_get(answer, "ok"));
}

/* In JSON all that is not ASCII stands in strings; what would steer a terminal is escaped. */
void connection_write_json(const json_t *value)
{
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    const char *from = text;
    for (const char *at = text; at && *at;) {
        unsigned character;
        size_t length = show_steering(at, &character);
        if (length > 0) {
            printf("%.*s\\u%04x", (int)(at - from), from, character);
            from = at + length;
        }
        at += length > 0 ? length : 1;
    }
    fputs(from, stdout);
    free(text);
}

void connection_print_json(const json_t *answer)
{
    connection_write_json(answer);
    putchar('\n');
}

void connection_print_refusal(const struct invocation *invocation, const json_t *answer)
{
    char *message = show_member(answer, "message");
    command_say(invocation, "%s", message);
    free(message);
}

json_t *connection_reply(const struct invocation *invocation, json_t *request, bool names_config,
                         int64_t timeout_ms, int *code)
{
    json_t *answer = NULL;
    struct error error;
    struct target target;
    if (target_find(invocation, NULL, &target) < 0 && !names_config) {
        json_decref(request);
        *code = target_explain(invocation, &target);
        goto finish;
    }
    if (names_config && target.config_path)
        json_object_set_new(request, "config", json_string(target.config_path));
    answer = connection_ask(target.socket_path, request, timeout_ms, &error);
    if (!answer) {
        command_say(invocation, "%s", error.text);
        *code = EXIT_UNREACHED;
    }
finish:
    target_finish(&target);
    return answer;
}

json_t *connection_answer(const struct invocation *invocation, json_t *request, int64_t timeout_ms,
                          int *code)
{
    json_t *answer = connection_reply(invocation, request, false, timeout_ms, code);
    if (!answer)
        return NULL;
    *code = connection_ok(answer) ? EXIT_DONE : EXIT_NO;
    if (invocation->json)
        connection_print_json(answer);
    else if (*code == EXIT_NO)
        connection_print_refusal(invocation, answer);
    if (*code == EXIT_NO) {
        json_decref(answer);
        answer = NULL;
    }
    return answer;
}

json_t *connection_command(const struct invocation *invocation, json_t *request, int *code)
{
    json_t *answer = connection_answer(invocation, request, COMMAND_TIMEOUT_MS, code);
    if (answer && invocation->json) {
        json_decref(answer);
        answer = NULL;
    }
    return answer;
}
