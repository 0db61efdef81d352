/*
 * affnotify replay: sends again what a sink has behind it, to it or to another, after it has said
 * how much that is.
 */
#include <stdio.h>
#include <stdlib.h>

#include "core/base/limits.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/cli/choice.h"
#include "core/cli/command.h"
#include "core/cli/connection.h"
#include "core/cli/personal.h"
#include "core/cli/show.h"

enum {
    OPTION_SINK,
    OPTION_SINCE,
    OPTION_UNTIL,
    OPTION_EVENT,
    OPTION_EMAIL,
    OPTION_DEAD,
    OPTION_TO,
    OPTION_SUPERSEDED,
    OPTION_YES,
};

static const struct command_option options[] = {
    [OPTION_SINK] = {.name = "sink", .argument = "S", .help = "by whose record; it is needed"},
    [OPTION_SINCE] = CHOICE_SINCE,
    [OPTION_UNTIL] = CHOICE_UNTIL,
    [OPTION_EVENT] = CHOICE_EVENT,
    [OPTION_EMAIL] = CHOICE_EMAIL,
    [OPTION_DEAD] = {.name = "dead", .help = "only dead letters"},
    [OPTION_TO] = {.name = "to", .argument = "OTHER", .help = "send them to this sink instead"},
    [OPTION_SUPERSEDED] = {.name = "superseded",
                           .help = "also those that a later event has overtaken"},
    [OPTION_YES] = CHOICE_YES,
    {0},
};

/* "to crm again", "of crm to other"; to be freed. */
static char *way(const json_t *answer)
{
    char *sink = show_member(answer, "sink");
    char *to = show_member(answer, "to");
    char *text = text_equal(sink, to) ? memory_format("to %s again", sink)
                                      : memory_format("of %s to %s", sink, to);
    free(sink);
    free(to);
    return text;
}

/* ---- What would be done ---- */

static void print_superseded(const json_t *answer, bool sent)
{
    const json_t *list = json_object_get(answer, "superseded_events");
    if (json_array_size(list) == 0)
        return;
    char *events = choice_events(answer, "superseded");
    char *to = show_member(answer, "to");
    bool one = json_integer_value(json_object_get(answer, "superseded")) == 1;
    fprintf(stderr, "%s %s superseded, for a later one of the affiliate was delivered to %s:\n",
            events, one ? "is" : "are", to);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *row = json_array_get(list, i);
        char *id = show_member(row, "id");
        char *by = show_member(row, "by");
        char *address = show_member(row, "email");
        char *email = email_mask(address, personal_shown(answer));
        fprintf(stderr, "  %s  by %s  %s\n", id, by, email);
        free(id);
        free(by);
        free(address);
        free(email);
    }
    if (json_is_true(json_object_get(answer, "more")))
        fputs("  …\n", stderr);
    fprintf(stderr, "%s\n",
            sent ? "They are sent, too." : "They are left out; --superseded sends them, too.");
    free(events);
    free(to);
}

static void print_left_out(const json_t *answer, const char *key, const char *format)
{
    if (json_integer_value(json_object_get(answer, key)) == 0)
        return;
    char *events = choice_events(answer, key);
    char *to = show_member(answer, "to");
    fprintf(stderr, format, events, to);
    free(events);
    free(to);
}

static void print(const json_t *answer, bool with_superseded)
{
    char *there = way(answer);
    char *events = choice_events(answer, "events");
    bool any = json_integer_value(json_object_get(answer, "events")) > 0;
    print_superseded(answer, with_superseded);
    print_left_out(answer, "pending", "Left out: %s that %s has pending already.\n");
    print_left_out(answer, "not_taken", "Left out: %s of a type that %s does not take.\n");
    if (any)
        fprintf(stderr, "%s would be sent %s.\n", events, there);
    else
        fprintf(stderr, "There is nothing to send %s.\n", there);
    free(there);
    free(events);
}

static void print_without_superseded(const json_t *answer)
{
    print(answer, false);
}

static void print_with_superseded(const json_t *answer)
{
    print(answer, true);
}

static char *question(const json_t *answer)
{
    char *there = way(answer);
    char *events = choice_events(answer, "events");
    char *text = memory_format("Send %s %s?", events, there);
    free(there);
    free(events);
    return text;
}

/* ---- Doing it ---- */

static int replay(const struct invocation *invocation, json_t *request)
{
    int code;
    json_t *answer = connection_answer(invocation, request, REPLAY_TIMEOUT_MS, &code);
    if (answer && !invocation->json) {
        char *there = way(answer);
        char *events = choice_events(answer, "events");
        bool one = json_integer_value(json_object_get(answer, "events")) == 1;
        printf("%s go%s %s\n", events, one ? "es" : "", there);
        json_int_t superseded = json_integer_value(json_object_get(answer, "superseded"));
        if (superseded > 0 && !invocation->values[OPTION_SUPERSEDED])
            printf("%lld superseded, left out\n", (long long)superseded);
        free(there);
        free(events);
    }
    json_decref(answer);
    return code;
}

static json_t *make_request(const struct invocation *invocation)
{
    const char *const *values = invocation->values;
    const struct choice choice = {
        .sink = values[OPTION_SINK],
        .since = values[OPTION_SINCE],
        .until = values[OPTION_UNTIL],
        .event = values[OPTION_EVENT],
        .email = values[OPTION_EMAIL],
    };
    json_t *request = choice_request(invocation, "replay", &choice);
    if (!request)
        return NULL;
    if (values[OPTION_DEAD])
        json_object_set_new(request, "dead", json_true());
    if (values[OPTION_SUPERSEDED])
        json_object_set_new(request, "superseded", json_true());
    json_t *to = values[OPTION_TO] ? json_string(values[OPTION_TO]) : NULL;
    if (values[OPTION_TO] && !to) {
        command_usage(invocation, "--to: the name is not valid UTF-8");
        json_decref(request);
        return NULL;
    }
    if (to)
        json_object_set_new(request, "to", to);
    return request;
}

static int run(const struct invocation *invocation)
{
    const struct choice_words words = {
        .count = "events",
        .print = invocation->values[OPTION_SUPERSEDED] ? print_with_superseded
                                                       : print_without_superseded,
        .question = question,
        .otherwise = "nothing was sent",
    };
    int code;
    json_t *request = make_request(invocation);
    if (!request)
        return EXIT_USAGE;
    if (invocation->values[OPTION_YES] || choice_confirm(invocation, request, &words, &code))
        return replay(invocation, request);
    json_decref(request);
    return code;
}

const struct command command_replay = {
    .name = "replay",
    .operands = "",
    .summary = "Sends again what a sink has behind it: dead letters, or anything",
    .help =
        "Says how many events that is, and asks. Without options beside --sink it is all that the\n"
        "sink ever had: delivered, dead, expired, skipped or dropped. They go out in their order,\n"
        "under the IDs that they had, marked as a replay. An event is superseded when a later one\n"
        "of its affiliate was delivered there: it would undo that one, so it is left out.\n",
    .options = options,
    .run = run,
};
