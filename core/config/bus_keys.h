/*
 * The keys of [bus], as a table: how each is checked, its default, and what it is for. Pure.
 */
#ifndef AFFN_CONFIG_BUS_KEYS_H
#define AFFN_CONFIG_BUS_KEYS_H

#include <stdbool.h>
#include <stddef.h>

struct error;

struct bus_key {
    const char *name;
    int (*check)(const char *text, struct error *error);
    const char *fallback; /* the default as text; NULL for none */
    const char *help;     /* one sentence */
    bool secret;          /* a list of secrets, each sealed by itself */
    bool decides;         /* sinks cannot be judged when it is wrong: see config.h, is_certain */
};

/* The row of a key, or NULL. */
const struct bus_key *bus_key(const char *name);

/* All of them, in the order in which they are shown. */
const struct bus_key *bus_keys(size_t *count);

/* All names, ending with NULL. */
const char *const *bus_key_names(void);

#endif
