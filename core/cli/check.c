/*
 * affnotify check: every mistake in a configuration. The running bus checks its own file, with its
 * own user and credentials; for any other file affnotifyd is executed with --check.
 */
#include <stdlib.h>

#include "core/base/limits.h"
#include "core/cli/command.h"
#include "core/cli/connection.h"
#include "core/cli/errand.h"
#include "core/cli/show.h"

static json_int_t member_count(const json_t *answer, const char *key)
{
    return json_integer_value(json_object_get(answer, key));
}

static void print_mistakes(const json_t *answer)
{
    const json_t *mistakes = json_object_get(answer, "mistakes");
    for (size_t i = 0; i < json_array_size(mistakes); i++) {
        const json_t *mistake = json_array_get(mistakes, i);
        char *message = show_member(mistake, "message");
        bool is_warning = json_is_true(json_object_get(mistake, "warning"));
        printf("%s%s\n", message, is_warning ? " (warning)" : "");
        free(message);
    }
    json_int_t errors = member_count(answer, "errors");
    json_int_t warnings = member_count(answer, "warnings");
    printf("%" JSON_INTEGER_FORMAT " mistake%s, %" JSON_INTEGER_FORMAT " warning%s\n", errors,
           errors == 1 ? "" : "s", warnings, warnings == 1 ? "" : "s");
}

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
        print_mistakes(answer);
    return member_count(answer, "errors") > 0 ? EXIT_NO : EXIT_DONE;
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
