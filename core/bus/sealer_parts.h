/* What the two files of sealing share. See sealer.h. */
#ifndef AFFN_BUS_SEALER_PARTS_H
#define AFFN_BUS_SEALER_PARTS_H

#include <stdbool.h>

struct config;
struct json_t;

/* The keys of [bus] whose values are secrets: each a list, sealed item by item. */
bool sealer_is_bus_secret(const char *key);

/* Why nothing can be sealed by this configuration, or NULL when there is a key that seals. */
struct json_t *sealer_refuse(const struct config *config);

#endif
