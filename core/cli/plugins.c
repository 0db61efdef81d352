/* affnotify plugins: the plugins that can be had, and which sinks use them. */
#include <stdlib.h>

#include "core/base/limits.h"
#include "core/base/memory.h"
#include "core/cli/command.h"
#include "core/cli/connection.h"
#include "core/cli/errand.h"
#include "core/cli/show.h"
#include "core/cli/table.h"

static const struct table_column columns[] = {
    {"NAME", false},
    {"VERSION", false},
    {"KIND", false},
    {"SINKS", false},
};

#define COLUMNS (sizeof columns / sizeof *columns)

static char *kind_of(const json_t *plugin)
{
    const json_t *requests = json_object_get(plugin, "requests");
    if (!json_is_boolean(requests))
        return memory_text("");
    return memory_text(json_is_true(requests) ? "requests" : "delivers");
}

static void add_plugin(struct table *table, const json_t *plugin)
{
    char *error = show_member(plugin, "error");
    char *path = show_member(plugin, "path");
    char *cells[COLUMNS] = {
        show_member(plugin, "name"),
        show_member(plugin, "version"),
        kind_of(plugin),
        show_list(json_object_get(plugin, "sinks"), " "),
    };
    table_add_row(table, cells);
    char *summary = show_member(plugin, "summary");
    if (*summary)
        table_add_note(table, memory_text(summary));
    if (*error)
        table_add_note(table, memory_format("cannot be loaded: %s", error));
    if (json_is_true(json_object_get(plugin, "hidden")))
        table_add_note(table, memory_format("%s: by this path only; its name means another", path));
    free(summary);
    free(error);
    free(path);
}

static int run(const struct invocation *invocation)
{
    static const char *const arguments[] = {"--plugins", NULL};
    struct errand errand = {
        .request = json_pack("{s:s}", "command", "plugins"),
        .arguments = arguments,
        .timeout_ms = TRIAL_TIMEOUT_MS,
        .bus_optional = true,
        .bus_knows_more = true,
    };
    int code;
    json_t *answer = errand_command(invocation, &errand, &code);
    if (answer && !invocation->json) {
        const json_t *plugins = json_object_get(answer, "plugins");
        struct table table;
        table_init(&table, columns, COLUMNS);
        for (size_t i = 0; i < json_array_size(plugins); i++)
            add_plugin(&table, json_array_get(plugins, i));
        if (table.line_count > 0)
            table_print(&table, show_styled(stdout), stdout);
        else
            puts("No plugin was found: there is no .so in a directory of `plugins`, nor built in.");
        table_finish(&table);
    }
    json_decref(answer);
    return code;
}

const struct command command_plugins = {
    .name = "plugins",
    .operands = "",
    .summary = "Lists the plugins, and which sinks use them",
    .help = "KIND: `requests` describes HTTP requests or mails, and affnotify sends them;\n"
            "`delivers` does all by itself. With -c the plugins of that file are listed,\n"
            "without it the running bus's, and without a bus the built-in ones.\n",
    .config_help = "for the plugins of this file; else of the running bus",
    .options = (const struct command_option[]){{0}},
    .run = run,
};
