/*
 * Optional members of a command on the socket, read strictly. Each gives NULL, or the refusal of
 * what is there but is not of its type. Called by the files of the commands.
 */
#ifndef AFFN_BUS_MEMBER_H
#define AFFN_BUS_MEMBER_H

#include <stdbool.h>

struct json_t;

/* *text is NULL when the member is absent; it may not hold NUL, and belongs to the command. */
struct json_t *member_read_text(const struct json_t *command, const char *name, const char **text);

/* *value is false when the member is absent. */
struct json_t *member_read_bool(const struct json_t *command, const char *name, bool *value);

#endif
