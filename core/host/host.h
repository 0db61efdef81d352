/*
 * The host's life: loads the plugin, speaks with the bus, and turns the loop that everything else
 * is called from. Called by main.c.
 */
#ifndef AFFN_HOST_HOST_H
#define AFFN_HOST_HOST_H

/* Speaks on fd until the bus says CLOSE or is gone; returns the program's exit status. */
int host_run(const char *sink_name, const char *plugin_path, int fd);

#endif
