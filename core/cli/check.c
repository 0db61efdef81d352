/*
 * affnotify check: every mistake in a configuration. The running bus checks its own file, with its
 * own user and credentials; for any other file affnotifyd is executed with --check.
 */
#include "core/base/limits.h"
#include "core/cli/command.h"
#include "core/cli/connection.h"
#include "core/cli/errand.h"
#include "core/cli/mistake_list.h"

static int show(const struct invocation *invocation, const json_t *answer)
{
    if (invocation->json)
        connection_print_json(answer);
    if (!connection_ok(answer)) {
        if (!invocation->json)
            connection_print_refusal(invocation, answer);
        return EXIT_NO;
    }
    if (!invocation->json)
        mistake_list_print(json_object_get(answer, "mistakes"));
    return json_integer_value(json_object_get(answer, "errors")) > 0 ? EXIT_NO : EXIT_DONE;
}

static int run(const struct invocation *invocation)
{
    static const char *const arguments[] = {"--check", "--json", NULL};
    struct errand errand = {
        .request = json_pack("{s:s}", "command", "check"),
        .arguments = arguments,
        .timeout_ms = CHECK_TIMEOUT_MS,
    };
    json_t *answer = errand_ask(invocation, &errand);
    int code = answer ? show(invocation, answer) : EXIT_UNREACHED;
    json_decref(answer);
    return code;
}

const struct command command_check = {
    .name = "check",
    .operands = "",
    .summary = "Checks a configuration and tells every mistake in it",
    .help =
        "With -c that file is checked, by the running bus if it is its own, else by affnotifyd\n"
        "--check. Without -c it is the running bus's. Each plugin is loaded and asked; nothing is\n"
        "opened or sent. The exit code is 1 when there are mistakes; warnings do not count.\n",
    .config_help = "the file to check; else that of the running bus",
    .options = (const struct command_option[]){{0}},
    .run = run,
};
