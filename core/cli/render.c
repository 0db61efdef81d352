/* affnotify render SINK: what the sink would send for some events; nothing is sent. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/cli/command.h"
#include "core/cli/connection.h"
#include "core/cli/show.h"
#include "core/cli/trial.h"

enum own_option {
    OPTION_JSONL,
    OPTION_ID,
    OPTION_BODY,
};

static const struct command_option options[] = {
    [OPTION_JSONL] = {"jsonl", "FILE", "for the events of a file, one a line; - is stdin", false},
    [OPTION_ID] = {"id", "EVENT", "for an event that the bus has; may be given often", true},
    [OPTION_BODY] = {"body", NULL, "print the body alone, byte for byte", false},
    {0},
};

/* Which member of a message is its body: the answer names it for what it is. */
static const json_t *body_of(const json_t *message)
{
    static const char *const keys[] = {"body", "message", "text"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const json_t *body = json_object_get(message, keys[i]);
        if (body)
            return body;
    }
    return NULL;
}

/* ---- For programs: the body alone, byte for byte ---- */

/* With more to come, a body that does not end its line is ended, so that they stay apart. */
static void print_bytes(const json_t *body, bool is_last)
{
    const char *bytes = json_string_value(body);
    size_t length = json_string_length(body);
    fwrite(bytes, 1, length, stdout);
    if (length > 0 && bytes[length - 1] != '\n' && (!is_last || isatty(STDOUT_FILENO)))
        putchar('\n');
}

/* ---- For people ---- */

/* Line by line, without what would steer a terminal. */
static void print_text(const json_t *body)
{
    const char *line = json_string_value(body);
    const char *end = line + json_string_length(body);
    while (line < end) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        size_t length = (size_t)((stop ? stop : end) - line);
        bool has_return = length > 0 && line[length - 1] == '\r';
        char *text = memory_text_part(line, length - has_return);
        char *shown = show_text(text);
        puts(shown);
        free(shown);
        free(text);
        line += length + 1;
    }
}

static void print_members(const json_t *message, const char *key, const char *before,
                          const char *after)
{
    const json_t *lines = json_object_get(message, key);
    for (size_t i = 0; i < json_array_size(lines); i++) {
        char *shown = show_text(json_string_value(json_array_get(lines, i)));
        printf("%s%s%s\n", before, shown, after);
        free(shown);
    }
}

static void print_head(const json_t *message)
{
    char *method = show_member(message, "method");
    char *url = show_member(message, "url");
    char *from = show_member(message, "from");
    const char *kind = json_string_value(json_object_get(message, "kind"));
    if (kind && text_equal(kind, "http")) {
        printf("%s %s\n", method, url);
        print_members(message, "headers", "", "");
        putchar('\n');
    } else if (kind && text_equal(kind, "mail")) {
        printf("%s\nMAIL FROM:<%s>\n", url, from);
        print_members(message, "recipients", "RCPT TO:<", ">");
        putchar('\n');
    }
    free(method);
    free(url);
    free(from);
}

static void print_heading(const json_t *message, size_t number, size_t count)
{
    size_t events = json_array_size(json_object_get(message, "events"));
    bool is_styled = show_styled(stdout);
    printf("%s%s-- message %zu of %zu, %zu event%s --%s\n", number > 1 ? "\n" : "",
           is_styled ? "\033[1m" : "", number, count, events, events == 1 ? "" : "s",
           is_styled ? "\033[0m" : "");
}

static void say_why_none(const struct invocation *invocation, const json_t *message)
{
    char *verdict = show_member(message, "verdict");
    char *what = show_member(message, "what");
    char *remedy = show_member(message, "remedy");
    command_say(invocation, "nothing to show%s%s: %s", *verdict ? ", " : "", verdict,
                *what ? what : "the plugin did not say why");
    if (*remedy)
        command_say(invocation, "what to do: %s", remedy);
    free(verdict);
    free(what);
    free(remedy);
}

static int show(const struct invocation *invocation, const json_t *answer)
{
    const json_t *messages = json_object_get(answer, "messages");
    size_t count = json_array_size(messages);
    int code = EXIT_NO;
    for (size_t i = 0; i < count; i++) {
        const json_t *message = json_array_get(messages, i);
        const json_t *body = body_of(message);
        code = body ? EXIT_DONE : code;
        if (invocation->json)
            continue;
        if (!body) {
            say_why_none(invocation, message);
            continue;
        }
        if (invocation->values[OPTION_BODY]) {
            print_bytes(body, i + 1 == count);
            continue;
        }
        if (count > 1)
            print_heading(message, i + 1, count);
        print_head(message);
        print_text(body);
    }
    return code;
}

static int run(const struct invocation *invocation)
{
    const char *path = invocation->values[OPTION_JSONL];
    int code = EXIT_DONE;
    json_t *events = json_array();
    if (path)
        code = trial_read_file(invocation, path, events);
    for (int i = 0; i < invocation->repeated_count && code == EXIT_DONE; i++)
        code = trial_fetch_event(invocation, invocation->repeated[i], events);
    if (code != EXIT_DONE) {
        json_decref(events);
        return code;
    }
    json_t *answer = trial_ask(invocation, "render", events, &code);
    if (answer)
        code = show(invocation, answer);
    json_decref(answer);
    return code;
}

const struct command command_render = {
    .name = "render",
    .operands = "SINK",
    .operands_min = 1,
    .operands_max = 1,
    .summary = "Shows what a sink would send, and sends nothing",
    .help = "The events are a sample, those of a file, or some that the bus has. The sink's\n"
            "section is read as it stands now; secrets are masked. With -c that file is used,\n"
            "by the running bus if it is its own. The exit code is 1 when there is nothing to\n"
            "show.\n",
    .config_help = "the file whose sink it is; else that of the running bus",
    .options = options,
    .run = run,
};
