/*
 * affnotify events: what came in, newest first. The e-mail address stands last in a line, since it
 * may be of any width and run from right to left.
 */
#include <stdlib.h>

#include "core/base/clock.h"
#include "core/base/text.h"
#include "core/cli/command.h"
#include "core/cli/event_line.h"
#include "core/cli/listing.h"
#include "core/cli/moment.h"
#include "core/cli/show.h"
#include "core/cli/table.h"

enum { OPTION_LIMIT, OPTION_ALL, OPTION_EMAIL, OPTION_EVENT, OPTION_SINCE };

static const struct command_option options[] = {
    [OPTION_LIMIT] = {.name = "limit", .argument = "N", .help = "show so many; else 20"},
    [OPTION_ALL] = {.name = "all", .help = "show all of them"},
    [OPTION_EMAIL] = {.name = "email", .argument = "E", .help = "of this affiliate only"},
    [OPTION_EVENT] = {.name = "event",
                      .argument = "TYPE",
                      .help = "only created, or only deactivated"},
    [OPTION_SINCE] = {.name = "since",
                      .argument = "T",
                      .help = "that came in since: 2026-03-18, 2026-03-18T12:00:00Z, 2h, 3d"},
    {0},
};

enum { COLUMN_ID = 3, COLUMNS = 5 };

static const struct table_column columns[COLUMNS] = {
    {"RECEIVED (UTC)", false},         {"EVENT", false},  {"AFFILIATE ID", false},
    [COLUMN_ID] = {"EVENT ID", false}, {"E-MAIL", false},
};

#define WIDE_COLUMNS 110 /* what a row with an address of usual length needs */

static void print(void *context, const json_t *rows)
{
    struct table *table = context;
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        const json_t *event = json_object_get(row, "event");
        char *cells[COLUMNS] = {
            moment_member(row, "received"),     show_event_type(event),
            show_member(event, "affiliate_id"), show_member(row, "id"),
            show_member(event, "email"),
        };
        table_add_row(table, cells);
    }
    table_print(table, show_styled(stdout), stdout);
}

/* NULL when the usage message was shown. */
static json_t *make_request(const struct invocation *invocation)
{
    const char *email = invocation->values[OPTION_EMAIL];
    const char *word = invocation->values[OPTION_EVENT];
    const char *type = word ? event_line_type(word) : NULL;
    if (word && !type) {
        command_usage(invocation, "--event: “%s” is not created or deactivated", word);
        return NULL;
    }
    json_t *request = json_pack("{s:s}", "command", "events");
    if (type)
        json_object_set_new(request, "type", json_string(type));
    if (email && json_object_set_new(request, "email", json_string(email)) < 0) {
        command_usage(invocation, "--email: the address is not valid UTF-8");
        json_decref(request);
        return NULL;
    }
    return request;
}

static int run(const struct invocation *invocation)
{
    struct table table;
    struct listing listing = {
        .rows = "events",
        .go_on = "before",
        .since_unix_ms = INT64_MIN,
        .when_empty = "No such event has come in.",
        .print = print,
        .context = &table,
    };
    const char *since = invocation->values[OPTION_SINCE];
    int code = listing_read_limit(invocation, invocation->values[OPTION_LIMIT],
                                  invocation->values[OPTION_ALL], &listing.limit);
    if (code != EXIT_DONE)
        return code;
    if (since && moment_parse(since, clock_unix_ms(), &listing.since_unix_ms) < 0)
        return command_usage(invocation,
                             "--since: “%s” is not a time; write 2026-03-18, 2026-03-18T12:00:00Z, "
                             "or how long ago, like 2h or 3d",
                             since);
    listing.request = make_request(invocation);
    if (!listing.request)
        return EXIT_USAGE;
    table_init(&table, columns, COLUMNS);
    table_fit(&table, show_columns(stdout), WIDE_COLUMNS, COLUMN_ID);
    code = listing_run(invocation, &listing);
    table_finish(&table);
    return code;
}

const struct command command_events = {
    .name = "events",
    .operands = "",
    .summary = "Lists what came in, newest first",
    .help =
        "One line an event; `affnotify trace ID` tells what became of it. --since goes by when\n"
        "it came in, and ends at the first event that is older.\n",
    .options = options,
    .run = run,
};
