/*
 * The bus's own keys of a sink's section, as a table: how each is read, and its default. config.c
 * checks sections with it; config_tune_sink lays the layers over one another.
 */
#ifndef AFFN_CONFIG_TUNING_H
#define AFFN_CONFIG_TUNING_H

#include <stdbool.h>
#include <stddef.h>

struct error;
struct sink_tuning;

struct tuning_key {
    const char *name;
    int (*read)(const char *text, struct sink_tuning *tuning, struct error *error);
    const char *fallback; /* the default as text; NULL: the key is required */
    const char *help;     /* one sentence */
    bool section_only;    /* a plugin's defaults cannot hold it */
};

/* The row of a key, or NULL. */
const struct tuning_key *tuning_key(const char *name);

/* All of them, in the order in which they are shown. */
const struct tuning_key *tuning_keys(size_t *count);

/*
 * The default of a key as text, for a plugin with such defaults of its own; to be freed. NULL when
 * the key is required.
 */
char *tuning_default(const struct tuning_key *key, const char *plugin_defaults);

/* Whether a sink can be called so: 1 to 63 bytes of [a-z0-9_-], a letter or digit first. */
bool tuning_is_sink_name(const char *name);

#endif
