/*
 * affnotify check: every mistake in a configuration. The running bus checks its own file, with its
 * own user and credentials; for any other file affnotifyd is executed with --check.
 */
#include <pwd.h>
#include <stdbool.h>
#include <unistd.h>

#include "core/base/limits.h"
#include "core/base/text.h"
#include "core/cli/command.h"
#include "core/cli/connection.h"
#include "core/cli/errand.h"
#include "core/cli/mistake_list.h"

enum { OPTION_ONLINE };

static const struct command_option options[] = {
    [OPTION_ONLINE] = {.name = "online", .help = "also ask name servers for the hosts of sinks"},
    {0},
};

/* Whose eyes it was seen with is worth a line when they are not ours. */
static void show_user(const struct invocation *invocation, const json_t *answer)
{
    const char *seen_by = json_string_value(json_object_get(answer, "user"));
    const struct passwd *us = getpwuid(geteuid());
    if (seen_by && us && !text_equal(seen_by, us->pw_name))
        command_say(invocation, "looked as the user %s", seen_by);
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
        mistake_list_print(json_object_get(answer, "mistakes"));
    if (!invocation->json)
        show_user(invocation, answer);
    return json_integer_value(json_object_get(answer, "errors")) > 0 ? EXIT_NO : EXIT_DONE;
}

static int run(const struct invocation *invocation)
{
    bool online = invocation->values[OPTION_ONLINE];
    const char *const arguments[] = {"--check", "--json", online ? "--online" : NULL, NULL};
    struct errand errand = {
        .request = online ? json_pack("{s:s,s:b}", "command", "check", "online", 1)
                          : json_pack("{s:s}", "command", "check"),
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
    .help = "With -c that file is checked, by the running bus if it is its own, else by\n"
            "affnotifyd --check. Without -c it is the running bus's. Each plugin is loaded\n"
            "and asked; nothing is delivered or changed. It also sees who can read what is\n"
            "secret, whether files can be written, how long certificates last, and whether\n"
            "two sinks have one place. Root looks as the owner of the state folder. The\n"
            "exit code is 1 when there are mistakes; warnings do not count.\n",
    .config_help = "the file to check; else that of the running bus",
    .options = options,
    .run = run,
};
