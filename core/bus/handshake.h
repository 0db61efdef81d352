/*
 * A sink's section against its plugin: the part of a host's life up to CHECKED, shared by a running
 * sink, by `affnotifyd --check`, and by a trial (trial.h). Collects every mistake with its file and
 * line.
 */
#ifndef AFFN_BUS_HANDSHAKE_H
#define AFFN_BUS_HANDSHAKE_H

#include <stdbool.h>

#include "core/config/config.h"
#include "core/wire/message.h"

struct rotation;

/* Whose section, and where its mistakes are added. */
struct handshake {
    const struct config *config;
    const struct sink_config *sink;
    bool trial; /* for `render` or `test`: with a state directory of its own */
    struct mistakes *mistakes;
    bool *notices; /* NULL, or where it is told whether the plugin gives notices */
    char *secrets; /* NULL, or where the digest of what the secrets stand for is written */
    struct rotation *rotation; /* NULL, or where their keys are noted */
};

/*
 * The path of the plugin that the section names, to be freed: an absolute path as it is, a name
 * looked up in the configured directories and then in the built-in one. NULL with a mistake at the
 * section's `plugin`.
 */
char *handshake_find_plugin(const struct handshake *handshake);

/*
 * Answers TABLE: lays the tuning over the plugin's defaults, resolves the secrets, and adds OPTIONS
 * to out. -1 when the frame makes no sense.
 */
int handshake_take_table(const struct handshake *handshake, struct frame *frame,
                         struct sink_tuning *tuning, bool *makes_requests, struct buffer *out);

/* Takes CHECKED: adds its mistakes, each at its setting's place. -1 when it makes no sense. */
int handshake_take_checked(const struct handshake *handshake, struct frame *frame);

/* Takes FAILED: adds why the plugin could not be loaded. -1 when it makes no sense. */
int handshake_take_failed(const struct handshake *handshake, struct frame *frame);

#endif
