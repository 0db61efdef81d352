/*
 * Which events an operator means, and the question before anything is done with them: what
 * `replay` and `dead --drop` share.
 */
#ifndef AFFN_CLI_CHOICE_H
#define AFFN_CLI_CHOICE_H

#include <stdbool.h>

#include <jansson.h>

struct invocation;

/* The rows of their tables of options that are the same. */
#define CHOICE_SINCE                                                                               \
    {                                                                                              \
        .name = "since", .argument = "T",                                                          \
        .help = "only what came in then or later: 2026-03-18, 2h, …"                             \
    }
#define CHOICE_UNTIL                                                                               \
    {                                                                                              \
        .name = "until", .argument = "T", .help = "only what came in before"                       \
    }
#define CHOICE_EVENT                                                                               \
    {                                                                                              \
        .name = "event", .argument = "ID", .help = "only this event"                               \
    }
#define CHOICE_EMAIL                                                                               \
    {                                                                                              \
        .name = "email", .argument = "E", .help = "only events of this affiliate"                  \
    }

/* Of every command that asks. */
#define CHOICE_YES                                                                                 \
    {                                                                                              \
        .name = "yes", .help = "do not ask; needed without a terminal"                             \
    }

/* Values of options; NULL for those not given. */
struct choice {
    const char *sink;
    const char *since;
    const char *until;
    const char *event; /* an ID */
    const char *email;
};

/*
 * Whether an address stands where an event's ID belongs: then the usage message was shown, with the
 * command that finds the ID. `id` may be NULL.
 */
bool choice_is_address(const struct invocation *invocation, const char *id);

/*
 * The request for this command of the bus, to be given up. NULL when the usage message was shown.
 */
json_t *choice_request(const struct invocation *invocation, const char *command,
                       const struct choice *choice);

/* "1 event", "12 events"; to be freed. */
char *choice_events(const json_t *answer, const char *key);

/* Asks on the terminal; true for yes. */
bool choice_ask(const char *question);

/* How a command puts what would be done. */
struct choice_words {
    const char *count;                       /* the member of an answer that says how many; NULL:
                                                there is always something */
    void (*print)(const json_t *answer);     /* on stderr: what would be done, in whole sentences */
    char *(*question)(const json_t *answer); /* to be freed */
    const char *otherwise;                   /* "nothing was sent" */
};

/*
 * Has the bus count, and asks on a terminal. True when the operator wants it; else *code is
 * the exit code and something was said: without a terminal to ask on, what would be done.
 */
bool choice_confirm(const struct invocation *invocation, json_t *request,
                    const struct choice_words *words, int *code);

#endif
