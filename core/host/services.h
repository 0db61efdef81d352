/*
 * What the host does for a plugin: struct affn_host. Its functions take no context, so what they
 * need is kept here, once a process. Called by plugins, and by the host itself for its own log
 * lines.
 */
#ifndef AFFN_HOST_SERVICES_H
#define AFFN_HOST_SERVICES_H

#include <affnotify/sink.h>
#include <stdbool.h>

struct blot;
struct link;

/*
 * Both are borrowed, and every secret that comes into `secrets` later is kept out of the log too.
 */
void services_init(const char *sink_name, struct link *link, const struct blot *secrets);
void services_finish(void);

/* The face that plugins see. */
const struct affn_host *services_face(void);

/* Where the sink's own directory is to be; made when a plugin first asks. Copied. */
void services_set_state_dir(const char *path);

/* Until it is allowed, in `check` and before, state_dir() gives NULL. */
void services_allow_state_dir(void);

/* Whether the plugin is told that this is a trial: the extension AFFN_TRIAL. */
void services_set_trial(bool trial);

/*
 * One line of the host's own into the bus's log: LOG goes out at once, in case what follows
 * crashes.
 */
void services_log(int32_t level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
