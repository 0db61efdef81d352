/*
 * One question to the bus and its answer, for the commands that ask (`emit` has its own ways).
 * Never waits beyond the time it is given.
 */
#ifndef AFFN_CLI_CONNECTION_H
#define AFFN_CLI_CONNECTION_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

struct error;
struct invocation;
struct line_client;

/*
 * Connects; on failure the sentence says what to do about it. The deadline is a moment of
 * clock_mono_ms.
 */
int connection_open(struct line_client *client, const char *socket_path, int64_t deadline_mono_ms,
                    struct error *error);

/*
 * Sends the request and returns the bus's answer, an object, to be given to json_decref; NULL with
 * the error when the bus could not be reached or what answered is not one. The request is given up.
 */
json_t *connection_ask(const char *socket_path, json_t *request, int64_t timeout_ms,
                       struct error *error);

/*
 * The same for a whole command: finds the target, asks, and says what is wrong when nobody answers:
 * then NULL with *code set. With names_config and -c the request gets the file's absolute path as
 * `config`, and what is wrong with the file is left to the bus.
 */
json_t *connection_reply(const struct invocation *invocation, json_t *request, bool names_config,
                         int64_t timeout_ms, int *code);

/*
 * Also prints a refusal, and with --json the answer as it came. NULL with *code set when the answer
 * is not "ok" or there is none.
 */
json_t *connection_answer(const struct invocation *invocation, json_t *request, int64_t timeout_ms,
                          int *code);

/* The same for most commands: NULL also with --json, since there is nothing more to do then. */
json_t *connection_command(const struct invocation *invocation, json_t *request, int *code);

/* Whether the answer's "ok" is true. */
int connection_ok(const json_t *answer);

/* Prints the answer as one line, or, when it is a refusal, its message to stderr. */
void connection_print_json(const json_t *answer);
void connection_write_json(const json_t *value); /* the same without a line's end */
void connection_print_refusal(const struct invocation *invocation, const json_t *answer);

#endif
