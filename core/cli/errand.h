/*
 * A question that a running bus answers for its own configuration, and affnotifyd, executed, for
 * any other: check, render, test, plugins, describe. With -c the bus is asked first, for it may
 * have the rights that this user has not.
 */
#ifndef AFFN_CLI_ERRAND_H
#define AFFN_CLI_ERRAND_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

struct invocation;
struct buffer;

struct errand {
    json_t *request;              /* for the bus, without "config"; given up */
    const char *const *arguments; /* for affnotifyd, without -c; they end with NULL */
    const struct buffer *input;   /* its stdin: events, a line each; NULL for nothing */
    int64_t timeout_ms;
    bool bus_optional;   /* without -c and without a bus, affnotifyd is executed without either */
    bool bus_never;      /* the bus is not asked */
    bool bus_knows_more; /* without it even a good answer lacks something, and that is said */
};

/*
 * The answer, an object, to be given to json_decref; NULL when nobody gave one: then that is said,
 * and the exit code is EXIT_UNREACHED.
 */
json_t *errand_ask(const struct invocation *invocation, const struct errand *errand);

/*
 * The same for a whole command: prints what is wrong, and with --json the answer as it came, whose
 * exit code is then left to be found. NULL with *code set when there is nothing more to do.
 */
json_t *errand_command(const struct invocation *invocation, const struct errand *errand, int *code);

#endif
