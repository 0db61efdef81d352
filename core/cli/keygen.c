/* affnotify keygen FILE: a new key for sealed values. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/base/error.h"
#include "core/cli/command.h"
#include "core/cli/connection.h"
#include "core/cli/daemon.h"
#include "core/cli/show.h"

/* What comes next; the key itself is never shown. */
static void hint(const struct invocation *invocation, const json_t *answer)
{
    char *path = show_member(answer, "path");
    char *id = show_member(answer, "key");
    command_say(invocation,
                "made the key %s in %s. Write this into [bus]:\n\n    secret_key = %s\n", id, path,
                path);
    fputs("Where there is a key already, write the new one before it, with a comma between; then\n"
          "affnotify seal --in-place --again, affnotify reload, and take the old one away.\n\n"
          "Keep a copy in a safe place, apart from the configuration: without it nothing that was\n"
          "sealed by it can be opened.\n",
          stderr);
    if (geteuid() == 0)
        fprintf(stderr,
                "It belongs to root. affnotifyd must be able to read it: give it to the user that\n"
                "affnotifyd runs as, like `chown affnotify %s`.\n",
                path);
    free(path);
    free(id);
}

static int run(const struct invocation *invocation)
{
    struct error error;
    json_t *answer =
        daemon_ask((const char *const[]){"--keygen", invocation->operands[0], NULL}, NULL, &error);
    if (!answer) {
        command_say(invocation, "%s", error.text);
        return EXIT_NO;
    }
    int code = connection_ok(answer) ? EXIT_DONE : EXIT_NO;
    if (invocation->json)
        connection_print_json(answer);
    else if (code == EXIT_NO)
        connection_print_refusal(invocation, answer);
    else
        hint(invocation, answer);
    json_decref(answer);
    return code;
}

const struct command command_keygen = {
    .name = "keygen",
    .operands = "FILE",
    .operands_min = 1,
    .operands_max = 1,
    .summary = "Makes a key file for sealed values",
    .help =
        "The file gets a new random key of 256 bits and the mode 0600. One that is there already "
        "is\n"
        "never overwritten. Name it in `secret_key` of [bus]: of several, with commas or blanks\n"
        "between them, the first seals and all open. To replace a key, make another, write it\n"
        "before the old one, run `affnotify seal --in-place --again`, and take the old one away.\n",
    .config_help = "not used by this command",
    .options = (const struct command_option[]){{0}},
    .run = run,
};
