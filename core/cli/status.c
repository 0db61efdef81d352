/* affnotify status: the bus and a line for each sink, with what went wrong last and what to do. */
#include <stdlib.h>

#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/cli/command.h"
#include "core/cli/connection.h"
#include "core/cli/show.h"
#include "core/cli/table.h"

static const struct table_column columns[] = {
    {"SINK", false},  {"PLUGIN", false},   {"STATE", false},    {"PENDING", true},
    {"OLDEST", true}, {"IN FLIGHT", true}, {"DELIVERED", true}, {"DEAD", true},
};

#define COLUMNS (sizeof columns / sizeof *columns)

static void print_bus(const json_t *bus, int64_t now_unix_ms)
{
    char *version = show_member(bus, "version");
    char *pid = show_member(bus, "pid");
    char *config = show_member(bus, "config");
    char *journal = show_member(bus, "journal");
    char *accepted = show_member(bus, "accepted");
    char *age = show_member_age(bus, "started", now_unix_ms);
    printf("affnotifyd %s, process %s, up for %s\n", version, pid, *age ? age : "?");
    printf("configuration %s, journal %s\n", config, journal);
    printf("%s events accepted\n", accepted);
    json_int_t refused = json_integer_value(json_object_get(bus, "refused"));
    if (refused > 0)
        printf("%lld lines of the spool were refused and are kept; the log says why\n",
               (long long)refused);
    putchar('\n');
    free(version);
    free(pid);
    free(config);
    free(journal);
    free(accepted);
    free(age);
}

static void add_notes(struct table *table, const json_t *sink, int64_t now_unix_ms)
{
    char *name = show_member(sink, "name");
    char *error = show_member(sink, "error");
    char *remedy = show_member(sink, "remedy");
    char *age = show_member_age(sink, "error_at", now_unix_ms);
    if (*error && *age)
        table_add_note(table, memory_format("%s ago: %s", age, error));
    else if (*error)
        table_add_note(table, memory_text(error));
    if (*remedy)
        table_add_note(table, memory_format("what to do: %s", remedy));
    if (json_integer_value(json_object_get(sink, "dead")) > 0)
        table_add_note(table, memory_format("dead letters: affnotify dead --sink %s", name));
    free(name);
    free(error);
    free(remedy);
    free(age);
}

static void print_sinks(const json_t *sinks, int64_t now_unix_ms)
{
    struct table table;
    table_init(&table, columns, COLUMNS);
    table_fit(&table, show_columns(stdout), 0, 0);
    for (size_t i = 0; i < json_array_size(sinks); i++) {
        const json_t *sink = json_array_get(sinks, i);
        char *cells[COLUMNS] = {
            show_member(sink, "name"),
            show_member(sink, "plugin"),
            show_member(sink, "state"),
            show_member(sink, "pending"),
            show_member_age(sink, "oldest", now_unix_ms),
            show_member(sink, "in_flight"),
            show_member(sink, "delivered"),
            show_member(sink, "dead"),
        };
        table_add_row(&table, cells);
        add_notes(&table, sink, now_unix_ms);
    }
    if (table.line_count > 0)
        table_print(&table, show_styled(stdout), stdout);
    else
        puts("No sink is configured: add a section [sink:NAME] with plugin = …");
    table_finish(&table);
}

static int run(const struct invocation *invocation)
{
    int code;
    json_t *answer = connection_command(invocation, json_pack("{s:s}", "command", "status"), &code);
    if (answer) {
        int64_t now_unix_ms = clock_unix_ms();
        print_bus(json_object_get(answer, "bus"), now_unix_ms);
        print_sinks(json_object_get(answer, "sinks"), now_unix_ms);
        json_decref(answer);
    }
    return code;
}

const struct command command_status = {
    .name = "status",
    .operands = "",
    .summary = "Tells how the bus and each of its sinks fare",
    .help = "Below a sink stands what failed last and what to do about it. The exit code is 0 "
            "whenever\n"
            "the bus answers, whatever the sinks' state.\n",
    .options = (const struct command_option[]){{0}},
    .run = run,
};
