/*
 * affnotify test SINK: delivers a marked event by a host of its own, and shows all that was said
 * on the way.
 */
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/cli/command.h"
#include "core/cli/connection.h"
#include "core/cli/show.h"
#include "core/cli/trial.h"
#include "core/cli/wrap.h"

#define LINE_SHOWN_MAX 400 /* bytes of a line of the conversation */
#define LINES_SHOWN    40  /* of one speaker in a row */

/* ---- The conversation ---- */

static const struct speaker {
    const char *who;
    const char *mark;
    const char *style;
} speakers[] = {
    {"note", "*", "\033[2m"},
    {"sent", ">", "\033[36m"},
    {"received", "<", "\033[32m"},
    {"log", "!", "\033[33m"},
};

#define SPEAKERS (sizeof speakers / sizeof *speakers)

static const struct speaker *speaker_of(const json_t *said)
{
    const char *who = json_string_value(json_object_get(said, "who"));
    for (size_t i = 1; i < SPEAKERS; i++) {
        if (who && text_equal(speakers[i].who, who))
            return &speakers[i];
    }
    return &speakers[0];
}

static void print_line(const struct speaker *speaker, const char *text, bool is_styled)
{
    size_t length = strlen(text);
    size_t shown = text_cut(text, LINE_SHOWN_MAX);
    printf("%s%s%s%.*s", is_styled ? speaker->style : "", speaker->mark, *text ? " " : "",
           (int)shown, text);
    if (shown < length)
        printf(" … and %zu bytes more; --json has them all", length - shown);
    puts(is_styled ? "\033[0m" : "");
}

/* How many lines from `first` on are of one speaker. */
static size_t count_run(const json_t *conversation, size_t first)
{
    size_t next = first;
    const struct speaker *speaker = speaker_of(json_array_get(conversation, first));
    while (next < json_array_size(conversation) &&
           speaker_of(json_array_get(conversation, next)) == speaker)
        next++;
    return next - first;
}

static void print_conversation(const json_t *conversation)
{
    bool is_styled = show_styled(stdout);
    size_t count;
    for (size_t i = 0; i < json_array_size(conversation); i += count) {
        const struct speaker *speaker = speaker_of(json_array_get(conversation, i));
        count = count_run(conversation, i);
        size_t shown = count > LINES_SHOWN + 1 ? LINES_SHOWN : count;
        for (size_t k = 0; k < shown; k++) {
            char *text = show_member(json_array_get(conversation, i + k), "text");
            print_line(speaker, text, is_styled);
            free(text);
        }
        if (shown < count)
            printf("%s … %zu lines more; --json has them all\n", speaker->mark, count - shown);
    }
    if (json_array_size(conversation) > 0)
        putchar('\n');
}

/* ---- The results ---- */

static const struct verdict {
    const char *name;
    const char *style;
    const char *says;
} verdicts[] = {
    {"DELIVERED", "\033[1;32m", "the sink works"},
    {"RETRY", "\033[1;33m", "not now, but a later try may do"},
    {"REFUSED", "\033[1;31m", "the far side does not take such an event"},
    {"DOWN", "\033[1;31m", "the far side cannot be reached, or not safely"},
    {"MISSET", "\033[1;31m", "the settings are wrong"},
    {"FAILED", "\033[1;31m", "there is no verdict"},
};

#define VERDICTS (sizeof verdicts / sizeof *verdicts)

static const struct verdict *verdict_of(const json_t *object)
{
    const char *name = json_string_value(json_object_get(object, "verdict"));
    for (size_t i = 0; i < VERDICTS; i++) {
        if (name && text_equal(verdicts[i].name, name))
            return &verdicts[i];
    }
    return &verdicts[VERDICTS - 1];
}

static json_int_t number_of(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

static void print_item(const json_t *item)
{
    char *id = show_member(item, "id");
    char *what = show_member(item, "what");
    json_int_t code = number_of(item, "code");
    printf("  %s: %s", id, verdict_of(item)->name);
    if (code)
        printf(", code %" JSON_INTEGER_FORMAT, code);
    printf("%s%s\n", *what ? ": " : "", what);
    free(id);
    free(what);
}

/* "DELIVERED: the sink works, code 200, after 83 ms" */
static void print_verdict(const json_t *result, bool is_one_of_many)
{
    const struct verdict *verdict = verdict_of(result);
    size_t events = json_array_size(json_object_get(result, "events"));
    bool has_verdict = json_is_string(json_object_get(result, "verdict"));
    json_int_t code = number_of(result, "code");
    bool is_styled = show_styled(stdout);
    printf("%s%s%s: %s", is_styled ? verdict->style : "", verdict->name, is_styled ? "\033[0m" : "",
           verdict->says);
    if (events == 0)
        printf("; the sink could not be opened");
    else if (is_one_of_many)
        printf(" (%zu event%s)", events, events == 1 ? "" : "s");
    if (code)
        printf(", code %" JSON_INTEGER_FORMAT, code);
    if (events > 0 && has_verdict)
        printf(", after %" JSON_INTEGER_FORMAT " ms", number_of(result, "ms"));
    putchar('\n');
}

static void print_result(const json_t *result, bool is_one_of_many)
{
    const json_t *items = json_object_get(result, "items");
    char *what = show_member(result, "what");
    char *remedy = show_member(result, "remedy");
    char *advice = memory_format("what to do: %s", remedy);
    bool is_silent = !*what && json_array_size(items) == 0 && verdict_of(result) != verdicts;
    print_verdict(result, is_one_of_many);
    if (*what || is_silent)
        wrap_words(stdout, is_silent ? "the plugin gave no reason" : what, 2, 0, SHOW_COLUMNS);
    for (size_t i = 0; i < json_array_size(items); i++)
        print_item(json_array_get(items, i));
    if (*remedy)
        wrap_words(stdout, advice, 2, 0, SHOW_COLUMNS);
    free(what);
    free(remedy);
    free(advice);
}

/* Whether every event has arrived. */
static bool is_delivered(const json_t *result)
{
    const json_t *items = json_object_get(result, "items");
    bool delivered = verdict_of(result) == verdicts;
    for (size_t i = 0; i < json_array_size(items); i++)
        delivered = delivered && verdict_of(json_array_get(items, i)) == verdicts;
    return delivered;
}

static int show(const struct invocation *invocation, const json_t *answer)
{
    const json_t *results = json_object_get(answer, "results");
    size_t count = json_array_size(results);
    int code = count > 0 ? EXIT_DONE : EXIT_NO;
    if (!invocation->json)
        print_conversation(json_object_get(answer, "conversation"));
    for (size_t i = 0; i < count; i++) {
        const json_t *result = json_array_get(results, i);
        code = is_delivered(result) ? code : EXIT_NO;
        if (!invocation->json)
            print_result(result, count > 1);
    }
    return code;
}

static int run(const struct invocation *invocation)
{
    int code = EXIT_DONE;
    bool is_notice = invocation->values[1] != NULL;
    if (is_notice && invocation->values[0])
        return command_usage(invocation, "--notice sends no events: it cannot go with --jsonl");
    json_t *events = json_array();
    if (invocation->values[0])
        code = trial_read_file(invocation, invocation->values[0], events);
    if (code != EXIT_DONE) {
        json_decref(events);
        return code;
    }
    json_t *answer = is_notice ? trial_ask_notice(invocation, &code)
                               : trial_ask(invocation, "test", json_incref(events), &code);
    json_decref(events);
    if (answer)
        code = show(invocation, answer);
    json_decref(answer);
    return code;
}

const struct command command_test = {
    .name = "test",
    .operands = "SINK",
    .operands_min = 1,
    .operands_max = 1,
    .summary = "Delivers a marked event by a sink, and shows all that was said",
    .help = "The event is a sample, or those of a file. It is marked as a test, and the bus\n"
            "keeps nothing of it. The sink's section is read as it stands now; what runs is\n"
            "not disturbed, and a sink with `enabled = no` can be tested. With -c that file\n"
            "is used, by the running bus if it is its own. The exit code is 0 when all was\n"
            "delivered.\n"
            "\n"
            "  * a note    > sent    < received    ! the plugin's log\n",
    .config_help = "the file whose sink it is; else that of the running bus",
    .options =
        (const struct command_option[]){
            {"jsonl", "FILE", "for the events of a file, one a line; - is stdin", false},
            {"notice", NULL, "a notice instead, as `alert_sink` gives them", false},
            {0}},
    .run = run,
};
