/*
 * Sinks by the names that commands say: configured ones, and those that only the journal knows any
 * more. Used by the files of the commands.
 */
#ifndef AFFN_BUS_SINK_NAMES_H
#define AFFN_BUS_SINK_NAMES_H

#include <stdbool.h>

struct bus;
struct json_t;
struct sink;

/* A configured sink; NULL when there is none of this name. */
struct sink *sink_names_find(const struct bus *bus, const char *name);

/* Whether the journal knows it, configured or not. */
bool sink_names_in_journal(const struct bus *bus, const char *name);

/*
 * The refusal of a name that nobody knows, by rule `unknown_sink`, with the nearest one. `removed`:
 * that of a sink which is no longer configured would have been right, too.
 */
struct json_t *sink_names_refuse(const struct bus *bus, const char *name, bool removed);

/*
 * Reads the member `sink` of a command that needs one. NULL when there is a text, else the refusal.
 */
struct json_t *sink_names_read(const struct json_t *command, const char **name);

#endif
