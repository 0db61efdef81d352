/*
 * affnotify forget EMAIL: erases a person from the journal, after it has said what that is and what
 * it cannot reach.
 */
#include <stdio.h>
#include <stdlib.h>

#include "core/base/limits.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/cli/choice.h"
#include "core/cli/command.h"
#include "core/cli/connection.h"
#include "core/cli/show.h"
#include "core/cli/wrap.h"

enum { OPTION_YES };

static const struct command_option options[] = {
    [OPTION_YES] = CHOICE_YES,
    {0},
};

#define OUT_OF_REACH                                                                               \
    "Out of its reach, and yours to see to: what the destinations were sent, the files of csv "    \
    "sinks, the log, files in the spool, copies and backups of the journal, and an event of "      \
    "somebody else whose deep link has the address in it."

/* "1 refused input", "12 refused inputs"; to be freed. */
static char *things(const json_t *answer, const char *key, const char *one, const char *many)
{
    json_int_t count = json_integer_value(json_object_get(answer, key));
    return memory_format("%lld %s", (long long)count, count == 1 ? one : many);
}

static void tell(FILE *stream, const char *text)
{
    wrap_words(stream, text, 0, 0, show_columns(stream));
}

static char *address(const json_t *answer)
{
    return show_member(answer, "email_key");
}

static void print(const json_t *answer)
{
    char *email = address(answer);
    char *id = show_member(answer, "affiliate_id");
    char *events = choice_events(answer, "events");
    char *pending = things(answer, "pending", "delivery", "deliveries");
    char *refused = things(answer, "refused", "refused input", "refused inputs");
    char *text =
        *id ? memory_format("Of %s, affiliate %s, the journal would forget %s and %s.", email, id,
                            events, refused)
            : memory_format("%s is no affiliate; the journal would forget %s.", email, refused);
    tell(stderr, text);
    free(text);
    if (json_integer_value(json_object_get(answer, "pending")) > 0)
        fprintf(stderr, "%s that wait%s would never be made.\n", pending,
                json_integer_value(json_object_get(answer, "pending")) == 1 ? "s" : "");
    tell(stderr, OUT_OF_REACH);
    free(email);
    free(id);
    free(events);
    free(pending);
    free(refused);
}

static char *question(const json_t *answer)
{
    char *email = address(answer);
    char *text = memory_format("Forget %s for good?", email);
    free(email);
    return text;
}

/* ---- Doing it ---- */

static void print_done(const struct invocation *invocation, const json_t *answer)
{
    char *email = address(answer);
    char *events = choice_events(answer, "events");
    char *pending = things(answer, "pending", "pending delivery", "pending deliveries");
    char *refused = things(answer, "refused", "refused input", "refused inputs");
    char *texts = things(answer, "texts", "text", "texts");
    char *text = memory_format("%s is forgotten: %s, %s, %s, %s of other rows", email, events,
                               pending, refused, texts);
    tell(stdout, text);
    tell(stdout, OUT_OF_REACH);
    free(text);
    if (json_is_false(json_object_get(answer, "complete")))
        command_say(invocation, "another program reads the journal: until it ends and affnotifyd "
                                "has written on for a while, the file journal.db-wal may still "
                                "hold what was erased");
    free(email);
    free(events);
    free(pending);
    free(refused);
    free(texts);
}

static int forget(const struct invocation *invocation, json_t *request)
{
    int code;
    json_t *answer = connection_answer(invocation, request, FORGET_TIMEOUT_MS, &code);
    if (answer && !invocation->json)
        print_done(invocation, answer);
    json_decref(answer);
    return code;
}

static int run(const struct invocation *invocation)
{
    static const struct choice_words words = {
        .print = print,
        .question = question,
        .otherwise = "nothing was forgotten",
    };
    int code;
    json_t *request =
        json_pack("{s:s, s:s}", "command", "forget", "email", invocation->operands[0]);
    if (!request)
        return command_usage(invocation, "the address is not valid UTF-8");
    if (invocation->values[OPTION_YES] || choice_confirm(invocation, request, &words, &code))
        return forget(invocation, request);
    json_decref(request);
    return code;
}

const struct command command_forget = {
    .name = "forget",
    .operands = "EMAIL",
    .operands_min = 1,
    .operands_max = 1,
    .summary = "Erases a person from the journal",
    .help =
        "Says what that is, and asks: the affiliate, all events with what became of them, refused\n"
        "inputs and texts of errors that name the address. What is pending is never sent. For a\n"
        "moment nothing goes to any sink. If the person comes back later, they are "
        "new.\n\n" OUT_OF_REACH "\n",
    .options = options,
    .run = run,
};
