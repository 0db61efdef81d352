/*
 * What `render` and `test` have in common: the events that they are given, and the question to the
 * bus or to affnotifyd.
 */
#ifndef AFFN_CLI_TRIAL_H
#define AFFN_CLI_TRIAL_H

#include <jansson.h>

struct invocation;

/*
 * Each adds to a list of events: those of a file of JSON lines ("-": stdin), and one that the bus
 * has taken in, by its ID. EXIT_DONE; else what is wrong was said.
 */
int trial_read_file(const struct invocation *invocation, const char *path, json_t *events);
int trial_fetch_event(const struct invocation *invocation, const char *id, json_t *events);

/*
 * Asks for `command` ("render" or "test") of the sink that the first operand names; with an empty
 * list, for a sample. As errand_command does it; the list is given up.
 */
json_t *trial_ask(const struct invocation *invocation, const char *command, json_t *events,
                  int *code);

/* The same for a marked notice: `test SINK --notice`. */
json_t *trial_ask_notice(const struct invocation *invocation, int *code);

#endif
