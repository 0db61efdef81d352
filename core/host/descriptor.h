/*
 * A plugin's description, checked field by field and copied into structs of our own size. Pure, but
 * that it calls the sink's `extension`. It trusts nothing beyond the sizes that the plugin states.
 * Called by loader.c.
 */
#ifndef AFFN_HOST_DESCRIPTOR_H
#define AFFN_HOST_DESCRIPTOR_H

#include <affnotify/sink.h>

#include "core/host/plugin.h"

struct error;

/*
 * 0, or -1 with one sentence about the first thing that is wrong. `raw` may be of an older
 * revision. Fills in all of plugin but its library; to be given to descriptor_finish in any case.
 */
int descriptor_read(const struct affn_sink *raw, struct plugin *plugin, struct error *error);
void descriptor_finish(struct plugin *plugin);

#endif
