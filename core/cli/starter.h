/*
 * The configuration that `affnotify init` writes: comments, settings, and switched-off defaults, from
 * the bus's table of keys and what plugins describe of themselves. Writes into a stream, asks nothing.
 */
#ifndef AFFN_CLI_STARTER_H
#define AFFN_CLI_STARTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <jansson.h>

/* A value for one of a plugin's own options. */
struct starter_answer {
    const char *key;
    char *value; /* as it is meant; quoted where the file needs it */
};

struct starter_sink {
    const char *name;
    const char *plugin;  /* as the section names it */
    const json_t *about; /* the answer to `describe` */
    struct starter_answer *answers;
    size_t answer_count;
};

/* The head of the file and [bus]; path is the file's own. */
void starter_write_bus(FILE *out, const char *path, const char *key_path);

/* A section. A required option without an answer is a blank, FILL-IN. */
void starter_write_sink(FILE *out, const struct starter_sink *sink);

/*
 * Whether an option is worth a question: one that many need, and that has no default to live with. Of a
 * map nobody knows the keys.
 */
bool starter_asks(const json_t *option);

bool starter_is_secret(const json_t *option);

/* A value as it stands in the file, to be freed; NULL for one that no line of it can hold. */
char *starter_value(const char *value);

#endif
