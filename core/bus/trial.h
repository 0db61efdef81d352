/*
 * `affnotifyd --render SINK`, `--test SINK` and `--test-notice SINK`: a fresh host for one section
 * of the file, beside whatever runs, shows what it would send, or delivers marked events or a marked
 * notice and tells all that was said. Opens no journal and no socket. Whatever the host does, there
 * is one JSON object at the end.
 */
#ifndef AFFN_BUS_TRIAL_H
#define AFFN_BUS_TRIAL_H

#include <stdbool.h>

enum trial_kind {
    TRIAL_RENDER,
    TRIAL_TEST,
    TRIAL_NOTICE, /* a test of a notice instead of events */
};

/* Prints the answer; with_events: for the events on stdin, else for a sample. The exit status. */
int trial_main(const char *config_path, enum trial_kind kind, const char *sink_name,
               bool with_events);

#endif
