/* What the files of `affnotify init` share. See init.c. */
#ifndef AFFN_CLI_INIT_PARTS_H
#define AFFN_CLI_INIT_PARTS_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "core/base/limits.h"
#include "core/cli/starter.h"

struct buffer;
struct error;
struct invocation;

struct init_sink {
    char *name;
    char *plugin; /* as it was asked for; a path made absolute */
    json_t *about;
    struct starter_answer *answers;
    size_t answer_count;
};

struct init {
    const struct invocation *invocation;
    bool asks;
    char *path;     /* all absolute */
    char *folder;   /* without a slash at its end */
    char *key_path; /* beside the file */
    bool made_key;
    struct init_sink sinks[SINKS_MAX];
    size_t sink_count;
};

/* Says what is wrong; -1. */
int init_fail(const struct init *init, const struct error *error);

/* affnotifyd's answer when it is "ok"; else NULL, and what is wrong was said. */
json_t *init_ask_daemon(const struct init *init, const char *const *arguments,
                        const struct buffer *input);

/* Each returns -1 when what is wrong was said. */
int init_ask_all(struct init *init);
int init_make(struct init *init);

#endif
