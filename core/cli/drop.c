/* See drop.h. */
#include "core/cli/drop.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/base/limits.h"
#include "core/base/memory.h"
#include "core/cli/choice.h"
#include "core/cli/command.h"
#include "core/cli/connection.h"
#include "core/cli/show.h"

/* "1 dead letter", "12 dead letters"; to be freed. */
static char *letters(const json_t *answer)
{
    json_int_t count = json_integer_value(json_object_get(answer, "dropped"));
    return memory_format("%lld dead letter%s", (long long)count, count == 1 ? "" : "s");
}

static void print(const json_t *answer)
{
    char *sink = show_member(answer, "sink");
    char *dropped = letters(answer);
    if (json_integer_value(json_object_get(answer, "dropped")) > 0)
        fprintf(stderr, "%s of %s would be dropped: listed no longer, and kept in the trace.\n",
                dropped, sink);
    else
        fprintf(stderr, "There is no dead letter of %s to drop.\n", sink);
    free(sink);
    free(dropped);
}

static char *question(const json_t *answer)
{
    char *sink = show_member(answer, "sink");
    char *dropped = letters(answer);
    char *text = memory_format("Drop %s of %s?", dropped, sink);
    free(sink);
    free(dropped);
    return text;
}

static int drop(const struct invocation *invocation, json_t *request)
{
    int code;
    json_t *answer = connection_answer(invocation, request, REPLAY_TIMEOUT_MS, &code);
    if (answer && !invocation->json) {
        char *sink = show_member(answer, "sink");
        char *dropped = letters(answer);
        printf("%s of %s dropped\n", dropped, sink);
        free(sink);
        free(dropped);
    }
    json_decref(answer);
    return code;
}

int drop_run(const struct invocation *invocation, const struct choice *choice, bool yes)
{
    static const struct choice_words words = {
        .count = "dropped",
        .print = print,
        .question = question,
        .otherwise = "nothing was dropped",
    };
    int code;
    json_t *request = choice_request(invocation, "drop", choice);
    if (!request)
        return EXIT_USAGE;
    if (yes || choice_confirm(invocation, request, &words, &code))
        return drop(invocation, request);
    json_decref(request);
    return code;
}
