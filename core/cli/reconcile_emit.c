/* See reconcile_parts.h: the events that are missing, handed in after a question. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/base/buffer.h"
#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/limits.h"
#include "core/base/memory.h"
#include "core/cli/choice.h"
#include "core/cli/connection.h"
#include "core/cli/event_line.h"
#include "core/cli/outcome.h"
#include "core/cli/reconcile_parts.h"
#include "core/wire/line_client.h"

#define LINES_AT_ONCE 64

struct tally {
    size_t accepted;
    size_t known;
    size_t refused;
};

static void say_refused(const struct reconciling *work, const struct reconcile_missing *one,
                        const struct outcome *outcome)
{
    char *sentence = outcome_sentence(outcome);
    char *email = reconcile_address(work, one->email);
    command_say(work->invocation, "%s: %s", email, sentence);
    free(email);
    free(sentence);
}

/* Some of the missing, by one write; -1 with the error when the bus went away. */
static int hand_in(struct reconciling *work, struct line_client *client, size_t first, size_t count,
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
        const struct reconcile_missing *one = &work->missing[i];
        if (work->keeps_active && !reconcile_is_created(one))
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

static int emit(struct reconciling *work)
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
static void guard_active(struct reconciling *work)
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
static size_t wanted_count(const struct reconciling *work)
{
    return work->keeps_active ? work->created : work->count;
}

/* True when the operator wants it. */
static bool confirm(const struct reconciling *work)
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

int reconcile_mend(struct reconciling *work, int code)
{
    guard_active(work);
    if (wanted_count(work) == 0 && !work->keeps_active)
        code = EXIT_DONE; /* rows without an address change nothing then */
    else if (wanted_count(work) > 0 && confirm(work))
        code = emit(work);
    return code == EXIT_DONE && work->keeps_active ? EXIT_NO : code;
}
