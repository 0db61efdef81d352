/* See command.h. */
#include "core/cli/command.h"

#include <assert.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/cli/show.h"
#include "core/cli/wrap.h"

/* What every command takes. Its own options follow in getopt's numbering. */
enum common_option {
    COMMON_CONFIG = 256,
    COMMON_SOCKET,
    COMMON_JSON,
    COMMON_HELP,
    COMMON_END,
};

#define OWN_OPTIONS COMMON_END
#define COMMON      (COMMON_END - COMMON_CONFIG)

static const struct option common_options[COMMON] = {
    {"config", required_argument, NULL, COMMON_CONFIG},
    {"socket", required_argument, NULL, COMMON_SOCKET},
    {"json", no_argument, NULL, COMMON_JSON},
    {"help", no_argument, NULL, COMMON_HELP},
};

static const char config_help[] = "take the bus's socket and spool from this configuration";

static const char common_help[] =
    "      --socket PATH      the bus's socket; else that of -c, $AFFNOTIFY_SOCKET,\n"
    "                         /run/affnotify/bus.sock\n"
    "      --json             print JSON, one object a line\n"
    "      --help             show this\n";

#define HELP_COLUMNS   80
#define OPTION_COLUMNS 25 /* before what an option does */

/* Paragraphs end at an empty line; a line that begins with a blank stands as it is. */
static void print_paragraphs(const char *help)
{
    char *text = memory_text(help);
    for (char *at = text; *at; at++) {
        if (at[0] == '\n' && at > text && at[-1] != '\n' && !strchr("\n ", at[1]))
            *at = ' ';
    }
    char *rest = text;
    for (char *line; (line = strsep(&rest, "\n")) && (*line || rest);)
        wrap_words(stdout, line, 0, 0, HELP_COLUMNS);
    free(text);
}

static void print_option(const char *left, const char *help)
{
    size_t used = show_width(left);
    bool is_wide = used >= OPTION_COLUMNS;
    printf("%s%s", left, is_wide ? "\n" : "");
    wrap_words(stdout, help, OPTION_COLUMNS, is_wide ? 0 : used, HELP_COLUMNS);
}

static void print_help(const struct command *command)
{
    printf("Usage: affnotify %s%s%s [OPTION…]\n\n%s.\n", command->name,
           *command->operands ? " " : "", command->operands, command->summary);
    putchar('\n');
    print_paragraphs(command->help);
    puts("\nOptions:");
    for (const struct command_option *option = command->options; option->name; option++) {
        char left[64];
        snprintf(left, sizeof left, "      --%s %s", option->name,
                 option->argument ? option->argument : "");
        print_option(left, option->help);
    }
    print_option("  -c, --config FILE", command->config_help ? command->config_help : config_help);
    fputs(common_help, stdout);
    fputs("\nExit codes: 0 done, 1 no, 2 wrong usage, 3 the bus could not be reached.\n", stdout);
}

static void say(const struct command *command, const char *format, va_list arguments)
{
    fflush(stdout); /* so that the two streams read in order where they meet */
    char *text = memory_format_list(format, arguments);
    char *shown = show_text(text); /* a file's name and what was typed may hold anything */
    for (size_t i = 0; text[i]; i++) {
        if (text[i] == '\n') /* a list of mistakes stays one */
            shown[i] = '\n';
    }
    char *line = memory_format("affnotify %s: %s", command->name, shown);
    wrap_print(stderr, show_columns(stderr), COMMAND_HANG, line);
    free(line);
    free(shown);
    free(text);
}

void command_say(const struct invocation *invocation, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say(invocation->command, format, arguments);
    va_end(arguments);
}

int command_usage(const struct invocation *invocation, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say(invocation->command, format, arguments);
    va_end(arguments);
    fprintf(stderr, "See affnotify %s --help.\n", invocation->command->name);
    return EXIT_USAGE;
}

/* Fills in getopt's table and the names for suggestions; both end with an empty row. */
static void list_options(const struct command *command, struct option *options, const char **names)
{
    memcpy(options, common_options, sizeof common_options);
    int count = COMMON;
    for (const struct command_option *own = command->options; own->name; own++) {
        assert(count - COMMON < COMMAND_OPTIONS_MAX);
        options[count] = (struct option){own->name, own->argument ? required_argument : no_argument,
                                         NULL, OWN_OPTIONS + count - COMMON};
        count++;
    }
    options[count] = (struct option){0};
    for (int i = 0; i <= count; i++)
        names[i] = options[i].name;
}

/* An option that getopt did not understand; argument is as it stands in argv. */
static int refuse_option(const struct invocation *invocation, const char *argument,
                         const char *const *names)
{
    if (optopt >= COMMON_CONFIG)
        return command_usage(invocation, "%s takes no value", argument);
    if (!text_starts(argument, "--"))
        return command_usage(invocation, "-%c is not an option of this command", optopt);
    char name[64];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(argument + 2, "="), argument + 2);
    const char *nearest = text_nearest(name, names);
    if (nearest)
        return command_usage(
            invocation, "--%s is not an option of this command; did you mean --%s?", name, nearest);
    return command_usage(invocation, "--%s is not an option of this command", name);
}

/* Where the value of getopt's option `code` belongs. */
static const char **value_place(struct invocation *invocation, int code)
{
    switch (code) {
    case 'c':
    case COMMON_CONFIG:
        return &invocation->config_path;
    case COMMON_SOCKET:
        return &invocation->socket_path;
    default:
        return &invocation->values[code - OWN_OPTIONS];
    }
}

/*
 * Keeps a value where it belongs; NULL is that of an option that takes none. -1, or the exit code
 * of a mistake.
 */
static int take_value(struct invocation *invocation, int code, const char *value)
{
    const struct command *command = invocation->command;
    const char **place = value_place(invocation, code);
    if (code >= OWN_OPTIONS && command->options[code - OWN_OPTIONS].repeats) {
        if (invocation->repeated_count == COMMAND_REPEATS_MAX)
            return command_usage(invocation, "--%s is given more than %d times",
                                 command->options[code - OWN_OPTIONS].name, COMMAND_REPEATS_MAX);
        invocation->repeated[invocation->repeated_count++] = value;
    } else if (*place && value) {
        return command_usage(invocation, "an option is given twice: “%s” and “%s”", *place, value);
    }
    *place = value ? value : "";
    return -1;
}

/* -1 when the command line is read, else the exit code to end with. */
static int read_options(struct invocation *invocation, int argc, char **argv)
{
    struct option options[COMMON + COMMAND_OPTIONS_MAX + 1];
    const char *names[COMMON + COMMAND_OPTIONS_MAX + 1];
    list_options(invocation->command, options, names);
    opterr = 0;
    optind = 1;
    int code;
    while ((code = getopt_long(argc, argv, ":c:h", options, NULL)) != -1) {
        const char *argument = argv[optind - 1];
        if (code == '?')
            return refuse_option(invocation, argument, names);
        if (code == ':')
            return command_usage(invocation, "%s needs a value", argument);
        if (code == COMMON_HELP || code == 'h') {
            print_help(invocation->command);
            return EXIT_DONE;
        }
        if (code == COMMON_JSON) {
            invocation->json = true;
            continue;
        }
        int refused = take_value(invocation, code, optarg);
        if (refused >= 0)
            return refused;
    }
    return -1;
}

int command_run(const struct command *command, int argc, char **argv)
{
    struct invocation invocation = {.command = command};
    int code = read_options(&invocation, argc, argv);
    if (code >= 0)
        return code;
    invocation.operands = argv + optind;
    invocation.operand_count = argc - optind;
    if (invocation.operand_count < command->operands_min)
        return command_usage(&invocation, "%s is missing", command->operands);
    if (invocation.operand_count > command->operands_max)
        return command_usage(&invocation, "“%s” is one argument too many",
                             invocation.operands[command->operands_max]);
    return command->run(&invocation);
}
