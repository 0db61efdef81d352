/* affnotify skip SINK: gives up what is pending at a sink, after it has said how much that is. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/limits.h"
#include "core/base/memory.h"
#include "core/cli/choice.h"
#include "core/cli/command.h"
#include "core/cli/connection.h"
#include "core/cli/moment.h"
#include "core/cli/show.h"
#include "core/event/timestamp.h"

enum { OPTION_UNTIL, OPTION_YES };

static const struct command_option options[] = {
    [OPTION_UNTIL] = {.name = "until",
                      .argument = "T",
                      .help = "only what came in before: 2026-03-18, 2026-03-18T12:00:00Z, 2h"},
    [OPTION_YES] = CHOICE_YES,
    {0},
};

/* "1 event", "more than 20000 events"; to be freed. */
static char *events_of(const json_t *answer)
{
    json_int_t count = json_integer_value(json_object_get(answer, "skipped"));
    bool more = json_is_true(json_object_get(answer, "more"));
    return memory_format("%s%lld event%s", more ? "more than " : "", (long long)count,
                         count == 1 && !more ? "" : "s");
}

/* ---- The question ---- */

static void print_question(const json_t *count, bool all)
{
    char *name = show_member(count, "sink");
    char *events = events_of(count);
    json_int_t dead = json_integer_value(json_object_get(count, "dead"));
    fprintf(stderr, "%s will never be sent to %s.\n", events, name);
    if (json_is_false(json_object_get(count, "configured")) && all) {
        fprintf(stderr, "The configuration names %s no longer, so it is forgotten", name);
        if (dead > 0)
            fprintf(stderr, ", with its %lld dead letter%s", (long long)dead, dead == 1 ? "" : "s");
        fputs(".\n", stderr);
    }
    free(name);
    free(events);
}

/* EXIT_DONE when the operator wants it. */
static int confirm(const struct invocation *invocation, json_t *request)
{
    int code;
    struct invocation quiet = *invocation; /* the count is not the answer */
    quiet.json = false;
    json_t *dry = json_copy(request);
    json_object_set_new(dry, "dry", json_true());
    json_t *count = connection_answer(&quiet, dry, COMMAND_TIMEOUT_MS, &code);
    if (!count)
        return code;
    print_question(count, json_object_get(request, "until") == NULL);
    json_decref(count);
    if (choice_ask("Skip?"))
        return EXIT_DONE;
    command_say(invocation, "nothing was skipped");
    return EXIT_NO;
}

/* ---- Skipping ---- */

static int skip(const struct invocation *invocation, json_t *request)
{
    int code;
    json_t *answer = connection_answer(invocation, request, SKIP_TIMEOUT_MS, &code);
    if (answer && !invocation->json) {
        char *name = show_member(answer, "sink");
        char *events = events_of(answer);
        bool forgotten = json_is_true(json_object_get(answer, "forgotten"));
        printf("%s skipped at %s%s\n", events, name, forgotten ? ", which is forgotten" : "");
        free(name);
        free(events);
    }
    json_decref(answer);
    return code;
}

/* NULL when the usage message was shown. */
static json_t *make_request(const struct invocation *invocation)
{
    const char *until = invocation->values[OPTION_UNTIL];
    int64_t unix_ms;
    char text[TIMESTAMP_SIZE];
    if (until && moment_parse(until, clock_unix_ms(), &unix_ms) < 0) {
        command_usage(invocation,
                      "--until: “%s” is not a time; write 2026-03-18, 2026-03-18T12:00:00Z, or "
                      "how long ago, like 2h or 3d",
                      until);
        return NULL;
    }
    if (until)
        timestamp_format(unix_ms, text);
    json_t *request = json_pack("{s:s, s:s, s:s*}", "command", "skip", "sink",
                                invocation->operands[0], "until", until ? text : NULL);
    if (!request)
        command_usage(invocation, "the sink's name is not valid UTF-8");
    return request;
}

static int run(const struct invocation *invocation)
{
    if (!invocation->values[OPTION_YES] && !isatty(STDIN_FILENO))
        return command_usage(invocation, "without a terminal to ask on, --yes is needed");
    json_t *request = make_request(invocation);
    if (!request)
        return EXIT_USAGE;
    int code = invocation->values[OPTION_YES] ? EXIT_DONE : confirm(invocation, request);
    if (code == EXIT_DONE)
        return skip(invocation, request);
    json_decref(request);
    return code;
}

const struct command command_skip = {
    .name = "skip",
    .operands = "SINK",
    .operands_min = 1,
    .operands_max = 1,
    .summary = "Gives up what is pending at a sink, or was at a removed one",
    .help =
        "Says how many events that is, and asks. They are never sent to this sink; every other\n"
        "sink keeps them. A sink that has events in flight must be held first: affnotify hold\n"
        "SINK. One that the configuration names no longer is forgotten once it owes nothing.\n",
    .options = options,
    .run = run,
};
