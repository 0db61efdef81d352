/*
 * affnotify hold SINK and affnotify resume SINK: an operator's hand on a sink. Its events wait in
 * the journal meanwhile.
 */
#include <stdlib.h>

#include "core/base/text.h"
#include "core/cli/command.h"
#include "core/cli/connection.h"
#include "core/cli/show.h"

/* The answer to `hold` or `resume`; NULL with *code set when there is nothing more to do. */
static json_t *ask(const struct invocation *invocation, int *code)
{
    json_t *request = json_pack("{s:s, s:s}", "command", invocation->command->name, "sink",
                                invocation->operands[0]);
    if (request)
        return connection_command(invocation, request, code);
    *code = command_usage(invocation, "the sink's name is not valid UTF-8");
    return NULL;
}

static int run_hold(const struct invocation *invocation)
{
    int code;
    json_t *answer = ask(invocation, &code);
    char *name = show_member(answer, "sink");
    if (answer)
        printf(json_is_true(json_object_get(answer, "changed"))
                   ? "%s is held: nothing more goes to it until affnotify resume %s\n"
                   : "%s was held already; affnotify resume %s ends it\n",
               name, name);
    free(name);
    json_decref(answer);
    return code;
}

static int run_resume(const struct invocation *invocation)
{
    int code;
    json_t *answer = ask(invocation, &code);
    char *name = show_member(answer, "sink");
    char *state = show_member(answer, "state");
    bool changed = json_is_true(json_object_get(answer, "changed"));
    if (answer && !changed)
        printf("%s was not held\n", name);
    else if (answer && (text_equal(state, "held") || text_equal(state, "open")))
        printf("%s is resumed: one batch goes first and shows whether it gets through; see "
               "affnotify status\n",
               name);
    else if (answer)
        printf("%s is resumed, and is %s; see affnotify status\n", name, state);
    free(name);
    free(state);
    json_decref(answer);
    return code;
}

const struct command command_hold = {
    .name = "hold",
    .operands = "SINK",
    .operands_min = 1,
    .operands_max = 1,
    .summary = "Holds a sink: its events wait until resume",
    .help =
        "What is on its way is finished; nothing more goes out. The hold outlasts a restart of\n"
        "affnotifyd. Every other sink goes on.\n",
    .options = (const struct command_option[]){{0}},
    .run = run_hold,
};

const struct command command_resume = {
    .name = "resume",
    .operands = "SINK",
    .operands_min = 1,
    .operands_max = 1,
    .summary = "Ends a hold, whoever began it",
    .help = "One batch goes out at once. When it gets through, the rest follows; else the sink is\n"
            "held again, and status says why. A sink that could not open tries that at once.\n",
    .options = (const struct command_option[]){{0}},
    .run = run_resume,
};
