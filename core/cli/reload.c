/*
 * affnotify reload: a running bus takes its configuration anew. Waits until every sink that changed
 * has said how it opened, and prints a line for the door to the network and for each sink.
 */
#include <stdlib.h>

#include "core/base/limits.h"
#include "core/base/memory.h"
#include "core/cli/command.h"
#include "core/cli/connection.h"
#include "core/cli/mistake_list.h"
#include "core/cli/show.h"
#include "core/cli/table.h"
#include "core/cli/wrap.h"

static const struct table_column columns[] = {{"SINK", false}, {"CHANGE", false}, {"STATE", false}};

#define COLUMNS (sizeof columns / sizeof *columns)

static void add_sink(struct table *table, const json_t *sink)
{
    char *what = show_member(sink, "what");
    char *remedy = show_member(sink, "remedy");
    char *cells[COLUMNS] = {show_member(sink, "name"), show_member(sink, "change"),
                            show_member(sink, "state")};
    table_add_row(table, cells);
    if (*what)
        table_add_note(table, memory_text(what));
    if (*remedy)
        table_add_note(table, memory_format("what to do: %s", remedy));
    free(what);
    free(remedy);
}

static void print_sinks(const json_t *sinks)
{
    struct table table;
    table_init(&table, columns, COLUMNS);
    table_fit(&table, show_columns(stdout), 0, 0);
    for (size_t i = 0; i < json_array_size(sinks); i++)
        add_sink(&table, json_array_get(sinks, i));
    if (table.line_count > 0)
        table_print(&table, show_styled(stdout), stdout);
    else
        puts("No sink is configured: add a section [sink:NAME] with plugin = …");
    table_finish(&table);
}

/* The door to the network, if there is one: `door  renewed`, `door  unchanged: WHY`. */
static void print_door(const json_t *door)
{
    if (!json_is_object(door))
        return;
    char *change = show_member(door, "change");
    char *state = show_member(door, "state");
    char *what = show_member(door, "what");
    char *line = *what ? memory_format("door  %s: %s", change, what)
                       : memory_format("door  %s  %s", change, state);
    wrap_words(stdout, line, 0, 0, show_columns(stdout));
    free(line);
    free(change);
    free(state);
    free(what);
}

static void print_answer(const struct invocation *invocation, const json_t *answer)
{
    const json_t *mistakes = json_object_get(answer, "mistakes");
    if (json_array_size(mistakes) > 0)
        mistake_list_print(mistakes);
    if (!connection_ok(answer)) {
        fflush(stdout); /* the mistakes come first, also where both end in one file */
        connection_print_refusal(invocation, answer);
        return;
    }
    if (json_array_size(mistakes) > 0)
        putchar('\n');
    print_door(json_object_get(answer, "door"));
    print_sinks(json_object_get(answer, "sinks"));
}

/* In force as a whole: the door has taken it, too. */
static bool is_done(const json_t *answer)
{
    return connection_ok(answer) &&
           !json_is_string(json_object_get(json_object_get(answer, "door"), "what"));
}

static int run(const struct invocation *invocation)
{
    int code = EXIT_UNREACHED;
    json_t *answer = connection_reply(invocation, json_pack("{s:s}", "command", "reload"), true,
                                      RELOAD_TIMEOUT_MS, &code);
    if (!answer)
        return code;
    if (invocation->json)
        connection_print_json(answer);
    else
        print_answer(invocation, answer);
    code = is_done(answer) ? EXIT_DONE : EXIT_NO;
    json_decref(answer);
    return code;
}

const struct command command_reload = {
    .name = "reload",
    .operands = "",
    .summary = "Has the running bus take its configuration anew",
    .help = "The file is checked first. With a single mistake in it nothing is changed: all\n"
            "of them are printed, and the exit code is 1. Else a sink whose section, secrets\n"
            "or plugin changed finishes what is in flight, in five seconds at most, and\n"
            "begins anew; all others go on without a break. A line for the door to the\n"
            "network and for each sink says what became of it. The exit code is 0 once the\n"
            "new configuration is in force, also when a sink could not open: that stands below\n"
            "its line, and it is tried again; `affnotify status --check` is for monitoring. It\n"
            "is 1 when the door did not take its certificate, its key or its secrets, or is\n"
            "closed. In [bus], what cannot change while affnotifyd runs is a mistake: state,\n"
            "socket, spool, publishers, operators, listen, admin_listen, cores.\n",
    .config_help = "where the bus is; it must be its own file",
    .options = (const struct command_option[]){{0}},
    .run = run,
};
