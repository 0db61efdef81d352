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
    json_t *made_folders; /* paths */
    struct init_sink sinks[SINKS_MAX];
    size_t sink_count;
};

/* Says what is wrong; -1. */
int init_fail(const struct init *init, const struct error *error);

/* affnotifyd's answer when it is "ok"; else NULL, and what is wrong was said. */
json_t *init_ask_daemon(const struct init *init, const char *const *arguments,
                        const struct buffer *input);

/* From the command line, or asked for. The exit code; what is wrong was said. */
int init_find_sinks(struct init *init);

/* With their answers, which are wiped. */
void init_drop_sinks(struct init *init);

/* What `affnotifyd --check` answers for a sink and the answers so far; NULL when it does not. */
json_t *init_check(const struct init_sink *sink);

/* What is wrong with a key in that answer, to be freed; NULL for nothing, and for NULL. */
char *init_reason(const json_t *checked, const char *key);

/* Each returns -1 when what is wrong was said. */
int init_ask_all(struct init *init);
int init_make(struct init *init);

#endif
