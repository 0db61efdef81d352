/*
 * affnotify, the operator's command: finds the command that argv names and runs it. Knows
 * nothing of what they do.
 */
#include <stdio.h>
#include <string.h>

#include "core/base/program.h"
#include "core/base/text.h"
#include "core/cli/command.h"
#include "core/cli/commands.h"

#define COMMANDS_MAX 64

static void print_help(void)
{
    puts("Usage: affnotify COMMAND [OPTION…]\n\n"
         "Hands affiliate events to affnotifyd and tells what became of them.\n\n"
         "Commands:");
    for (size_t i = 0; command_list[i]; i++)
        printf("  %-9s %s\n", command_list[i]->name, command_list[i]->summary);
    puts("\naffnotify COMMAND --help says more about one, affnotify --version the version.");
}

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; command_list[i]; i++) {
        if (text_equal(command_list[i]->name, name))
            return command_list[i];
    }
    return NULL;
}

static int refuse_command(const char *name)
{
    const char *names[COMMANDS_MAX + 1] = {NULL};
    for (size_t i = 0; command_list[i] && i < COMMANDS_MAX; i++)
        names[i] = command_list[i]->name;
    const char *nearest = text_nearest(name, names);
    if (*name == '-')
        fprintf(stderr, "affnotify: “%s”: options come after the command\n", name);
    else if (nearest)
        fprintf(stderr, "affnotify: “%s” is not a command; did you mean %s?\n", name, nearest);
    else
        fprintf(stderr, "affnotify: “%s” is not a command\n", name);
    fputs("See affnotify --help.\n", stderr);
    return EXIT_USAGE;
}

static int run(int argc, char **argv)
{
    if (argc < 2) {
        fputs("affnotify: which command? See affnotify --help.\n", stderr);
        return EXIT_USAGE;
    }
    if (text_equal(argv[1], "--help") || text_equal(argv[1], "-h") || text_equal(argv[1], "help")) {
        print_help();
        return EXIT_DONE;
    }
    if (text_equal(argv[1], "--version")) {
        puts("affnotify " AFFN_VERSION);
        return EXIT_DONE;
    }
    const struct command *command = find_command(argv[1]);
    return command ? command_run(command, argc - 1, argv + 1) : refuse_command(argv[1]);
}

int main(int argc, char **argv)
{
    program_hold_standard_fds();
    int code = run(argc, argv);
    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    fputs("affnotify: not all output could be written\n", stderr);
    return code == EXIT_DONE ? EXIT_NO : code;
}
