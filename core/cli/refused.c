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
#include "core/base/text.h"
#include "core/cli/accept.h"
#include "core/cli/choice.h"
#include "core/cli/command.h"
#include "core/cli/connection.h"
#include "core/cli/listing.h"
#include "core/cli/moment.h"
#include "core/cli/show.h"
#include "core/cli/table.h"
#include "core/cli/wrap.h"
#include "core/config/value.h"

enum {
    OPTION_LIMIT,
    OPTION_ALL,
    OPTION_FIELD,
    OPTION_RULE,
    OPTION_ACCEPT,
    OPTION_SET,
    OPTION_SUPERSEDED,
    OPTION_YES,
    OPTION_DROP,
};

static const struct command_option options[] = {
    [OPTION_LIMIT] = {.name = "limit", .argument = "N", .help = "show so many; else 20"},
    [OPTION_ALL] = {.name = "all", .help = "show all of them"},
    [OPTION_FIELD] = {.name = "field", .argument = "F", .help = "only where this field was wrong"},
    [OPTION_RULE] = {.name = "rule", .argument = "R", .help = "only where this rule was broken"},
    [OPTION_ACCEPT] = {.name = "accept",
                       .argument = "WHICH",
                       .help = "take these in, as they came but for what --set says: 17, or "
                               "15,16,20, or all, which may be narrowed down by --field and "
                               "--rule and is asked for"},
    [OPTION_SET] = {.name = "set",
                    .argument = "F=V",
                    .help = "a field and its value instead, may be given often; via= and the like "
                            "leave it out, but deep_link= says that there is none",
                    .repeats = true},
    [OPTION_SUPERSEDED] = {.name = "superseded",
                           .help =
                               "take in also what a later event of its affiliate has overtaken"},
    [OPTION_YES] = CHOICE_YES,
    [OPTION_DROP] = {.name = "drop", .argument = "NUMBER", .help = "give this one up for good"},
    {0},
};

enum { COLUMNS = 7 };

/* The address stands last: it may be wide, and run from right to left. */
static const struct table_column columns[COLUMNS] = {
    {"NUMBER", true}, {"RECEIVED (UTC)", false}, {"FROM", false},   {"FIELD", false},
    {"RULE", false},  {"VALUE", false},          {"E-MAIL", false},
};

/* On a terminal: where one came from is left to `refused NUMBER`. */
enum { NARROW_BELOW = 4, NARROW_COLUMNS };

static const struct table_column narrow_columns[NARROW_COLUMNS] = {
    {"NUMBER", true},
    {"RECEIVED (UTC)", false},
    {"FIELD", false},
    {"RULE", false},
    [NARROW_BELOW] = {"E-MAIL AND VALUE", false},
};

#define WIDE_COLUMNS  160 /* what a row with all of them needs */
#define LABEL_COLUMNS 14  /* of one shown whole: before the values */
#define NOTE_COLUMNS  8   /* of the terminal: what is below a row is indented */

/* ---- The list ---- */

struct rows {
    struct table table;
    size_t terminal_columns; /* where they are too few; else 0 */
};

/* What stands below a row: whom it is about and what broke the rule, no more than fits. */
static char *below(const json_t *row, size_t terminal_columns)
{
    size_t room =
        terminal_columns > 2 * NOTE_COLUMNS ? terminal_columns - NOTE_COLUMNS : NOTE_COLUMNS;
    char *value = show_member(row, "value");
    char *email = show_member(row, "email");
    char *both = *email && *value && !text_equal(email, value)
                     ? memory_format("%s: %s", email, value)
                     : memory_text(*email ? email : value);
    char *shown = show_width(both) <= room
                      ? memory_text(both)
                      : memory_format("%.*s…", (int)text_cut(both, room), both);
    free(both);
    free(email);
    free(value);
    return shown;
}

static void add_row(struct rows *rows, const json_t *row)
{
    size_t terminal_columns = rows->terminal_columns;
    char *cells[COLUMNS];
    size_t count = 0;
    cells[count++] = show_member(row, "number");
    cells[count++] = moment_member(row, "received");
    if (!terminal_columns)
        cells[count++] = show_member(row, "source");
    cells[count++] = show_member(row, "field");
    cells[count++] = show_member(row, "rule");
    cells[count++] = terminal_columns ? below(row, terminal_columns) : show_member(row, "value");
    if (!terminal_columns)
        cells[count++] = show_member(row, "email");
    table_add_row(&rows->table, cells);
}

static void print(void *context, const json_t *page)
{
    struct rows *rows = context;
    for (size_t i = 0; i < json_array_size(page); i++)
        add_row(rows, json_array_get(page, i));
    table_print(&rows->table, show_styled(stdout), stdout);
}

static void init_rows(struct rows *rows)
{
    size_t terminal_columns = show_columns(stdout);
    bool is_narrow = terminal_columns > 0 && terminal_columns < WIDE_COLUMNS;
    rows->terminal_columns = is_narrow ? terminal_columns : 0;
    table_init(&rows->table, is_narrow ? narrow_columns : columns,
               is_narrow ? NARROW_COLUMNS : COLUMNS);
    if (is_narrow)
        table_fit(&rows->table, terminal_columns, WIDE_COLUMNS, NARROW_BELOW);
}

static void end(void *context)
{
    (void)context;
    puts("\nTo see one whole: affnotify refused NUMBER\n"
         "To take it in: affnotify refused --accept NUMBER --set email=ada@example.com");
}

/* What --field and --rule say; false when the usage message was shown. */
static bool add_filter(const struct invocation *invocation, json_t *request)
{
    for (int i = OPTION_FIELD; i <= OPTION_RULE; i++) {
        const char *value = invocation->values[i];
        if (value && json_object_set_new(request, options[i].name, json_string(value)) < 0) {
            command_usage(invocation, "--%s: what stands there is not valid UTF-8",
                          options[i].name);
            return false;
        }
    }
    return true;
}

static int list(const struct invocation *invocation)
{
    struct rows rows;
    struct listing listing = {
        .rows = "refused",
        .go_on = "before",
        .since_unix_ms = INT64_MIN,
        .when_empty = "Nothing that was refused is kept.",
        .print = print,
        .end = end,
        .context = &rows,
    };
    int code = listing_read_limit(invocation, invocation->values[OPTION_LIMIT],
                                  invocation->values[OPTION_ALL], &listing.limit);
    if (code != EXIT_DONE)
        return code;
    listing.request = json_pack("{s:s}", "command", "refused");
    if (!add_filter(invocation, listing.request)) {
        json_decref(listing.request);
        return EXIT_USAGE;
    }
    init_rows(&rows);
    code = listing_run(invocation, &listing);
    table_finish(&rows.table);
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
    } lines[] = {{"number", "number"},         {"received", "received"}, {"from", "source"},
                 {"e-mail", "email"},          {"field", "field"},       {"rule", "rule"},
                 {"what is wrong", "message"}, {"bytes", "bytes"}};
    int code;
    json_t *request = request_about(invocation, "refused", invocation->operands[0]);
    if (!request)
        return EXIT_USAGE;
    json_t *answer = connection_command(invocation, request, &code);
    for (size_t i = 0; answer && i < sizeof lines / sizeof *lines; i++) {
        char *value = show_member(answer, lines[i].member);
        printf("%-*s", LABEL_COLUMNS, lines[i].label);
        wrap_words(stdout, *value ? value : "-", LABEL_COLUMNS, LABEL_COLUMNS,
                   show_columns(stdout));
        free(value);
    }
    char *raw = show_member(answer, "raw");
    if (answer)
        printf("\n%s\n", raw);
    free(raw);
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
    const char *which = values[OPTION_ACCEPT];
    bool lists = values[OPTION_LIMIT] || values[OPTION_ALL];
    bool filters = values[OPTION_FIELD] || values[OPTION_RULE];
    int deeds =
        (invocation->operand_count > 0) + (which != NULL) + (values[OPTION_DROP] != NULL) + lists;
    if (deeds > 1)
        return command_usage(invocation,
                             "NUMBER, --accept, --drop and the list (--limit, --all) exclude each "
                             "other");
    if ((values[OPTION_SET] || values[OPTION_SUPERSEDED] || values[OPTION_YES]) && !which)
        return command_usage(invocation, "--set, --superseded and --yes go with --accept");
    if (filters &&
        (values[OPTION_DROP] || invocation->operand_count > 0 || (which && !accept_is_all(which))))
        return command_usage(invocation, "--field and --rule go with the list and --accept all");
    if (which)
        return accept_run(invocation, &(struct accept){.which = which,
                                                       .field = values[OPTION_FIELD],
                                                       .rule = values[OPTION_RULE],
                                                       .superseded = values[OPTION_SUPERSEDED],
                                                       .yes = values[OPTION_YES]});
    if (values[OPTION_DROP])
        return drop(invocation);
    return invocation->operand_count > 0 ? show(invocation) : list(invocation);
}

const struct command command_refused = {
    .name = "refused",
    .operands = "[NUMBER]",
    .operands_max = 1,
    .summary = "Lists what was refused and kept; takes it in after mending",
    .help = "An upstream that never tries again would have lost it: a webhook that broke a rule, "
            "or a line of the spool. With NUMBER, that one is shown whole. One without a time is "
            "taken in with the time at which it came. What would undo a later event of its "
            "affiliate stays, unless --superseded is given. The newest 10,000 are kept, 64 KiB of "
            "each; the same input again, by the same Idempotency-Key, takes the place of the one "
            "before.\n",
    .options = options,
    .run = run,
};
