/*
 * A sink's section against its plugin: the part of a host's life up to CHECKED, shared by a running
 * sink and by `affnotifyd --check`. Collects every mistake with its file and line.
 */
#ifndef AFFN_BUS_HANDSHAKE_H
#define AFFN_BUS_HANDSHAKE_H

#include <stdbool.h>

#include "core/config/config.h"
#include "core/wire/message.h"

struct error;

/*
 * The path of the plugin that a section names: an absolute path as it is, a name looked up in the
 * configured directories and then in the built-in one. NULL with a mistake at the section's
 * `plugin`.
 */
char *handshake_find_plugin(const struct config *config, const struct sink_config *sink,
                            struct mistakes *mistakes);

/*
 * Answers TABLE: lays the tuning over the plugin's defaults, resolves the secrets, and adds OPTIONS
 * to out. -1 when the frame makes no sense.
 */
int handshake_take_table(const struct config *config, const struct sink_config *sink,
                         struct frame *frame, struct sink_tuning *tuning, bool *makes_requests,
                         struct buffer *out, struct mistakes *mistakes);

/* Takes CHECKED: adds its mistakes, each at its setting's place. -1 when it makes no sense. */
int handshake_take_checked(const struct sink_config *sink, struct frame *frame,
                           struct mistakes *mistakes);

/* Takes FAILED: adds why the plugin could not be loaded. -1 when it makes no sense. */
int handshake_take_failed(const struct sink_config *sink, struct frame *frame,
                          struct mistakes *mistakes);

#endif
