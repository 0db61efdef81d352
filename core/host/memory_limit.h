/*
 * How much memory this process may have. A plugin that leaks is to end its own host, and never the
 * bus: so the host has a limit, says once when it comes near, and when the machine runs out it is
 * the host that the kernel takes first.
 */
#ifndef AFFN_HOST_MEMORY_LIMIT_H
#define AFFN_HOST_MEMORY_LIMIT_H

/* Sets the limit; called once, before the plugin is loaded. */
void memory_limit_set(void);

/* Logs a warning when the process has grown past the half of it. Cheap; called every turn. */
void memory_limit_watch(void);

#endif
