/* The keys of [bus], as a table: how each is checked, and whether this release acts on it. Pure. */
#ifndef AFFN_CONFIG_BUS_KEYS_H
#define AFFN_CONFIG_BUS_KEYS_H

#include <stdbool.h>

struct error;

struct bus_key {
    const char *name;
    int (*check)(const char *text, struct error *error);
    bool idle; /* known, but without effect in this release */
};

/* The row of a key, or NULL. */
const struct bus_key *bus_key(const char *name);

/* All names, ending with NULL. */
const char *const *bus_key_names(void);

#endif
