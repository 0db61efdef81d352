/* See trial.h. */
#include "core/cli/trial.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buffer.h"
#include "core/base/error.h"
#include "core/base/limits.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/cli/choice.h"
#include "core/cli/command.h"
#include "core/cli/connection.h"
#include "core/cli/errand.h"
#include "core/cli/input.h"
#include "core/cli/target.h"

#define QUESTION_BYTES 2048 /* of a line to the bus, for all but the events */

/* ---- The events ---- */

static int take_line(const struct invocation *invocation, const struct input *input,
                     const char *path, const char *line, size_t length, json_t *events)
{
    json_error_t problem;
    if (strspn(line, " \t\r") >= length)
        return EXIT_DONE;
    json_t *event = json_loadb(line, length, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &problem);
    if (json_is_object(event)) {
        json_array_append_new(events, event);
        return EXIT_DONE;
    }
    json_decref(event);
    command_say(invocation, "%s:%zu: not a JSON object, near byte %d; write one event a line",
                text_equal(path, "-") ? "stdin" : path, input->line_number, problem.position);
    return EXIT_NO;
}

static int take_lines(const struct invocation *invocation, struct input *input, const char *path,
                      json_t *events)
{
    const char *line;
    size_t length;
    int code = EXIT_DONE;
    while (code == EXIT_DONE && input_next(input, &line, &length)) {
        char *text = memory_text_part(line, length);
        code = take_line(invocation, input, path, text, length, events);
        free(text);
    }
    return code;
}

int trial_read_file(const struct invocation *invocation, const char *path, json_t *events)
{
    struct input input;
    struct error error;
    int code = EXIT_DONE;
    int result = input_open(&input, path, &error);
    while (result == 0 && code == EXIT_DONE) {
        code = take_lines(invocation, &input, path, events);
        if (input.ended || code != EXIT_DONE)
            break;
        result = input_fill(&input, &error);
    }
    input_close(&input);
    if (result < 0) {
        command_say(invocation, "%s", error.text);
        return EXIT_NO;
    }
    if (code == EXIT_DONE && json_array_size(events) == 0) {
        command_say(invocation, "%s: no event in it; leave --jsonl out for a sample", path);
        return EXIT_NO;
    }
    return code;
}

int trial_fetch_event(const struct invocation *invocation, const char *id, json_t *events)
{
    if (choice_is_address(invocation, id))
        return EXIT_USAGE;
    json_t *request = json_pack("{s:s, s:s}", "command", "trace", "id", id);
    if (!request)
        return command_usage(invocation, "the ID is not valid UTF-8");
    struct error error;
    struct target target;
    int code = EXIT_UNREACHED;
    target_find(invocation, NULL, &target); /* affnotifyd tells what is wrong with the file */
    json_t *answer = connection_ask(target.socket_path, request, COMMAND_TIMEOUT_MS, &error);
    if (!answer) {
        command_say(invocation, "%s", error.text);
    } else if (!connection_ok(answer)) {
        connection_print_refusal(invocation, answer);
        code = EXIT_NO;
    } else {
        json_array_append(events, json_object_get(answer, "event"));
        code = EXIT_DONE;
    }
    json_decref(answer);
    target_finish(&target);
    return code;
}

/* ---- The question ---- */

/* -1 when they are more than a line to the bus can hold. */
static int write_lines(const json_t *events, struct buffer *lines)
{
    int result = 0;
    for (size_t i = 0; i < json_array_size(events) && result == 0; i++) {
        char *line = json_dumps(json_array_get(events, i), JSON_COMPACT);
        assert(line); /* it was read as JSON */
        result = buffer_add_text(lines, line) + buffer_add_text(lines, "\n");
        free(line);
    }
    return result;
}

json_t *trial_ask(const struct invocation *invocation, const char *command, json_t *events,
                  int *code)
{
    const char *sink = invocation->operands[0];
    char *option = memory_format("--%s", command);
    const char *const with_events[] = {option, sink, "--events", NULL};
    const char *const with_sample[] = {option, sink, NULL};
    bool has_events = json_array_size(events) > 0;
    json_t *answer = NULL;
    struct buffer lines;
    buffer_init(&lines, LINE_BYTES_MAX - QUESTION_BYTES);
    int written = write_lines(events, &lines);
    json_t *request = json_pack("{s:s, s:s}", "command", command, "sink", sink);
    if (has_events && request)
        json_object_set(request, "events", events);
    struct errand errand = {
        .request = request,
        .arguments = has_events ? with_events : with_sample,
        .input = has_events ? &lines : NULL,
        .timeout_ms = TRIAL_TIMEOUT_MS,
    };
    *code = EXIT_NO;
    if (!request)
        *code = command_usage(invocation, "the sink's name is not valid UTF-8");
    else if (written < 0)
        command_say(invocation, "the events are too many for one question to the bus (62 KiB); "
                                "give fewer");
    else
        answer = errand_command(invocation, &errand, code);
    if (written < 0)
        json_decref(request);
    buffer_finish(&lines);
    free(option);
    json_decref(events);
    return answer;
}

json_t *trial_ask_notice(const struct invocation *invocation, int *code)
{
    const char *sink = invocation->operands[0];
    const char *const arguments[] = {"--test-notice", sink, NULL};
    struct errand errand = {
        .request = json_pack("{s:s, s:s, s:b}", "command", "test", "sink", sink, "notice", 1),
        .arguments = arguments,
        .timeout_ms = TRIAL_TIMEOUT_MS,
    };
    if (errand.request)
        return errand_command(invocation, &errand, code);
    *code = command_usage(invocation, "the sink's name is not valid UTF-8");
    return NULL;
}
