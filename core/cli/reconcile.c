/*
 * affnotify reconcile FILE.csv: the difference between a dashboard's export and who is active here,
 * as the events tell it; and, when wanted, the events that are missing, handed in.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "core/base/buffer.h"
#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/limits.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/cli/choice.h"
#include "core/cli/command.h"
#include "core/cli/connection.h"
#include "core/cli/dashboard.h"
#include "core/cli/event_line.h"
#include "core/cli/outcome.h"
#include "core/cli/personal.h"
#include "core/cli/show.h"
#include "core/cli/target.h"
#include "core/event/email.h"
#include "core/wire/line_client.h"

enum {
    OPTION_EMAIL,
    OPTION_ID,
    OPTION_LINK,
    OPTION_STATUS,
    OPTION_ACTIVE,
    OPTION_ONLY,
    OPTION_EMIT,
    OPTION_YES,
    OPTION_ANYWAY,
    OPTION_ALL,
};

static const struct command_option options[] = {
    [OPTION_EMAIL] = {.name = "email-column", .argument = "C", .help = "which has the addresses"},
    [OPTION_ID] = {.name = "id-column", .argument = "C", .help = "which has the affiliate IDs"},
    [OPTION_LINK] = {.name = "link-column", .argument = "C", .help = "which has the deep links"},
    [OPTION_STATUS] = {.name = "status-column",
                       .argument = "C",
                       .help = "which says who is active"},
    [OPTION_ACTIVE] = {.name = "active",
                       .argument = "WORD",
                       .help = "what it says of them, and of nobody else; may be given often",
                       .repeats = true},
    [OPTION_ONLY] = {.name = "only",
                     .argument = "TYPE",
                     .help = "only who is created there, or only who is deactivated"},
    [OPTION_EMIT] = {.name = "emit", .help = "hand in the events that are missing"},
    [OPTION_YES] = CHOICE_YES,
    [OPTION_ANYWAY] = {.name = "deactivate-anyway",
                       .help = "also when rows have no address, and by --yes also more than half "
                               "of those who are active"},
    [OPTION_ALL] = {.name = "all", .help = "name everybody also on a terminal, not only 20"},
    {0},
};

/* One who is on one side only. */
struct missing {
    const char *type; /* of the event that would mend it */
    char *email;
    char *affiliate_id;
    char *deep_link;
    size_t line_number; /* in the file, whatever it says there; 0: it is not there */
};

/* One who is on both sides, with something else than here. */
struct differing {
    char *email;
    const char *what; /* "affiliate ID" or "deep link" */
    char *here;
    char *there;
};

struct work {
    const struct invocation *invocation;
    struct target target;
    struct dashboard dashboard;
    bool wants_created;
    bool wants_deactivated;
    size_t active;
    enum email_shown shown; /* of addresses, but with --json */
    struct missing *missing;
    size_t count;
    size_t created; /* of them */
    struct differing *differing;
    size_t differing_count;
    bool keeps_active; /* who is not in the file is left as it is, and why is said */
    json_t *emitted;   /* NULL while nothing was */
};

/* ---- The difference ---- */

static bool is_created(const struct missing *missing)
{
    return text_equal(missing->type, "affiliate.created");
}

static void add(struct work *work, struct missing missing)
{
    if ((work->count & (work->count - 1)) == 0) /* at each power of two */
        work->missing = memory_resize(work->missing, 2 * work->count + 1, sizeof *work->missing);
    work->created += is_created(&missing);
    work->missing[work->count++] = missing;
}

/* What the file has is compared with what is known here; it need not have it. */
static void compare_text(struct work *work, const json_t *row, const char *member, const char *what,
                         const char *there, int (*compare_with)(const char *, const char *))
{
    char *here = show_member(row, member);
    if (!*there || compare_with(here, there) == 0) {
        free(here);
        return;
    }
    work->differing =
        memory_resize(work->differing, work->differing_count + 1, sizeof *work->differing);
    work->differing[work->differing_count++] = (struct differing){
        .email = show_member(row, "email"), .what = what, .here = here, .there = show_text(there)};
}

/* Somebody of the roster. */
static void compare(struct work *work, const json_t *row)
{
    char email[EMAIL_BYTES_MAX + 1], email_key[EMAIL_BYTES_MAX + 1];
    struct refusal refusal;
    const char *address = json_string_value(json_object_get(row, "email"));
    if (!address || !json_is_true(json_object_get(row, "active")) ||
        email_parse(address, email, email_key, &refusal) < 0)
        return;
    work->active++;
    struct dashboard_row *there = dashboard_find(&work->dashboard, email_key);
    if (there) {
        there->is_active_here = true;
        compare_text(work, row, "affiliate_id", "affiliate ID", there->affiliate_id, strcasecmp);
        compare_text(work, row, "deep_link", "deep link", there->deep_link, strcmp);
    }
    if (work->wants_deactivated && (!there || there->state == DASHBOARD_INACTIVE))
        add(work, (struct missing){
                      .type = "affiliate.deactivated",
                      .email = memory_text(email),
                      .affiliate_id = show_member(row, "affiliate_id"),
                      .deep_link = show_member(row, "deep_link"),
                      .line_number = there ? there->line_number : 0,
                  });
}

/* The whole roster, page by page. EXIT_DONE, or the exit code and it is said. */
static int walk_roster(struct work *work)
{
    struct error error;
    json_int_t after = 0;
    do {
        json_t *request = json_pack("{s:s, s:i}", "command", "roster", "limit", ROSTER_PAGE_MAX);
        if (after)
            json_object_set_new(request, "after", json_integer(after));
        json_t *answer =
            connection_ask(work->target.socket_path, request, COMMAND_TIMEOUT_MS, &error);
        if (!answer) {
            command_say(work->invocation, "%s", error.text);
            return EXIT_UNREACHED;
        }
        bool is_ok = connection_ok(answer);
        if (!is_ok)
            connection_print_refusal(work->invocation, answer);
        work->shown = personal_shown(answer);
        const json_t *rows = json_object_get(answer, "roster");
        for (size_t i = 0; i < json_array_size(rows); i++)
            compare(work, json_array_get(rows, i));
        after = json_integer_value(json_object_get(answer, "next"));
        json_decref(answer);
        if (!is_ok)
            return EXIT_NO;
    } while (after);
    return EXIT_DONE;
}

static int find_difference(struct work *work)
{
    int code = walk_roster(work);
    for (size_t i = 0; code == EXIT_DONE && work->wants_created && i < work->dashboard.count; i++) {
        const struct dashboard_row *row = &work->dashboard.rows[i];
        if (row->state == DASHBOARD_ACTIVE && !row->is_active_here)
            add(work, (struct missing){
                          .type = "affiliate.created",
                          .email = memory_text(row->email),
                          .affiliate_id = memory_text(row->affiliate_id),
                          .deep_link = memory_text(row->deep_link),
                          .line_number = row->line_number,
                      });
    }
    return code;
}

/* ---- Saying it ---- */

static void print_json(const struct work *work)
{
    json_t *missing = json_array();
    for (size_t i = 0; i < work->count; i++) {
        const struct missing *one = &work->missing[i];
        json_array_append_new(
            missing,
            json_pack("{s:s, s:s, s:s?, s:o}", "missing", one->type, "email", one->email,
                      "affiliate_id", *one->affiliate_id ? one->affiliate_id : NULL, "line",
                      one->line_number ? json_integer((json_int_t)one->line_number) : json_null()));
    }
    json_t *differing = json_array();
    for (size_t i = 0; i < work->differing_count; i++) {
        const struct differing *one = &work->differing[i];
        json_array_append_new(differing,
                              json_pack("{s:s, s:s, s:s, s:s}", "email", one->email, "what",
                                        one->what, "here", one->here, "there", one->there));
    }
    json_t *answer =
        json_pack("{s:b, s:I, s:I, s:I, s:I, s:o, s:o, s:O?}", "ok", 1, "in_file",
                  (json_int_t)work->dashboard.count, "active_in_file",
                  (json_int_t)work->dashboard.active, "refused_rows",
                  (json_int_t)work->dashboard.refused, "active_here", (json_int_t)work->active,
                  "missing", missing, "differing", differing, "emitted", work->emitted);
    connection_print_json(answer);
    json_decref(answer);
}

#define ROWS_ON_A_TERMINAL 20

/* How many rows of a list are named. */
static size_t rows_max(const struct work *work)
{
    bool names_all = work->invocation->values[OPTION_ALL] || !isatty(STDOUT_FILENO);
    return names_all ? SIZE_MAX : ROWS_ON_A_TERMINAL;
}

static void print_rest(size_t count, size_t max)
{
    if (count > max)
        printf("  … and %zu more; --all names them\n", count - max);
}

/* To be freed. */
static char *shown_address(const struct work *work, const char *address)
{
    char *masked = email_mask(address, work->shown);
    char *shown = show_text(masked);
    free(masked);
    return shown;
}

static void print_side(const struct work *work, bool created)
{
    size_t printed = 0, max = rows_max(work);
    for (size_t i = 0; i < work->count && printed < max; i++) {
        const struct missing *one = &work->missing[i];
        if (is_created(one) != created)
            continue;
        char *email = shown_address(work, one->email);
        printf("  %-11s  %s\n", *one->affiliate_id ? one->affiliate_id : "-", email);
        free(email);
        printed++;
    }
    print_rest(created ? work->created : work->count - work->created, max);
}

static void print_differing(const struct work *work)
{
    size_t max = rows_max(work);
    if (work->differing_count > 0)
        printf("\nElse there than here: %zu\n", work->differing_count);
    for (size_t i = 0; i < work->differing_count && i < max; i++) {
        const struct differing *one = &work->differing[i];
        char *email = shown_address(work, one->email);
        printf("  %s: %s %s, here %s\n", email, one->what, one->there,
               *one->here ? one->here : "none");
        free(email);
    }
    print_rest(work->differing_count, max);
}

/* Of a file that says who is active, that is what counts. */
static void print_plain(const struct work *work)
{
    const struct dashboard *dashboard = &work->dashboard;
    const char *path = dashboard->name;
    bool says = dashboard->has_status;
    printf("%zu in %s, ", dashboard->count, path);
    if (says)
        printf("%zu of them active, ", dashboard->active);
    printf("%zu active here\n", work->active);
    if (work->wants_created) {
        printf("\n%s %s, and not active here: %zu\n", says ? "Active in" : "In", path,
               work->created);
        print_side(work, true);
    }
    if (work->wants_deactivated) {
        printf("\nActive here, and not %s %s: %zu\n", says ? "active in" : "in", path,
               work->count - work->created);
        print_side(work, false);
    }
    print_differing(work);
}

/* ---- Mending it ---- */

#define LINES_AT_ONCE 64

struct tally {
    size_t accepted;
    size_t known;
    size_t refused;
};

static void say_refused(const struct work *work, const struct missing *one,
                        const struct outcome *outcome)
{
    char *sentence = outcome_sentence(outcome);
    char *email = shown_address(work, one->email);
    command_say(work->invocation, "%s: %s", email, sentence);
    free(email);
    free(sentence);
}

/* Some of the missing, by one write; -1 with the error when the bus went away. */
static int hand_in(struct work *work, struct line_client *client, size_t first, size_t count,
                   struct tally *tally, struct error *error)
{
    struct outcome outcome;
    struct buffer lines;
    const char *answer;
    size_t length, sent = 0;
    int result = 0;
    size_t places[LINES_AT_ONCE];
    int64_t deadline = clock_mono_ms() + COMMAND_TIMEOUT_MS;
    buffer_init(&lines, LINES_AT_ONCE * (LINE_BYTES_MAX + 1));
    for (size_t i = first; i < first + count; i++) {
        const struct missing *one = &work->missing[i];
        if (work->keeps_active && !is_created(one))
            continue;
        const struct event_fields fields = {
            .event = one->type,
            .email = one->email,
            .affiliate_id = *one->affiliate_id ? one->affiliate_id : NULL,
            .deep_link = *one->deep_link ? one->deep_link : NULL,
        };
        if (event_line_make(&fields, clock_unix_ms(), &lines, &outcome) == 0) {
            places[sent++] = i;
        } else {
            tally->refused++;
            say_refused(work, one, &outcome);
        }
    }
    result = line_client_send(client, lines.data, lines.len, deadline, error);
    for (size_t i = 0; i < sent && result == 0; i++) {
        result = line_client_read(client, &answer, &length, deadline, error);
        if (result == 0)
            result = outcome_read(answer, length, &outcome, error);
        if (result < 0)
            break;
        bool is_accepted = outcome.kind == OUTCOME_ACCEPTED;
        tally->accepted += is_accepted && outcome.is_new;
        tally->known += is_accepted && !outcome.is_new;
        tally->refused += !is_accepted;
        if (!is_accepted)
            say_refused(work, &work->missing[places[i]], &outcome);
    }
    buffer_finish(&lines);
    return result;
}

static int emit(struct work *work)
{
    struct error error;
    struct line_client client;
    struct tally tally = {0};
    line_client_init(&client);
    int result = connection_open(&client, work->target.socket_path,
                                 clock_mono_ms() + COMMAND_TIMEOUT_MS, &error);
    for (size_t i = 0; result == 0 && i < work->count; i += LINES_AT_ONCE) {
        size_t left = work->count - i;
        result =
            hand_in(work, &client, i, left < LINES_AT_ONCE ? left : LINES_AT_ONCE, &tally, &error);
    }
    line_client_finish(&client);
    if (result < 0)
        command_say(work->invocation, "%s; ask again: what is missing then is handed in",
                    error.text);
    if (!work->invocation->json)
        printf("\n%zu accepted, %zu known already, %zu refused\n", tally.accepted, tally.known,
               tally.refused);
    work->emitted = json_pack("{s:I, s:I, s:I}", "accepted", (json_int_t)tally.accepted, "known",
                              (json_int_t)tally.known, "refused", (json_int_t)tally.refused);
    return result < 0 ? EXIT_UNREACHED : tally.refused > 0 ? EXIT_NO : EXIT_DONE;
}

/*
 * A row without an address may be about anybody who is active, and an export that is not whole lacks
 * many: then nobody is deactivated, and it is said.
 */
static void guard_active(struct work *work)
{
    size_t leaving = work->count - work->created;
    const char *const *values = work->invocation->values;
    bool is_blind = work->dashboard.unread > 0;
    bool is_most = values[OPTION_YES] && 2 * leaving > work->active;
    if (leaving == 0 || values[OPTION_ANYWAY] || (!is_blind && !is_most))
        return;
    work->keeps_active = true;
    if (is_blind)
        command_say(work->invocation,
                    "nobody is deactivated: who is meant by rows without an address (%zu) may be "
                    "among those %zu; mend the rows, or give --deactivate-anyway",
                    work->dashboard.unread, leaving);
    else
        command_say(work->invocation,
                    "nobody is deactivated: %zu of the %zu active would be, more than half; is the "
                    "file whole? Else give --deactivate-anyway",
                    leaving, work->active);
}

/* How many events would be handed in. */
static size_t wanted_count(const struct work *work)
{
    return work->keeps_active ? work->created : work->count;
}

/* True when the operator wants it. */
static bool confirm(const struct work *work)
{
    if (work->invocation->values[OPTION_YES])
        return true;
    if (!isatty(STDIN_FILENO)) {
        command_say(work->invocation,
                    "nothing was handed in; without a terminal to ask on, --yes is needed");
        return false;
    }
    char *question = memory_format(
        "Hand in %zu affiliate.created and %zu affiliate.deactivated, of %zu who are active here?",
        work->created, wanted_count(work) - work->created, work->active);
    fflush(stdout);
    bool wanted = choice_ask(question);
    free(question);
    if (!wanted)
        command_say(work->invocation, "nothing was handed in");
    return wanted;
}

/* ---- The command ---- */

static int reconcile(struct work *work)
{
    int code = find_difference(work);
    if (code != EXIT_DONE)
        return code;
    if (work->count > 0 || work->dashboard.refused > 0)
        code = EXIT_NO;
    if (!work->invocation->json)
        print_plain(work);
    fflush(stdout);
    if (work->invocation->values[OPTION_EMIT]) {
        guard_active(work);
        if (wanted_count(work) == 0 && !work->keeps_active)
            code = EXIT_DONE; /* rows without an address change nothing then */
        else if (wanted_count(work) > 0 && confirm(work))
            code = emit(work);
        if (code == EXIT_DONE && work->keeps_active)
            code = EXIT_NO;
    }
    if (work->invocation->json)
        print_json(work);
    return code;
}

static void finish(struct work *work)
{
    for (size_t i = 0; i < work->count; i++) {
        free(work->missing[i].email);
        free(work->missing[i].affiliate_id);
        free(work->missing[i].deep_link);
    }
    free(work->missing);
    for (size_t i = 0; i < work->differing_count; i++) {
        free(work->differing[i].email);
        free(work->differing[i].here);
        free(work->differing[i].there);
    }
    free(work->differing);
    json_decref(work->emitted);
    dashboard_finish(&work->dashboard);
    target_finish(&work->target);
}

static int run(const struct invocation *invocation)
{
    const char *const *values = invocation->values;
    const char *only = values[OPTION_ONLY];
    const char *path = invocation->operands[0];
    const char *type = only ? event_line_type(only) : NULL;
    const struct dashboard_columns columns = {
        .email = values[OPTION_EMAIL],
        .affiliate_id = values[OPTION_ID],
        .deep_link = values[OPTION_LINK],
        .status = values[OPTION_STATUS],
        .active = invocation->repeated,
        .active_count = invocation->repeated_count,
    };
    struct work work = {
        .invocation = invocation,
        .wants_created = !type || text_equal(type, "affiliate.created"),
        .wants_deactivated = !type || text_equal(type, "affiliate.deactivated"),
    };
    int code;
    if (only && !type)
        return command_usage(invocation, "--only: “%s” is not created or deactivated", only);
    if ((values[OPTION_YES] || values[OPTION_ANYWAY]) && !values[OPTION_EMIT])
        return command_usage(invocation, "--%s goes with --emit",
                             values[OPTION_YES] ? "yes" : "deactivate-anyway");
    if (target_find(invocation, NULL, &work.target) < 0) {
        code = target_explain(invocation, &work.target);
    } else if (dashboard_read(&work.dashboard, invocation, path, &columns) < 0) {
        code = EXIT_NO;
    } else if (work.dashboard.count == 0) {
        command_say(invocation, "%s: there is no row with an address; is it the right file?",
                    work.dashboard.name);
        code = EXIT_NO;
    } else {
        code = reconcile(&work);
    }
    finish(&work);
    return code;
}

const struct command command_reconcile = {
    .name = "reconcile",
    .operands = "FILE.csv",
    .operands_min = 1,
    .operands_max = 1,
    .summary = "Compares a dashboard's export with who is active here",
    .help =
        "Export those who are active, or all with a column that says who is. The first line names "
        "the columns; which has the addresses, the affiliate IDs, the deep links and the status is "
        "guessed, or named. Who has another ID or link there than here is named; no event mends "
        "that.\n\n"
        "With --emit, nobody is deactivated while a row has no address, for it may be theirs, nor "
        "by --yes more than half of those who are active: --deactivate-anyway does it all the "
        "same.\n\n"
        "Exit code 0: no difference, or --emit has handed in what was missing; 1: there is one, "
        "somebody was not deactivated for these reasons, or without --emit a row has no address or "
        "no clear status.\n",
    .options = options,
    .run = run,
};
