/*
 * What affnotifyd can answer without a running bus: `affnotifyd --id`, `--check`, `--render` and
 * their like. It is executed, because it links what this program must not load.
 */
#ifndef AFFN_CLI_DAEMON_H
#define AFFN_CLI_DAEMON_H

#include <jansson.h>

struct buffer;
struct error;

#define DAEMON_ARGUMENTS_MAX 8

/*
 * Runs the affnotifyd that lies beside this program with the given arguments (ending with NULL) and
 * returns the JSON object it prints, to be given to json_decref; NULL with the error. Its stdin is
 * `input` (NULL for nothing), its stderr is ours.
 */
json_t *daemon_ask(const char *const *arguments, const struct buffer *input, struct error *error);

#endif
