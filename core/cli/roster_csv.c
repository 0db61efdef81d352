/* See roster_csv.h. The section is written into a folder of its own, which nobody else can enter. */
#include "core/cli/roster_csv.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/buffer.h"
#include "core/base/error.h"
#include "core/base/limits.h"
#include "core/base/memory.h"
#include "core/base/signals.h"
#include "core/base/text.h"
#include "core/cli/command.h"
#include "core/cli/connection.h"
#include "core/cli/daemon.h"
#include "core/cli/show.h"
#include "core/cli/target.h"

#define EVENTS_AT_ONCE 300 /* fewer than a trial takes, also when each is as long as can be */
#define SINK           "roster"

/* A batch, of which the host shows half a MiB, with rows as long as can be; two begin a file. */
#define RENDER_BATCH 8

/* Columns of an affiliate; those that only an event has are left out. */
static const char own_columns[] = "Affiliate ID:affiliate_id, E-mail:email, Deep link:deep_link, "
                                  "Since:occurred_at, Status:status";

/* ---- The section ---- */

struct place {
    char folder[64];
    char path[96];
};

/* Whether it can stand in a line of the file; there are no escapes. */
static bool is_writable(const char *value)
{
    for (; *value; value++)
        if (*value == '"' || (unsigned char)*value < ' ' || *value == 0x7f)
            return false;
    return true;
}

static int write_setting(const struct invocation *invocation, FILE *file, const char *setting)
{
    size_t key_bytes = strcspn(setting, "=");
    if (!setting[key_bytes] || key_bytes == 0)
        return command_usage(invocation, "--set: “%s” is not KEY=VALUE", setting);
    if (!is_writable(setting))
        return command_usage(invocation, "--set: “%s” holds a quote or a control character",
                             setting);
    fprintf(file, "%.*s = \"%s\"\n", (int)key_bytes, setting, setting + key_bytes + 1);
    return EXIT_DONE;
}

static int write_section(const struct invocation *invocation, const struct roster_csv *roster,
                         const struct place *place, FILE *file)
{
    const char *columns = roster->columns;
    if (!columns && !roster->preset)
        columns = own_columns;
    fprintf(file, "[bus]\nstate = %s/state\n[sink:" SINK "]\nplugin = csv\npath = %s/roster.csv\n",
            place->folder, place->folder);
    fprintf(file, "batch = %d\nshow_header = yes\n", RENDER_BATCH);
    if (roster->preset && !is_writable(roster->preset))
        return command_usage(invocation, "--preset: there is no such preset");
    if (roster->preset)
        fprintf(file, "preset = \"%s\"\n", roster->preset);
    if (columns && !is_writable(columns))
        return command_usage(invocation, "--columns: holds a quote or a control character");
    if (columns)
        fprintf(file, "columns = \"%s\"\n", columns);
    int code = EXIT_DONE;
    for (int i = 0; i < roster->setting_count && code == EXIT_DONE; i++)
        code = write_setting(invocation, file, roster->settings[i]);
    return code;
}

static int make_section(const struct invocation *invocation, const struct roster_csv *roster,
                        struct place *place)
{
    snprintf(place->folder, sizeof place->folder, "/tmp/affnotify-roster-XXXXXX");
    if (!mkdtemp(place->folder)) {
        command_say(invocation, "cannot make a folder in /tmp: %s", strerror(errno));
        place->folder[0] = '\0';
        return EXIT_NO;
    }
    snprintf(place->path, sizeof place->path, "%s/affnotify.ini", place->folder);
    FILE *file = fopen(place->path, "w");
    if (!file) {
        command_say(invocation, "%s: %s", place->path, strerror(errno));
        return EXIT_NO;
    }
    int code = write_section(invocation, roster, place, file);
    if (fclose(file) != 0 && code == EXIT_DONE) {
        command_say(invocation, "%s: %s", place->path, strerror(errno));
        code = EXIT_NO;
    }
    return code;
}

static void remove_section(const struct place *place)
{
    if (!place->folder[0])
        return;
    unlink(place->path);
    rmdir(place->folder);
}

/* ---- Rows ---- */

/* What the file says of a key is said of an option here. */
static void say_mistakes(const struct invocation *invocation, const json_t *answer)
{
    const json_t *mistakes = json_object_get(answer, "mistakes");
    for (size_t i = 0; i < json_array_size(mistakes); i++) {
        char *message = show_member(json_array_get(mistakes, i), "message");
        const char *said = strstr(message, "[sink:" SINK "] ");
        command_say(invocation, "%s", said ? said + strlen("[sink:" SINK "] ") : message);
        free(message);
    }
}

/*
 * Prints the text of each message behind its header row, and that row, too, when it is wanted. With
 * no lines of events there is a sample, of which only the header is wanted.
 */
static int print_rendered(const struct invocation *invocation, const json_t *answer,
                          bool header_only)
{
    const json_t *messages = json_object_get(answer, "messages");
    for (size_t i = 0; i < json_array_size(messages); i++) {
        const char *text = json_string_value(json_object_get(json_array_get(messages, i), "text"));
        const char *header_end = text ? strchr(text, '\n') : NULL;
        if (!header_end) {
            command_say(invocation, "the rows are too long to be shown; leave columns out");
            return EXIT_NO;
        }
        if (header_only)
            fwrite(text, 1, (size_t)(header_end + 1 - text), stdout);
        else
            fputs(header_end + 1, stdout);
    }
    return EXIT_DONE;
}

static int render(const struct invocation *invocation, const struct place *place,
                  const struct buffer *lines)
{
    const char *const arguments[] = {"-c", place->path, "--render", SINK, lines ? "--events" : NULL,
                                     NULL};
    struct error error;
    json_t *answer = daemon_ask(arguments, lines, &error);
    int code = EXIT_NO;
    if (!answer) {
        command_say(invocation, "%s", error.text);
    } else if (connection_ok(answer)) {
        code = print_rendered(invocation, answer, lines == NULL);
    } else {
        if (!json_object_get(answer, "mistakes"))
            connection_print_refusal(invocation, answer);
        say_mistakes(invocation, answer);
    }
    json_decref(answer);
    return code;
}

/* ---- Affiliates ---- */

/* The event that made an affiliate what it is; of one that says no moment, when it arrived. */
static char *make_line(const json_t *row)
{
    bool is_active = json_is_true(json_object_get(row, "active"));
    json_t *moment = json_object_get(row, "occurred_at");
    if (!json_is_string(moment))
        moment = json_object_get(row, "received");
    json_t *event =
        json_pack("{s:s,s:O,s:O,s:O,s:O*}", "event",
                  is_active ? "affiliate.created" : "affiliate.deactivated", "affiliate_id",
                  json_object_get(row, "affiliate_id"), "email", json_object_get(row, "email"),
                  "deep_link", json_object_get(row, "deep_link"), "occurred_at", moment);
    char *line = event ? json_dumps(event, JSON_COMPACT) : memory_text("");
    json_decref(event);
    return line;
}

static void add_lines(struct buffer *lines, const json_t *rows)
{
    for (size_t i = 0; i < json_array_size(rows); i++) {
        char *line = make_line(json_array_get(rows, i));
        buffer_add_text(lines, line);
        buffer_add_text(lines, "\n");
        free(line);
    }
}

/* A page of the bus's; NULL with the exit code. */
static json_t *ask(const struct invocation *invocation, const struct target *target,
                   const char *state, const json_t *next, int *code)
{
    struct error error;
    json_t *request =
        json_pack("{s:s,s:s,s:i}", "command", "roster", "state", state, "limit", LIST_PAGE_MAX);
    if (next)
        json_object_set(request, "after", (json_t *)(uintptr_t)next);
    json_t *answer = connection_ask(target->socket_path, request, COMMAND_TIMEOUT_MS, &error);
    *code = EXIT_DONE;
    if (!answer) {
        command_say(invocation, "%s", error.text);
        *code = EXIT_UNREACHED;
    } else if (!connection_ok(answer)) {
        connection_print_refusal(invocation, answer);
        *code = EXIT_NO;
    }
    if (*code == EXIT_DONE)
        return answer;
    json_decref(answer);
    return NULL;
}

/* Page by page; memory holds a few of them. */
static int print_all(const struct invocation *invocation, const struct target *target,
                     const char *state, const struct place *place)
{
    struct buffer lines;
    json_t *next = NULL;
    size_t count = 0;
    int code;
    buffer_init(&lines, TRIAL_INPUT_BYTES_MAX);
    do {
        json_t *answer = ask(invocation, target, state, next, &code);
        if (!answer)
            break;
        const json_t *rows = json_object_get(answer, "roster");
        add_lines(&lines, rows);
        count += json_array_size(rows);
        json_decref(next);
        next = json_incref(json_object_get(answer, "next"));
        json_decref(answer);
        if (count > 0 && (json_is_null(next) || count + LIST_PAGE_MAX > EVENTS_AT_ONCE)) {
            code = render(invocation, place, &lines);
            buffer_clear(&lines);
            count = 0;
        }
    } while (code == EXIT_DONE && !json_is_null(next) && !signals_came());
    json_decref(next);
    buffer_finish(&lines);
    return code;
}

int roster_csv_run(const struct invocation *invocation, const struct roster_csv *roster)
{
    struct place place = {.folder = ""};
    struct target target;
    sigset_t before;
    int code = target_find(invocation, NULL, &target) < 0 ? target_explain(invocation, &target)
                                                          : EXIT_DONE;
    signals_hold(&before); /* so that the folder goes however the command ends */
    if (code == EXIT_DONE)
        code = make_section(invocation, roster, &place);
    if (code == EXIT_DONE)
        code = render(invocation, &place, NULL);
    if (code == EXIT_DONE)
        code = print_all(invocation, &target, roster->state, &place);
    remove_section(&place);
    fflush(stdout);
    signals_release(&before);
    target_finish(&target);
    return code;
}
