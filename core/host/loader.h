/*
 * Loads a plugin's file with care: the file is opened once, looked at, and that same open file is
 * loaded, so that nobody can put another in its place between the look and the load. Called by
 * host.c at start.
 */
#ifndef AFFN_HOST_LOADER_H
#define AFFN_HOST_LOADER_H

#include "core/host/plugin.h"

struct error;

/*
 * 0, or -1 with a sentence that begins with the path. plugin is to be given to descriptor_finish in
 * any case; the library itself stays loaded until the process ends.
 */
int loader_load(const char *path, struct plugin *plugin, struct error *error);

#endif
