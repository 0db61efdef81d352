/*
 * affnotify emit: hands one event in, or those of a file (emit_lines.c). Exit code 0 means that the
 * event is durable: in the journal, or in the spool when the bus cannot be reached.
 *
 * It is called from inside the platform's own work, so it must start in a millisecond and never
 * wait longer than EMIT_TIMEOUT_MS.
 */
#include <stdio.h>
#include <stdlib.h>

#include "core/base/buffer.h"
#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/limits.h"
#include "core/base/text.h"
#include "core/cli/command.h"
#include "core/cli/connection.h"
#include "core/cli/emit_lines.h"
#include "core/cli/event_line.h"
#include "core/cli/outcome.h"
#include "core/cli/target.h"
#include "core/wire/line_client.h"
#include "core/wire/spool_file.h"

enum {
    OPTION_EMAIL,
    OPTION_AFFILIATE_ID,
    OPTION_DEEP_LINK,
    OPTION_VIA,
    OPTION_OCCURRED_AT,
    OPTION_JSONL,
    OPTION_SPOOL,
};

static const struct command_option options[] = {
    [OPTION_EMAIL] = {"email", "E", "the affiliate's address"},
    [OPTION_AFFILIATE_ID] = {"affiliate-id", "ID",
                             "ia_ and 8 hex digits; else as the bus knows it"},
    [OPTION_DEEP_LINK] = {"deep-link", "U", "the affiliate's link"},
    [OPTION_VIA] = {"via", "METHOD", "dashboard, self_signup or join_request"},
    [OPTION_OCCURRED_AT] = {"occurred-at", "T", "such as 2026-03-18T12:00:00Z; else now"},
    [OPTION_JSONL] = {"jsonl", "FILE",
                      "hand in a file's events, one JSON object a line; - is stdin"},
    [OPTION_SPOOL] = {"spool", "DIR",
                      "where events wait for the bus; else that of -c, else $AFFNOTIFY_SPOOL, "
                      "else /var/lib/affnotify/spool"},
    {0},
};

/* Hands one line to the bus. -1 with the error when it could not be reached or gave no answer. */
static int hand_in(const char *socket_path, const struct buffer *line, struct outcome *outcome,
                   struct error *error)
{
    int result = -1;
    struct error ignored;
    struct line_client client;
    const char *answer;
    size_t length;
    int64_t deadline = clock_mono_ms() + EMIT_TIMEOUT_MS;
    line_client_init(&client);
    if (connection_open(&client, socket_path, deadline, error) == 0) {
        /* A bus that hangs up may have said why: what failed is what reading says. */
        line_client_send(&client, line->data, line->len, deadline, &ignored);
        result = line_client_read(&client, &answer, &length, deadline, error);
        if (result == 0)
            result = outcome_read(answer, length, outcome, error);
        if (result < 0)
            error_prefix(error, "%s", socket_path);
    }
    if (result == 0 && outcome->kind == OUTCOME_UNAVAILABLE)
        result = error_set(error, "%s", outcome->refusal.message);
    line_client_finish(&client);
    return result;
}

/* Writes the line to the spool because of `reason`; -1 with the outcome when that fails too. */
static int put_aside(const struct invocation *invocation, const char *directory,
                     const struct buffer *line, const struct error *reason, struct outcome *outcome)
{
    struct error error;
    struct spool_file spool = {.directory = directory};
    if (spool_file_write(&spool, line->data, line->len, NULL, &error) < 0)
        return outcome_refuse(
            outcome, "", "unavailable",
            "the event was not handed in: %s; and it cannot wait in the spool: %s", reason->text,
            error.text);
    *outcome = (struct outcome){.kind = OUTCOME_SPOOLED};
    command_say(invocation, "%s; the event waits in %s", reason->text, directory);
    return 0;
}

static void print_outcome(const struct invocation *invocation, const struct outcome *outcome)
{
    char *text = invocation->json ? outcome_json(outcome, 0) : outcome_sentence(outcome);
    if (invocation->json)
        puts(text);
    else if (outcome->kind == OUTCOME_ACCEPTED)
        puts(outcome->id);
    else if (outcome->kind == OUTCOME_SPOOLED)
        puts("spooled");
    else
        command_say(invocation, "%s", text);
    if (outcome->kind == OUTCOME_ACCEPTED && !outcome->is_new)
        command_say(invocation, "this event was known already");
    free(text);
}

static int emit_one(const struct invocation *invocation, const struct target *target,
                    const char *event)
{
    const struct event_fields fields = {
        .event = event,
        .email = invocation->values[OPTION_EMAIL],
        .affiliate_id = invocation->values[OPTION_AFFILIATE_ID],
        .deep_link = invocation->values[OPTION_DEEP_LINK],
        .via = invocation->values[OPTION_VIA],
        .occurred_at = invocation->values[OPTION_OCCURRED_AT],
    };
    int code = EXIT_NO;
    struct outcome outcome;
    struct error reason;
    struct buffer line;
    buffer_init(&line, LINE_BYTES_MAX + 1);
    if (event_line_make(&fields, clock_unix_ms(), &line, &outcome) == 0) {
        if (hand_in(target->socket_path, &line, &outcome, &reason) == 0)
            code = outcome.kind == OUTCOME_ACCEPTED ? EXIT_DONE : EXIT_NO;
        else if (event_line_check(&fields, &outcome) < 0)
            code = EXIT_NO;
        else if (put_aside(invocation, target->spool_path, &line, &reason, &outcome) == 0)
            code = EXIT_DONE;
        else
            code = EXIT_UNREACHED;
    }
    print_outcome(invocation, &outcome);
    buffer_finish(&line);
    return code;
}

/* Whether the words of the command line are an event's; else the usage message was shown. */
static int read_words(const struct invocation *invocation, const char **event)
{
    static const char *const types[] = {"created", "deactivated", "affiliate.created",
                                        "affiliate.deactivated", NULL};
    if (invocation->operand_count == 0)
        return command_usage(invocation, "TYPE is missing: created or deactivated");
    const char *word = invocation->operands[0];
    *event = event_line_type(word);
    const char *nearest = text_nearest(word, types);
    if (!*event && nearest)
        return command_usage(invocation, "“%s” is not a TYPE; did you mean %s?", word, nearest);
    if (!*event)
        return command_usage(invocation, "“%s” is not a TYPE: created or deactivated", word);
    if (!invocation->values[OPTION_EMAIL])
        return command_usage(invocation, "--email is missing");
    const char *id = invocation->values[OPTION_AFFILIATE_ID];
    if (id && !event_line_is_affiliate_id(id))
        return command_usage(invocation,
                             "“%s” is not an affiliate ID: write ia_ and 8 hex digits, or leave "
                             "--affiliate-id out",
                             id);
    return EXIT_DONE;
}

/* With --jsonl every event carries its own fields. */
static int refuse_words(const struct invocation *invocation)
{
    if (invocation->operand_count > 0)
        return command_usage(invocation, "TYPE and --jsonl exclude each other");
    for (int i = OPTION_EMAIL; i <= OPTION_OCCURRED_AT; i++) {
        if (invocation->values[i])
            return command_usage(invocation, "--%s and --jsonl exclude each other",
                                 options[i].name);
    }
    return EXIT_DONE;
}

static int run(const struct invocation *invocation)
{
    const char *event = NULL;
    const char *path = invocation->values[OPTION_JSONL];
    int code = path ? refuse_words(invocation) : read_words(invocation, &event);
    if (code != EXIT_DONE)
        return code;
    struct target target;
    if (target_find(invocation, invocation->values[OPTION_SPOOL], &target) < 0)
        code = target_explain(invocation, &target);
    else if (path)
        code = emit_lines(invocation, &target, path);
    else
        code = emit_one(invocation, &target, event);
    target_finish(&target);
    return code;
}

const struct command command_emit = {
    .name = "emit",
    .operands = "TYPE",
    .operands_max = 1,
    .summary = "Hands an event in and prints its ID",
    .help = "TYPE is created or deactivated. Exit code 0 means that the event is safe: in the "
            "journal,\n"
            "now or before; or, when the bus does not answer within 2 seconds, in the spool, from "
            "where\n"
            "the bus takes it in later (then `spooled` is printed, for the ID is not known yet).\n"
            "A refused event is reported on stderr; the exit code is 1.\n\n"
            "A line of --jsonl without occurred_at gets the present time. Handed in again, it is a "
            "new event: give each its time, or hand in only the rest.\n",
    .options = options,
    .run = run,
};
