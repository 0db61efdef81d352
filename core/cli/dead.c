/*
 * affnotify dead: the dead letters, sink by sink, newest first. What happened and what to do stands
 * once below letters that follow each other and share it.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/cli/choice.h"
#include "core/cli/command.h"
#include "core/cli/drop.h"
#include "core/cli/listing.h"
#include "core/cli/moment.h"
#include "core/cli/show.h"
#include "core/cli/table.h"

enum {
    OPTION_SINK,
    OPTION_LIMIT,
    OPTION_ALL,
    OPTION_DROP,
    OPTION_SINCE,
    OPTION_UNTIL,
    OPTION_EVENT,
    OPTION_EMAIL,
    OPTION_YES,
};

static const struct command_option options[] = {
    [OPTION_SINK] = {.name = "sink",
                     .argument = "S",
                     .help = "of this sink only, which may have been removed"},
    [OPTION_LIMIT] = {.name = "limit", .argument = "N", .help = "show so many; else 20"},
    [OPTION_ALL] = {.name = "all", .help = "show all of them"},
    [OPTION_DROP] = {.name = "drop", .help = "drop those of --sink, by these, after a question:"},
    [OPTION_SINCE] = CHOICE_SINCE,
    [OPTION_UNTIL] = CHOICE_UNTIL,
    [OPTION_EVENT] = CHOICE_EVENT,
    [OPTION_EMAIL] = CHOICE_EMAIL,
    [OPTION_YES] = CHOICE_YES,
    {0},
};

enum { COLUMN_ID = 5, COLUMNS = 7 };

static const struct table_column columns[COLUMNS] = {
    {"SINK", false}, {"GIVEN UP (UTC)", false},         {"EVENT", false},  {"VERDICT", false},
    {"CODE", true},  [COLUMN_ID] = {"EVENT ID", false}, {"E-MAIL", false},
};

#define WIDE_COLUMNS 118 /* what a row with a name and an address of usual length needs */

struct letters {
    struct table table;
    /* What the last row said, held back until one says something else. */
    char *sink; /* NULL before the first row */
    char *what;
    char *remedy;
    int64_t run; /* rows that said the same */

    char *first_sink; /* NULL before the first row */
    bool has_several; /* there are letters of others, too */
};

/* Notes what the rows so far have in common. */
static void end_run(struct letters *letters)
{
    if (!letters->sink)
        return;
    char *these =
        letters->run > 1 ? memory_format("these %" PRId64 ": ", letters->run) : memory_text("");
    if (*letters->what)
        table_add_note(&letters->table, memory_format("%s%s", these, letters->what));
    if (*letters->remedy)
        table_add_note(&letters->table, memory_format("what to do: %s", letters->remedy));
    free(these);
    free(letters->sink);
    free(letters->what);
    free(letters->remedy);
    letters->sink = letters->what = letters->remedy = NULL;
    letters->run = 0;
}

/* The sentences of a row; those before are noted when they were others. */
static void take_sentences(struct letters *letters, const json_t *row)
{
    char *sink = show_member(row, "sink");
    char *what = show_member(row, "what");
    char *remedy = show_member(row, "remedy");
    if (letters->sink && !(text_equal(sink, letters->sink) && text_equal(what, letters->what) &&
                           text_equal(remedy, letters->remedy)))
        end_run(letters);
    free(letters->sink);
    free(letters->what);
    free(letters->remedy);
    if (!letters->first_sink)
        letters->first_sink = memory_text(sink);
    letters->has_several |= !text_equal(sink, letters->first_sink);
    letters->sink = sink;
    letters->what = what;
    letters->remedy = remedy;
    letters->run++;
}

static char *sink_cell(const json_t *row)
{
    char *name = show_member(row, "sink");
    if (!json_is_false(json_object_get(row, "configured")))
        return name;
    char *marked = memory_format("%s (removed)", name);
    free(name);
    return marked;
}

static void print(void *context, const json_t *rows)
{
    struct letters *letters = context;
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        const json_t *event = json_object_get(row, "event");
        json_int_t code = json_integer_value(json_object_get(row, "code"));
        char *cells[COLUMNS] = {
            sink_cell(row),
            moment_member(row, "at"),
            show_event_type(event),
            show_member(row, "verdict"),
            code ? show_member(row, "code") : memory_text(""),
            show_member(row, "id"),
            show_member(event, "email"),
        };
        take_sentences(letters, row);
        table_add_row(&letters->table, cells);
    }
    table_print(&letters->table, show_styled(stdout), stdout);
}

static void print_way_back(const struct letters *letters)
{
    const char *sink = letters->has_several ? "SINK" : letters->first_sink;
    if (sink)
        printf("\nTo send them again: affnotify replay --sink %s --dead\n"
               "To give them up: affnotify dead --drop --sink %s\n",
               sink, sink);
}

static void end(void *context)
{
    struct letters *letters = context;
    end_run(letters);
    table_print(&letters->table, false, stdout);
    print_way_back(letters);
}

static int drop(const struct invocation *invocation)
{
    const char *const *values = invocation->values;
    const struct choice choice = {
        .sink = values[OPTION_SINK],
        .since = values[OPTION_SINCE],
        .until = values[OPTION_UNTIL],
        .event = values[OPTION_EVENT],
        .email = values[OPTION_EMAIL],
    };
    if (values[OPTION_LIMIT] || values[OPTION_ALL])
        return command_usage(invocation, "--limit and --all are for the list, not for --drop");
    return drop_run(invocation, &choice, values[OPTION_YES] != NULL);
}

static int run(const struct invocation *invocation)
{
    if (invocation->values[OPTION_DROP])
        return drop(invocation);
    for (int i = OPTION_SINCE; i <= OPTION_YES; i++)
        if (invocation->values[i])
            return command_usage(invocation, "--%s goes with --drop", options[i].name);
    struct letters letters = {.sink = NULL};
    struct listing listing = {
        .rows = "dead",
        .go_on = "after",
        .since_unix_ms = INT64_MIN,
        .when_empty = "There are no dead letters.",
        .print = print,
        .end = end,
        .context = &letters,
    };
    const char *sink = invocation->values[OPTION_SINK];
    int code = listing_read_limit(invocation, invocation->values[OPTION_LIMIT],
                                  invocation->values[OPTION_ALL], &listing.limit);
    if (code != EXIT_DONE)
        return code;
    listing.request = json_pack("{s:s, s:s*}", "command", "dead", "sink", sink);
    if (!listing.request)
        return command_usage(invocation, "--sink: the name is not valid UTF-8");
    table_init(&letters.table, columns, COLUMNS);
    table_fit(&letters.table, show_columns(stdout), WIDE_COLUMNS, COLUMN_ID);
    code = listing_run(invocation, &listing);
    end_run(&letters); /* what is left when a page could not be had */
    free(letters.first_sink);
    table_finish(&letters.table);
    return code;
}

const struct command command_dead = {
    .name = "dead",
    .operands = "",
    .summary = "Lists the dead letters: what could not be delivered, and why",
    .help = "By the sinks' names, newest first within one. A dead letter is an event that a sink\n"
            "refused, or for which its retries are used up. It is sent again when you say so:\n"
            "affnotify replay --sink S --dead. Letters that follow each other and have one reason\n"
            "share the lines that tell it. A letter that is dropped stays in the trace.\n",
    .options = options,
    .run = run,
};
