/*
 * affnotify roster: who is an affiliate now, as the events tell it, in the order in which they came.
 */
#include <stdlib.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/cli/command.h"
#include "core/cli/listing.h"
#include "core/cli/moment.h"
#include "core/cli/roster_csv.h"
#include "core/cli/show.h"
#include "core/cli/table.h"

enum {
    OPTION_STATE,
    OPTION_LIMIT,
    OPTION_ALL,
    OPTION_CSV,
    OPTION_PRESET,
    OPTION_COLUMNS,
    OPTION_SET,
};

static const struct command_option options[] = {
    [OPTION_STATE] = {.name = "state",
                      .argument = "S",
                      .help = "active, inactive or all; else active"},
    [OPTION_LIMIT] = {.name = "limit", .argument = "N", .help = "show so many; else 20"},
    [OPTION_ALL] = {.name = "all", .help = "show all of them"},
    [OPTION_CSV] = {.name = "csv", .help = "a row of CSV for each, all of them"},
    [OPTION_PRESET] = {.name = "preset",
                       .argument = "NAME",
                       .help = "for the import of hubspot, salesforce or pipedrive"},
    [OPTION_COLUMNS] = {.name = "columns",
                        .argument = "LIST",
                        .help = "HEADER:FIELD, with commas between"},
    [OPTION_SET] = {.name = "set",
                    .argument = "KEY=VALUE",
                    .help = "any other key of a csv sink; may be given often",
                    .repeats = true},
    {0},
};

enum { COLUMN_LINK = 3, COLUMNS = 5 };

static const struct table_column columns[COLUMNS] = {
    {"STATE", false},        {"SINCE (UTC)", false},
    {"AFFILIATE ID", false}, [COLUMN_LINK] = {"DEEP LINK", false},
    {"E-MAIL", false},
};

#define WIDE_COLUMNS 110 /* what a row with a link and an address of usual length needs */

static void print(void *context, const json_t *rows)
{
    struct table *table = context;
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        bool is_active = json_is_true(json_object_get(row, "active"));
        char *cells[COLUMNS] = {
            memory_text(is_active ? "active" : "inactive"),
            moment_member(row, "occurred_at"),
            show_member(row, "affiliate_id"),
            show_member(row, "deep_link"),
            show_member(row, "email"),
        };
        table_add_row(table, cells);
    }
    table_print(table, show_styled(stdout), stdout);
}

static int run_csv(const struct invocation *invocation, const char *state)
{
    const char *const *values = invocation->values;
    const struct roster_csv roster = {
        .state = state,
        .preset = values[OPTION_PRESET],
        .columns = values[OPTION_COLUMNS],
        .settings = invocation->repeated,
        .setting_count = invocation->repeated_count,
    };
    if (values[OPTION_LIMIT] || values[OPTION_ALL] || invocation->json)
        return command_usage(invocation, "--csv takes no --limit, --all or --json");
    return roster_csv_run(invocation, &roster);
}

static int run(const struct invocation *invocation)
{
    struct table table;
    struct listing listing = {
        .rows = "roster",
        .go_on = "after",
        .since_unix_ms = INT64_MIN,
        .when_empty = "There is no such affiliate.",
        .print = print,
        .context = &table,
    };
    const char *state = invocation->values[OPTION_STATE];
    int code = listing_read_limit(invocation, invocation->values[OPTION_LIMIT],
                                  invocation->values[OPTION_ALL], &listing.limit);
    if (code != EXIT_DONE)
        return code;
    if (state && !text_equal(state, "active") && !text_equal(state, "inactive") &&
        !text_equal(state, "all"))
        return command_usage(invocation, "--state: “%s” is not active, inactive or all", state);
    if (invocation->values[OPTION_CSV])
        return run_csv(invocation, state ? state : "active");
    if (invocation->values[OPTION_PRESET] || invocation->values[OPTION_COLUMNS] ||
        invocation->repeated_count > 0)
        return command_usage(invocation, "--preset, --columns and --set are for --csv");
    listing.request =
        json_pack("{s:s, s:s}", "command", "roster", "state", state ? state : "active");
    table_init(&table, columns, COLUMNS);
    table_fit(&table, show_columns(stdout), WIDE_COLUMNS, COLUMN_LINK);
    code = listing_run(invocation, &listing);
    table_finish(&table);
    return code;
}

const struct command command_roster = {
    .name = "roster",
    .operands = "",
    .summary = "Lists who is an affiliate now, as the events tell it",
    .help = "What an affiliate is follows the event that came last. SINCE is when that event\n"
            "occurred. `affnotify reconcile` compares it with a dashboard's export.\n"
            "\n"
            "With --csv the rows are those of the csv sink, for a full import: in the form\n"
            "of a CRM, in columns of your own, or as they come. Columns that no event can\n"
            "supply are filled by --set, as in --set fill.last_name=Affiliate.\n",
    .options = options,
    .run = run,
};
