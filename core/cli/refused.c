/*
 * affnotify refused: what was refused at the door and kept, newest first; one of them whole; taken in
 * after mending, or dropped.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/error.h"
#include "core/base/memory.h"
#include "core/cli/command.h"
#include "core/cli/connection.h"
#include "core/cli/listing.h"
#include "core/cli/moment.h"
#include "core/cli/show.h"
#include "core/cli/table.h"
#include "core/config/value.h"

enum { OPTION_LIMIT, OPTION_ALL, OPTION_ACCEPT, OPTION_SET, OPTION_DROP };

static const struct command_option options[] = {
    [OPTION_LIMIT] = {.name = "limit", .argument = "N", .help = "show so many; else 20"},
    [OPTION_ALL] = {.name = "all", .help = "show all of them"},
    [OPTION_ACCEPT] = {.name = "accept",
                       .argument = "NUMBER",
                       .help = "take this one in, as it came but for what --set says"},
    [OPTION_SET] = {.name = "set",
                    .argument = "F=V",
                    .help = "a field and its value instead; may be given often",
                    .repeats = true},
    [OPTION_DROP] = {.name = "drop", .argument = "NUMBER", .help = "give this one up for good"},
    {0},
};

enum { COLUMNS = 6 };

static const struct table_column columns[COLUMNS] = {
    {"NUMBER", true}, {"RECEIVED (UTC)", false}, {"FROM", false},
    {"FIELD", false}, {"RULE", false},           {"VALUE", false},
};

/* ---- The list ---- */

static void print(void *context, const json_t *rows)
{
    struct table *table = context;
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        char *cells[COLUMNS] = {
            show_member(row, "number"), moment_member(row, "received"), show_member(row, "source"),
            show_member(row, "field"),  show_member(row, "rule"),       show_member(row, "value"),
        };
        table_add_row(table, cells);
    }
    table_print(table, show_styled(stdout), stdout);
}

static void end(void *context)
{
    (void)context;
    puts("\nTo see one whole: affnotify refused NUMBER\n"
         "To take it in: affnotify refused --accept NUMBER --set email=ada@example.com");
}

static int list(const struct invocation *invocation)
{
    struct table table;
    struct listing listing = {
        .rows = "refused",
        .go_on = "before",
        .since_unix_ms = INT64_MIN,
        .when_empty = "Nothing that was refused is kept.",
        .print = print,
        .end = end,
        .context = &table,
    };
    int code = listing_read_limit(invocation, invocation->values[OPTION_LIMIT],
                                  invocation->values[OPTION_ALL], &listing.limit);
    if (code != EXIT_DONE)
        return code;
    listing.request = json_pack("{s:s}", "command", "refused");
    table_init(&table, columns, COLUMNS);
    table_fit(&table, show_columns(stdout), 0, 0);
    code = listing_run(invocation, &listing);
    table_finish(&table);
    return code;
}

/* ---- One of them ---- */

/* The request for one command about one number; NULL when the usage message was shown. */
static json_t *request_about(const struct invocation *invocation, const char *command,
                             const char *word)
{
    int64_t number;
    struct error error;
    if (value_int(word, 1, INT64_MAX, &number, &error) == 0)
        return json_pack("{s:s, s:I}", "command", command, "number", (json_int_t)number);
    command_usage(invocation, "“%s” is not a number of the list", word);
    return NULL;
}

static int show(const struct invocation *invocation)
{
    static const struct {
        const char *label;
        const char *member;
    } lines[] = {{"number", "number"}, {"received", "received"}, {"from", "source"},
                 {"field", "field"},   {"rule", "rule"},         {"what is wrong", "message"},
                 {"bytes", "bytes"}};
    int code;
    json_t *request = request_about(invocation, "refused", invocation->operands[0]);
    if (!request)
        return EXIT_USAGE;
    json_t *answer = connection_command(invocation, request, &code);
    for (size_t i = 0; answer && i < sizeof lines / sizeof *lines; i++) {
        char *value = show_member(answer, lines[i].member);
        printf("%-13s %s\n", lines[i].label, *value ? value : "-");
        free(value);
    }
    char *raw = show_member(answer, "raw");
    if (answer)
        printf("\n%s\n", raw);
    free(raw);
    json_decref(answer);
    return code;
}

/* "email=ada@example.com" and so on, as an object; NULL when the usage message was shown. */
static json_t *read_set(const struct invocation *invocation)
{
    json_t *set = json_object();
    for (int i = 0; i < invocation->repeated_count; i++) {
        const char *word = invocation->repeated[i];
        const char *equals = strchr(word, '=');
        char *name = memory_text_part(word, equals ? (size_t)(equals - word) : 0);
        int result = equals && *name ? json_object_set_new(set, name, json_string(equals + 1)) : -1;
        free(name);
        if (result == 0)
            continue;
        command_usage(invocation,
                      "--set: “%s” is not a field and its value, like email=E, in UTF-8", word);
        json_decref(set);
        return NULL;
    }
    return set;
}

static int accept(const struct invocation *invocation)
{
    int code;
    json_t *request = request_about(invocation, "accept", invocation->values[OPTION_ACCEPT]);
    json_t *set = request ? read_set(invocation) : NULL;
    if (!set) {
        json_decref(request);
        return EXIT_USAGE;
    }
    json_object_set_new(request, "set", set);
    json_t *answer = connection_command(invocation, request, &code);
    char *id = show_member(answer, "id");
    if (answer)
        puts(id);
    if (json_is_false(json_object_get(answer, "new")))
        command_say(invocation, "this event was known already");
    free(id);
    json_decref(answer);
    return code;
}

static int drop(const struct invocation *invocation)
{
    int code;
    json_t *request = request_about(invocation, "discard", invocation->values[OPTION_DROP]);
    if (!request)
        return EXIT_USAGE;
    json_t *answer = connection_command(invocation, request, &code);
    if (answer)
        printf("%s is dropped\n", invocation->values[OPTION_DROP]);
    json_decref(answer);
    return code;
}

static int run(const struct invocation *invocation)
{
    const char *const *values = invocation->values;
    bool lists = values[OPTION_LIMIT] || values[OPTION_ALL];
    int deeds = (invocation->operand_count > 0) + (values[OPTION_ACCEPT] != NULL) +
                (values[OPTION_DROP] != NULL) + lists;
    if (deeds > 1)
        return command_usage(invocation,
                             "NUMBER, --accept, --drop and the list (--limit, --all) exclude each "
                             "other");
    if (values[OPTION_SET] && !values[OPTION_ACCEPT])
        return command_usage(invocation, "--set goes with --accept");
    if (values[OPTION_ACCEPT])
        return accept(invocation);
    if (values[OPTION_DROP])
        return drop(invocation);
    return invocation->operand_count > 0 ? show(invocation) : list(invocation);
}

const struct command command_refused = {
    .name = "refused",
    .operands = "[NUMBER]",
    .operands_max = 1,
    .summary = "Lists what was refused and kept; takes it in after mending",
    .help =
        "An upstream that never tries again would have lost it: a webhook that broke a rule, or\n"
        "a line of the spool. With NUMBER, that one is shown whole. One without a time is taken\n"
        "in with the time at which it came. The newest 10,000 are kept, 64 KiB of each.\n",
    .options = options,
    .run = run,
};
