/*
 * The bus's own keys of a sink's section, as a table: how each is read, its default, and whether
 * this release acts on it. config.c checks sections with it; config_tune_sink lays the layers over
 * one another.
 */
#ifndef AFFN_CONFIG_TUNING_H
#define AFFN_CONFIG_TUNING_H

#include <stdbool.h>

struct error;
struct sink_tuning;

struct tuning_key {
    const char *name;
    int (*read)(const char *text, struct sink_tuning *tuning, struct error *error);
    const char *fallback; /* the default as text; NULL: the key is required */
    bool section_only;    /* a plugin's defaults cannot hold it */
    bool idle;            /* anything but the default has no effect in this release */
};

/* The row of a key, or NULL. */
const struct tuning_key *tuning_key(const char *name);

/* Whether a sink can be called so: 1 to 63 bytes of [a-z0-9_-], a letter or digit first. */
bool tuning_is_sink_name(const char *name);

#endif
