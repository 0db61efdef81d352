/* What a plugin's table says of a key of a section: whether it is known, and whether it is a secret. Pure. */
#ifndef AFFN_BUS_OPTION_KIND_H
#define AFFN_BUS_OPTION_KIND_H

#include <stdbool.h>

struct message_option;
struct message_table;
struct section;

/* The plugin's option that a key belongs to: its name, or a map's name before a dot; or NULL. */
const struct message_option *option_kind_find(const struct message_table *table, const char *key);

/* Whether there is such a key, the host's own among them. */
bool option_kind_knows(const struct message_table *table, const char *key);

/* The option that a misspelt key most likely means, or NULL; capitals do not count. */
const char *option_kind_nearest(const struct message_table *table, const char *key);

/* Whether a key's values are secrets; `proxy` of a sink that makes requests may hold a password. */
bool option_kind_is_secret(const struct message_table *table, const char *key);

/* The same for a value: a proxy's URL without a password is no secret. */
bool option_kind_holds_secret(const struct message_table *table, const char *key,
                              const char *value);

/*
 * Whether an option has no effect in a section: `http_version` where every URL, of one at least, is that of a mail
 * server.
 */
bool option_kind_is_idle(const struct message_table *table, const struct section *section,
                         const struct message_option *option);

/* Whether a key's value is a list, whose items are secrets each by itself. */
bool option_kind_is_list(const struct message_table *table, const char *key);

#endif
