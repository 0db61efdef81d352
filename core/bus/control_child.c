/* See control_child.h; the fields of each command are described in core/wire/README.md. */
#include "core/bus/control_child.h"

#include <assert.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buffer.h"
#include "core/base/error.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/bus/answer.h"
#include "core/bus/bus.h"
#include "core/bus/own_child.h"

#define EVENTS_BYTES_MAX (8 * LINE_BYTES_MAX) /* of a line, written again: \u escapes at most */

struct child_command {
    const char *name;
    const char *option;
    const char *operand;      /* the member that is the option's value; NULL for none */
    const char *operand_what; /* what it is, in a sentence */
    bool takes_events;
};

static const struct child_command child_commands[] = {
    {.name = "check", .option = "--check"},
    {"render", "--render", "sink", "a sink's name", true},
    {"test", "--test", "sink", "a sink's name", true},
    {.name = "plugins", .option = "--plugins"},
    {"describe", "--describe", "name", "a plugin's or a sink's name", false},
    {.name = "config_show", .option = "--config-show"},
};

/* `test` with "notice":true. */
static const struct child_command notice_test = {"test", "--test-notice", "sink", "a sink's name",
                                                 false};

/* `config_show` with "sink". */
static const struct child_command sink_show = {"config_show", "--config-show-sink", "sink",
                                               "a sink's name", false};

static const struct child_command *find_command(const char *name)
{
    const struct child_command *command = child_commands;
    while (!text_equal(command->name, name))
        command++; /* control.c sends only names of this table here */
    return command;
}

/* ---- What the client said ---- */

/* The value of a member that is text without NUL; else NULL. */
static const char *member_text(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    const char *text = json_string_value(value);
    return text && strlen(text) == json_string_length(value) ? text : NULL;
}

json_t *control_child_refuse_config(const struct bus *bus, const json_t *command)
{
    const char *path = json_string_value(json_object_get(command, "config"));
    if (!path || text_equal(path, bus->config.path))
        return NULL;
    return answer_refusal("config", "other_config", "config: this bus runs with %s",
                          bus->config.path);
}

static json_t *check_operand(const struct child_command *kind, const char *operand)
{
    if (!kind->operand)
        return NULL;
    if (!operand || !*operand)
        return answer_refusal(kind->operand, "missing", "%s: %s is needed, as text", kind->operand,
                              kind->operand_what);
    /* Whoever may ask the bus may not have it load any file there is, with its own rights. */
    if (strchr(operand, '/'))
        return answer_refusal(kind->operand, "is_path",
                              "%s: a path is not looked at by the bus; run affnotifyd --describe "
                              "PATH",
                              kind->operand);
    return NULL;
}

/* One event a line; what is wrong with one of them is said by the child. */
static json_t *write_events(const json_t *events, struct buffer *lines)
{
    if (!json_is_array(events))
        return answer_refusal("events", "type", "events: must be a list of events");
    for (size_t i = 0; i < json_array_size(events); i++) {
        char *line = json_dumps(json_array_get(events, i), JSON_COMPACT | JSON_ENCODE_ANY);
        assert(line); /* it was read as JSON */
        int result = buffer_add_text(lines, line) + buffer_add_text(lines, "\n");
        assert(result == 0); /* they came in one line of the protocol */
        free(line);
    }
    return NULL;
}

/* ---- The child ---- */

static json_t *start(struct bus *bus, struct client *client, const struct child_command *kind,
                     const char *operand, bool online, const struct buffer *lines)
{
    const char *arguments[8] = {"-c", bus->config.path, "--json", kind->option};
    size_t count = 4;
    if (operand)
        arguments[count++] = operand;
    if (online)
        arguments[count++] = "--online";
    if (lines)
        arguments[count++] = "--events";
    struct error error;
    if (own_child_start(bus, client, arguments, lines, &error) < 0)
        return answer_unavailable(error.text);
    return NULL;
}

json_t *control_child_run(struct bus *bus, struct client *client, const json_t *command)
{
    const struct child_command *kind = find_command(member_text(command, "command"));
    if (text_equal(kind->name, "test") && json_is_true(json_object_get(command, "notice")))
        kind = &notice_test;
    if (text_equal(kind->name, "config_show") && json_object_get(command, "sink"))
        kind = &sink_show;
    const char *operand = kind->operand ? member_text(command, kind->operand) : NULL;
    bool online =
        text_equal(kind->name, "check") && json_is_true(json_object_get(command, "online"));
    const json_t *events = kind->takes_events ? json_object_get(command, "events") : NULL;
    json_t *refusal = control_child_refuse_config(bus, command);
    if (!refusal)
        refusal = check_operand(kind, operand);
    struct buffer lines;
    buffer_init(&lines, EVENTS_BYTES_MAX);
    if (!refusal && events)
        refusal = write_events(events, &lines);
    if (!refusal)
        refusal = start(bus, client, kind, operand, online, events ? &lines : NULL);
    buffer_finish(&lines);
    return refusal;
}
