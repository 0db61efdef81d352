/* The list of commands, in the order in which they are shown. */
#ifndef AFFN_CLI_COMMANDS_H
#define AFFN_CLI_COMMANDS_H

struct command;

/* Ends with NULL. */
extern const struct command *const command_list[];

#endif
