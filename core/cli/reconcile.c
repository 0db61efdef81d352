/*
 * affnotify reconcile FILE.csv: the difference between a dashboard's export and who is active here,
 * as the events tell it; and, when wanted, the events that are missing, handed in.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/error.h"
#include "core/base/limits.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/cli/choice.h"
#include "core/cli/command.h"
#include "core/cli/connection.h"
#include "core/cli/event_line.h"
#include "core/cli/personal.h"
#include "core/cli/reconcile_parts.h"
#include "core/cli/show.h"
#include "core/event/email.h"

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

/* ---- The difference ---- */

bool reconcile_is_created(const struct reconcile_missing *missing)
{
    return text_equal(missing->type, "affiliate.created");
}

static void add(struct reconciling *work, struct reconcile_missing missing)
{
    if ((work->count & (work->count - 1)) == 0) /* at each power of two */
        work->missing = memory_resize(work->missing, 2 * work->count + 1, sizeof *work->missing);
    work->created += reconcile_is_created(&missing);
    work->missing[work->count++] = missing;
}

/* What the file has is compared with what is known here; it need not have it. */
static void compare_text(struct reconciling *work, const json_t *row, const char *member,
                         const char *what, const char *there,
                         int (*compare_with)(const char *, const char *))
{
    char *here = show_member(row, member);
    if (!*there || compare_with(here, there) == 0) {
        free(here);
        return;
    }
    work->differing =
        memory_resize(work->differing, work->differing_count + 1, sizeof *work->differing);
    work->differing[work->differing_count++] = (struct reconcile_differing){
        .email = show_member(row, "email"), .what = what, .here = here, .there = show_text(there)};
}

/* Somebody of the roster. */
static void compare(struct reconciling *work, const json_t *row)
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
        add(work, (struct reconcile_missing){
                      .type = "affiliate.deactivated",
                      .email = memory_text(email),
                      .affiliate_id = show_member(row, "affiliate_id"),
                      .deep_link = show_member(row, "deep_link"),
                      .line_number = there ? there->line_number : 0,
                  });
}

/* The whole roster, page by page. EXIT_DONE, or the exit code and it is said. */
static int walk_roster(struct reconciling *work)
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

static int find_difference(struct reconciling *work)
{
    int code = walk_roster(work);
    for (size_t i = 0; code == EXIT_DONE && work->wants_created && i < work->dashboard.count; i++) {
        const struct dashboard_row *row = &work->dashboard.rows[i];
        if (row->state == DASHBOARD_ACTIVE && !row->is_active_here)
            add(work, (struct reconcile_missing){
                          .type = "affiliate.created",
                          .email = memory_text(row->email),
                          .affiliate_id = memory_text(row->affiliate_id),
                          .deep_link = memory_text(row->deep_link),
                          .line_number = row->line_number,
                      });
    }
    return code;
}

/* ---- The command ---- */

static int reconcile(struct reconciling *work)
{
    int code = find_difference(work);
    if (code != EXIT_DONE)
        return code;
    if (work->count > 0 || work->dashboard.refused > 0)
        code = EXIT_NO;
    if (!work->invocation->json)
        reconcile_print(work);
    fflush(stdout);
    if (work->invocation->values[OPTION_EMIT])
        code = reconcile_mend(work, code);
    if (work->invocation->json)
        reconcile_print_json(work);
    return code;
}

static void finish(struct reconciling *work)
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
    struct reconciling work = {
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
