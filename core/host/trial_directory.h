/*
 * The directory of a sink's own in a trial. Whoever runs `affnotify test` without a bus, root most
 * likely, must not leave anything behind that the bus's user cannot use later: the bus's state is
 * never made here, and what is made below it belongs to whom the state belongs. Called by
 * services.c.
 */
#ifndef AFFN_HOST_TRIAL_DIRECTORY_H
#define AFFN_HOST_TRIAL_DIRECTORY_H

struct error;

/* Makes STATE/sinks/NAME.test as far as it is not there; 0, or -1 with the error. */
int trial_directory_make(const char *path, struct error *error);

#endif
