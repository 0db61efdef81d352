/* affnotify keygen FILE: a new key for sealed values. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/base/error.h"
#include "core/cli/command.h"
#include "core/cli/connection.h"
#include "core/cli/daemon.h"
#include "core/cli/folders.h"
#include "core/cli/show.h"
#include "core/cli/wrap.h"
#include "core/config/config_option.h"

/* What comes next; the key itself is never shown. */
static void hint(const struct invocation *invocation, const json_t *answer)
{
    char *path = show_member(answer, "path");
    char *id = show_member(answer, "key");
    const json_t *folders = json_object_get(answer, "made_folders");
    size_t columns = show_columns(stderr);
    folders_print(stderr, folders);
    command_say(invocation,
                "made the key %s in %s. Write this into [bus]:\n\n    secret_key = %s\n", id, path,
                path);
    wrap_print(stderr, columns, 0,
               "Where there is a key already, write the new one before it, with a comma between; "
               "then `affnotify seal --in-place --again`, `affnotify reload`, and take the old one "
               "away.\n\n"
               "Keep a copy in a safe place, apart from the configuration: without it nothing that "
               "was sealed by it can be opened.");
    if (geteuid() == 0) {
        wrap_print(stderr, columns, 0,
                   "\nIt belongs to root. affnotifyd must be able to read it, so give it to the "
                   "user that affnotifyd runs as:");
        folders_print_steps(stderr, folders);
        char *quoted = config_quoted(path);
        fprintf(stderr, "  chown affnotify %s\n", quoted);
        free(quoted);
    }
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
        "The file gets a new random key of 256 bits and the mode 0600; a folder that it lacks is "
        "made\n"
        "with the mode 0750. A file that is there already is never overwritten. Name it in "
        "`secret_key` of [bus]: of several, with commas or blanks\n"
        "between them, the first seals and all open. To replace a key, make another, write it\n"
        "before the old one, run `affnotify seal --in-place --again`, and take the old one away.\n",
    .config_help = "not used by this command",
    .options = (const struct command_option[]){{0}},
    .run = run,
};
