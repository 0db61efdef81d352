/* affnotify trace ID: one event and what became of it in every sink. */
#include <stdlib.h>

#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/cli/choice.h"
#include "core/cli/command.h"
#include "core/cli/connection.h"
#include "core/cli/moment.h"
#include "core/cli/personal.h"
#include "core/cli/show.h"
#include "core/cli/table.h"

static const struct table_column columns[] = {
    {"SINK", false}, {"STATE", false}, {"VERDICT", false}, {"ATTEMPTS", true},
    {"CODE", true},  {"TOOK", true},   {"AT", false},
};

#define COLUMNS (sizeof columns / sizeof *columns)

static void print_line(const char *label, const json_t *object, const char *key)
{
    char *value = show_member(object, key);
    printf("%-13s %s\n", label, *value ? value : "-");
    free(value);
}

static void print_event(const json_t *answer)
{
    const json_t *event = json_object_get(answer, "event");
    print_line("ID", answer, "id");
    print_line("event", event, "event");
    print_line("affiliate ID", event, "affiliate_id");
    print_line("e-mail", event, "email");
    print_line("deep link", event, "deep_link");
    print_line("occurred at", event, "occurred_at");
    print_line("received", answer, "received");
    print_line("via", answer, "via");
}

/* A number as a cell; zero, which stands for none, is left out. */
static char *number_cell(const json_t *delivery, const char *key, const char *unit)
{
    json_int_t number = json_integer_value(json_object_get(delivery, key));
    return number ? memory_format("%" JSON_INTEGER_FORMAT "%s", number, unit) : memory_text("");
}

static void add_note(struct table *table, const json_t *delivery, const char *key,
                     const char *before)
{
    char *text = show_member(delivery, key);
    if (*text)
        table_add_note(table, memory_format("%s%s", before, text));
    free(text);
}

/* "attempt 2, made 3 times, last at 2026-03-18 12:00:01: DOWN, 12 ms: connection refused" */
static void add_attempt(struct table *table, const json_t *attempt)
{
    json_int_t times = json_integer_value(json_object_get(attempt, "times"));
    char *number = show_member(attempt, "attempt");
    char *at = moment_member(attempt, "at");
    char *verdict = show_member(attempt, "verdict");
    char *code = number_cell(attempt, "code", "");
    char *took = show_member(attempt, "ms");
    char *what = show_member(attempt, "what");
    char *made =
        times > 1 ? memory_format(", made %lld times, last", (long long)times) : memory_text("");
    table_add_note(table, memory_format("attempt %s%s at %s: %s%s%s, %s ms%s%s", number, made, at,
                                        *verdict ? verdict : "no verdict", *code ? " " : "", code,
                                        took, *what ? ": " : "", what));
    char *all[] = {number, at, verdict, code, took, what, made};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
}

/* When an attempt comes next, as a part of a sentence; "" when that is not known. */
static char *next_attempt(const json_t *object, int64_t now_unix_ms)
{
    int64_t next_unix_ms;
    if (moment_read(object, "next", &next_unix_ms) < 0)
        return memory_text("");
    if (next_unix_ms <= now_unix_ms)
        return memory_text("next as soon as the sink may");
    char *left = show_span(next_unix_ms - now_unix_ms);
    char *text = memory_format("next in %s", left);
    free(left);
    return text;
}

static void add_prospects(struct table *table, const json_t *delivery, int64_t now_unix_ms)
{
    if (json_is_true(json_object_get(delivery, "replay")))
        table_add_note(table, memory_text("sent again, because an operator asked for it"));
    char *next = next_attempt(delivery, now_unix_ms);
    if (*next)
        table_add_note(table, memory_text(next));
    free(next);
    const json_t *behind = json_object_get(delivery, "waits_for");
    if (!json_is_object(behind))
        return;
    json_int_t attempts = json_integer_value(json_object_get(behind, "attempts"));
    char *id = show_member(behind, "id");
    next = next_attempt(behind, now_unix_ms);
    table_add_note(table, memory_format("waits for %s (attempt %lld%s%s)", id,
                                        (long long)attempts + 1, *next ? ", " : "", next));
    free(id);
    free(next);
}

static void add_notes(struct table *table, const json_t *delivery, int64_t now_unix_ms)
{
    const json_t *attempts = json_object_get(delivery, "attempts_made");
    for (size_t i = 0; i < json_array_size(attempts); i++)
        add_attempt(table, json_array_get(attempts, i));
    add_note(table, delivery, "what", "");
    add_note(table, delivery, "remedy", "what to do: ");
    add_prospects(table, delivery, now_unix_ms);
}

static void print_deliveries(const json_t *answer)
{
    const json_t *deliveries = json_object_get(answer, "deliveries");
    int64_t now_unix_ms = clock_unix_ms();
    struct table table;
    table_init(&table, columns, COLUMNS);
    table_fit(&table, show_columns(stdout), 0, 0);
    for (size_t i = 0; i < json_array_size(deliveries); i++) {
        const json_t *delivery = json_array_get(deliveries, i);
        char *cells[COLUMNS] = {
            show_member(delivery, "sink"),     show_member(delivery, "state"),
            show_member(delivery, "verdict"),  number_cell(delivery, "attempts", ""),
            number_cell(delivery, "code", ""), number_cell(delivery, "ms", " ms"),
            show_member(delivery, "at"),
        };
        table_add_row(&table, cells);
        add_notes(&table, delivery, now_unix_ms);
    }
    if (table.line_count > 0) {
        putchar('\n');
        table_print(&table, show_styled(stdout), stdout);
    } else {
        puts("\nNo sink is configured.");
    }
    table_finish(&table);
}

static int run(const struct invocation *invocation)
{
    if (choice_is_address(invocation, invocation->operands[0]))
        return EXIT_USAGE;
    json_t *request = json_pack("{s:s, s:s}", "command", "trace", "id", invocation->operands[0]);
    if (!request)
        return command_usage(invocation, "the ID is not valid UTF-8");
    int code;
    json_t *answer = connection_command(invocation, request, &code);
    if (answer) {
        personal_hide(answer);
        print_event(answer);
        print_deliveries(answer);
        json_decref(answer);
    }
    return code;
}

const struct command command_trace = {
    .name = "trace",
    .operands = "ID",
    .operands_min = 1,
    .operands_max = 1,
    .summary = "Tells what became of one event in every sink",
    .help = "ID is an event's, as emit prints it: evt_ and 32 hex digits. Below a sink stand the\n"
            "attempts that did not deliver, when the next comes, and which event of the same\n"
            "affiliate has to go first.\n",
    .options = (const struct command_option[]){{0}},
    .run = run,
};
