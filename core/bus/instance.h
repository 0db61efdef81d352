/* One bus for one state directory: making the directory, and keeping a second bus out of it. */
#ifndef AFFN_BUS_INSTANCE_H
#define AFFN_BUS_INSTANCE_H

struct config;
struct error;

/*
 * Makes the state directory, the spool and the socket's directory, and locks the first. Returns the
 * lock's descriptor, to be kept open as long as the bus lives; -1 when another bus has it, naming
 * its pid, or it cannot be made.
 */
int instance_lock(const struct config *config, struct error *error);

#endif
