/* affnotify status: the bus and a line for each sink, with what went wrong last and what to do. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/limits.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/cli/command.h"
#include "core/cli/connection.h"
#include "core/cli/moment.h"
#include "core/cli/show.h"
#include "core/cli/table.h"
#include "core/cli/wrap.h"

enum { OPTION_CHECK };

static const struct command_option options[] = {
    [OPTION_CHECK] = {.name = "check", .help = "exit with 1 when a sink needs somebody"},
    {0},
};

static const struct table_column columns[] = {
    {"SINK", false},  {"PLUGIN", false},   {"STATE", false},    {"PENDING", true},
    {"OLDEST", true}, {"IN FLIGHT", true}, {"DELIVERED", true}, {"DEAD", true},
};

#define COLUMNS (sizeof columns / sizeof *columns)

/* ---- The bus ---- */

static char *tell_listener(const json_t *listener)
{
    char *url = show_member(listener, "url");
    char *state = show_member(listener, "state");
    char *error = show_member(listener, "error");
    char *text;
    if (!text_equal(state, "open"))
        text = memory_format("%s is %s%s%s", url, state, *error ? ": " : "", error);
    else if (*error)
        text = memory_format("listens on %s with what it had: %s", url, error);
    else
        text = memory_format("listens on %s", url);
    free(url);
    free(state);
    free(error);
    return text;
}

/* The door to the network, if there is to be one. */
static void print_door(const json_t *door)
{
    const json_t *listeners = json_object_get(door, "listeners");
    for (size_t i = 0; i < json_array_size(listeners); i++) {
        char *text = tell_listener(json_array_get(listeners, i));
        wrap_words(stdout, text, 0, 0, show_columns(stdout));
        free(text);
    }
    char *refused = show_member(door, "refused");
    char *text = memory_format("the last reload was refused: %s", refused);
    if (*refused)
        wrap_words(stdout, text, 0, 0, show_columns(stdout));
    free(refused);
    free(text);
}

static void print_bus(const json_t *bus, int64_t now_unix_ms)
{
    char *version = show_member(bus, "version");
    char *pid = show_member(bus, "pid");
    char *config = show_member(bus, "config");
    char *journal = show_member(bus, "journal");
    char *accepted = show_member(bus, "accepted");
    char *age = show_member_age(bus, "started", now_unix_ms);
    printf("affnotifyd %s, process %s, up for %s\n", version, pid, *age ? age : "?");
    char *files = memory_format("configuration %s, journal %s", config, journal);
    wrap_words(stdout, files, 0, 0, show_columns(stdout));
    printf("%s event%s accepted\n", accepted, text_equal(accepted, "1") ? "" : "s");
    json_int_t refused = json_integer_value(json_object_get(bus, "refused"));
    if (refused > 0)
        printf("%lld input%s refused and kept: affnotify refused lists them\n", (long long)refused,
               refused == 1 ? " was" : "s were");
    char *trouble = show_member(bus, "trouble");
    if (*trouble) {
        char *sentence = memory_format("no event is taken now: %s", trouble);
        wrap_words(stdout, sentence, 0, 0, show_columns(stdout));
        free(sentence);
    }
    free(trouble);
    print_door(json_object_get(bus, "http"));
    char *note = show_member(bus, "note");
    if (*note)
        wrap_words(stdout, note, 0, 0, show_columns(stdout));
    free(note);
    putchar('\n');
    free(version);
    free(pid);
    free(files);
    free(config);
    free(journal);
    free(accepted);
    free(age);
}

/* ---- What stands below a sink ---- */

/* "held until 14:02 UTC, in 12 min", or "held" when it does not end by time, or its time is over. */
static char *held_until(const json_t *sink, int64_t now_unix_ms)
{
    int64_t until_unix_ms;
    if (moment_read(sink, "until", &until_unix_ms) < 0 || until_unix_ms <= now_unix_ms)
        return memory_text("held");
    char *until = moment_ahead(until_unix_ms, now_unix_ms);
    char *left = show_span(until_unix_ms - now_unix_ms);
    char *text = memory_format("held until %s, in %s", until, left);
    free(until);
    free(left);
    return text;
}

static void add_held(struct table *table, const json_t *sink, int64_t now_unix_ms)
{
    char *name = show_member(sink, "name");
    char *error = show_member(sink, "error");
    char *remedy = show_member(sink, "remedy");
    char *held = held_until(sink, now_unix_ms);
    if (json_is_true(json_object_get(sink, "by_hand"))) {
        table_add_note(table, memory_format("%s; %s", error, remedy));
    } else {
        table_add_note(table, memory_format("%s: %s", held,
                                            *error ? error : "the next batch shows how it fares"));
        if (*remedy)
            table_add_note(table, memory_format("what to do: %s", remedy));
        if (!strstr(remedy, "affnotify resume"))
            table_add_note(table, memory_format("`affnotify resume %s` ends the hold early", name));
    }
    free(name);
    free(error);
    free(remedy);
    free(held);
}

static void add_error(struct table *table, const json_t *sink, int64_t now_unix_ms)
{
    char *error = show_member(sink, "error");
    char *remedy = show_member(sink, "remedy");
    char *age = show_member_age(sink, "error_at", now_unix_ms);
    char *failing = show_member_age(sink, "failing_since", now_unix_ms);
    json_int_t attempts = json_integer_value(json_object_get(sink, "failed_attempts"));
    json_int_t since = json_integer_value(json_object_get(sink, "delivered_since"));
    bool is_over = *error && *age && since > 0; /* somebody has seen to it, or nobody had to */
    if (*failing)
        table_add_note(table, memory_format("nothing delivered for %s: %lld attempts failed",
                                            failing, (long long)attempts));
    if (is_over)
        table_add_note(table, memory_format("last failure %s ago, %lld delivered since: %s", age,
                                            (long long)since, error));
    else if (*error && *age && json_is_true(json_object_get(sink, "error_is_old")))
        table_add_note(
            table, memory_format("%s ago, before its settings or secrets changed: %s", age, error));
    else if (*error && *age)
        table_add_note(table, memory_format("%s ago: %s", age, error));
    else if (*error)
        table_add_note(table, memory_text(error));
    if (*remedy && !is_over)
        table_add_note(table, memory_format("what to do: %s", remedy));
    free(error);
    free(remedy);
    free(age);
    free(failing);
}

/* What became of events beside delivery, and what is to come. */
static void add_counts(struct table *table, const json_t *sink, int64_t now_unix_ms)
{
    char *name = show_member(sink, "name");
    json_int_t expired = json_integer_value(json_object_get(sink, "expired"));
    json_int_t skipped = json_integer_value(json_object_get(sink, "skipped"));
    int64_t next_unix_ms;
    if (moment_read(sink, "next", &next_unix_ms) == 0 && next_unix_ms > now_unix_ms) {
        char *left = show_span(next_unix_ms - now_unix_ms);
        table_add_note(table, memory_format("next retry in %s", left));
        free(left);
    }
    if (expired > 0)
        table_add_note(table, memory_format("expired: %lld", (long long)expired));
    if (skipped > 0)
        table_add_note(table, memory_format("skipped: %lld", (long long)skipped));
    if (json_integer_value(json_object_get(sink, "dead")) > 0) {
        table_add_note(table, memory_format("dead letters: affnotify dead --sink %s", name));
        table_add_note(
            table, memory_format("to send them again: affnotify replay --sink %s --dead", name));
    }
    free(name);
}

/* "formulas guarded: 12" */
static void add_own_counts(struct table *table, const json_t *counts)
{
    const char *name;
    const json_t *number;
    json_object_foreach((json_t *)(uintptr_t)counts, name, number)
    {
        if (json_integer_value(number) == 0)
            continue;
        char *shown = show_text(name);
        for (char *at = shown; (at = strchr(at, '_')) != NULL;)
            *at = ' ';
        table_add_note(table,
                       memory_format("%s: %lld", shown, (long long)json_integer_value(number)));
        free(shown);
    }
}

static void add_notes(struct table *table, const json_t *sink, int64_t now_unix_ms)
{
    char *state = show_member(sink, "state");
    char *work = show_member(sink, "at_rest");
    if (*work)
        table_add_note(table, memory_format("nothing goes out at the moment: %s", work));
    free(work);
    if (text_equal(state, "held"))
        add_held(table, sink, now_unix_ms);
    else
        add_error(table, sink, now_unix_ms);
    add_counts(table, sink, now_unix_ms);
    add_own_counts(table, json_object_get(sink, "counts"));
    free(state);
}

/* ---- Sinks ---- */

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

static bool needs_somebody(const json_t *bus, const json_t *sinks)
{
    if (json_is_string(json_object_get(bus, "trouble")) ||
        json_is_true(json_object_get(json_object_get(bus, "http"), "needs_somebody")))
        return true;
    for (size_t i = 0; i < json_array_size(sinks); i++) {
        if (json_is_true(json_object_get(json_array_get(sinks, i), "needs_somebody")))
            return true;
    }
    return false;
}

static int run(const struct invocation *invocation)
{
    int code;
    json_t *answer = connection_answer(invocation, json_pack("{s:s}", "command", "status"),
                                       COMMAND_TIMEOUT_MS, &code);
    if (!answer)
        return code;
    const json_t *sinks = json_object_get(answer, "sinks");
    int64_t now_unix_ms = clock_unix_ms();
    if (!invocation->json) {
        print_bus(json_object_get(answer, "bus"), now_unix_ms);
        print_sinks(sinks, now_unix_ms);
    }
    if (invocation->values[OPTION_CHECK] && needs_somebody(json_object_get(answer, "bus"), sinks))
        code = EXIT_NO;
    json_decref(answer);
    return code;
}

const struct command command_status = {
    .name = "status",
    .operands = "",
    .summary = "Tells how the bus and each of its sinks fare",
    .help =
        "Below a sink stands what is wrong and what to do about it. The exit code is 0 whenever\n"
        "the bus answers, whatever the sinks' state. With --check, for monitoring, it is 1 when a\n"
        "sink needs somebody: it is held because its settings are wrong, or by hand, or for ten\n"
        "minutes; it is open, and for ten minutes every attempt has failed; it is stopped by a\n"
        "mistake, or keeps failing to start; it was removed and has pending events. So it is when\n"
        "the bus takes no event, as with a full disk; and when the door to the network is closed,\n"
        "or did not take the certificate or the secrets that it should have. Dead letters do not\n"
        "count, for they stay; `dead` in --json has them.\n",
    .options = options,
    .run = run,
};
