/*
 * What a command of `affnotify` is: its words, its options as a table, and the function that does
 * it. One file holds one command; main.c has the list. The help of every command is made from its
 * table.
 */
#ifndef AFFN_CLI_COMMAND_H
#define AFFN_CLI_COMMAND_H

#include <stdbool.h>

/* The program's exit codes. */
enum {
    EXIT_DONE = 0,
    EXIT_NO = 1,
    EXIT_USAGE = 2,
    EXIT_UNREACHED = 3, /* the bus could not be reached */
};

#define COMMAND_OPTIONS_MAX 12
#define COMMAND_HANG        2 /* blanks before what goes on of a line of command_say */
#define COMMAND_REPEATS_MAX 64

struct command_option {
    const char *name;
    const char *argument; /* what stands for its value in the help; NULL: it takes none */
    const char *help;
    bool repeats; /* may be given often: at most one of a command's options */
};

struct invocation;

struct command {
    const char *name;
    const char *operands; /* as the help shows them; "" for none */
    int operands_min;
    int operands_max;
    const char *summary;                  /* one line for the list of commands */
    const char *help;                     /* what else there is to say */
    const char *config_help;              /* what -c means when it is more than where the bus is */
    const struct command_option *options; /* beside the common ones; ends with a NULL name */
    int (*run)(const struct invocation *invocation);
};

/* One call of a command, read from the command line. Everything points into argv. */
struct invocation {
    const struct command *command;
    const char *config_path; /* -c; NULL when not given */
    const char *socket_path; /* --socket; NULL when not given */
    bool json;
    const char *values[COMMAND_OPTIONS_MAX];   /* of command->options, in their order; or NULL; ""
                                                for one that takes none and was given */
    const char *repeated[COMMAND_REPEATS_MAX]; /* of the option that repeats */
    int repeated_count;
    char **operands;
    int operand_count;
};

extern const struct command command_check;
extern const struct command command_config;
extern const struct command command_dead;
extern const struct command command_describe;
extern const struct command command_emit;
extern const struct command command_events;
extern const struct command command_forget;
extern const struct command command_hold;
extern const struct command command_id;
extern const struct command command_init;
extern const struct command command_keygen;
extern const struct command command_plugins;
extern const struct command command_reconcile;
extern const struct command command_refused;
extern const struct command command_reload;
extern const struct command command_render;
extern const struct command command_replay;
extern const struct command command_resume;
extern const struct command command_roster;
extern const struct command command_seal;
extern const struct command command_skip;
extern const struct command command_status;
extern const struct command command_test;
extern const struct command command_trace;

/*
 * Reads the command line behind the command's name (argv[0] is that name) and runs it. Returns the
 * exit code.
 */
int command_run(const struct command *command, int argc, char **argv);

/* A line on stderr: `affnotify emit: …`. */
void command_say(const struct invocation *invocation, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The same for a mistake in the command line, with a hint at --help; returns EXIT_USAGE. */
int command_usage(const struct invocation *invocation, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
