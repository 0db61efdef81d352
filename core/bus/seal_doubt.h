/*
 * Whether a value that `affnotify seal --in-place` leaves as it stands may be a secret all the same: below a
 * key that is not there, or in a URL. Says why; never says anything of the value. Pure.
 */
#ifndef AFFN_BUS_SEAL_DOUBT_H
#define AFFN_BUS_SEAL_DOUBT_H

struct message_table;
struct sink_config;

/*
 * Of a key of a sink's section that is not the bus's own: the reason, to be freed, or NULL when there is
 * no doubt. The table is NULL when the plugin could not be loaded. `option` is of config_option.
 */
char *seal_doubt(const struct message_table *table, const struct sink_config *sink, const char *key,
                 const char *value, const char *option);

/* Of any other key: only what is in its URLs. */
char *seal_doubt_url(const char *key, const char *value);

#endif
