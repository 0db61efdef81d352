/*
 * affnotify, the operator's command: finds the command that argv names and runs it. Holds the list
 * of commands and nothing of what they do.
 */
#include <stdio.h>
#include <string.h>

#include "core/base/program.h"
#include "core/base/text.h"
#include "core/cli/command.h"

static const struct command *const commands[] = {
    &command_emit,    &command_status,   &command_trace,   &command_events, &command_dead,
    &command_replay,  &command_hold,     &command_resume,  &command_skip,   &command_forget,
    &command_id,      &command_check,    &command_reload,  &command_render, &command_test,
    &command_plugins, &command_describe, &command_refused, &command_roster, &command_reconcile,
    &command_keygen,  &command_seal,     &command_config,  &command_init,
};

#define COMMANDS (sizeof commands / sizeof *commands)

static void print_help(void)
{
    puts("Usage: affnotify COMMAND [OPTION…]\n\n"
         "Hands affiliate events to affnotifyd and tells what became of them.\n\n"
         "Commands:");
    for (size_t i = 0; i < COMMANDS; i++)
        printf("  %-9s %s\n", commands[i]->name, commands[i]->summary);
    puts("\naffnotify COMMAND --help says more about one, affnotify --version the version.");
}

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; i < COMMANDS; i++) {
        if (text_equal(commands[i]->name, name))
            return commands[i];
    }
    return NULL;
}

static int refuse_command(const char *name)
{
    const char *names[COMMANDS + 1] = {NULL};
    for (size_t i = 0; i < COMMANDS; i++)
        names[i] = commands[i]->name;
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
