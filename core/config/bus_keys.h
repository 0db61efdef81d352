/* The keys of [bus], as a table, with how each is checked. Pure. */
#ifndef AFFN_CONFIG_BUS_KEYS_H
#define AFFN_CONFIG_BUS_KEYS_H

struct error;

struct bus_key {
    const char *name;
    int (*check)(const char *text, struct error *error);
};

/* The row of a key, or NULL. */
const struct bus_key *bus_key(const char *name);

/* All names, ending with NULL. */
const char *const *bus_key_names(void);

#endif
