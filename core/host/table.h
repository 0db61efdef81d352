/*
 * TABLE: what a loaded plugin is and which options it has; after its own, for a sink that makes
 * requests, those of the host. Pure. Called by host.c.
 */
#ifndef AFFN_HOST_TABLE_H
#define AFFN_HOST_TABLE_H

struct buffer;
struct plugin;

/* Adds the frame; -1 when it is too long for one. */
int table_put(const struct plugin *plugin, struct buffer *out);

#endif
