/*
 * What is wrong with a sink's options: collected by options.c and by the plugin's own `check`, sent
 * to the bus in one CHECKED. Secrets are blotted out when they are sent, not when they are found.
 */
#ifndef AFFN_HOST_FINDINGS_H
#define AFFN_HOST_FINDINGS_H

#include <affnotify/sink.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/wire/message.h"

struct blot;
struct buffer;

struct findings {
    struct affn_mistakes face; /* what the plugin's `check` gets; first, so that it can be found */
    struct message_mistake *items;
    uint32_t count;
    uint32_t errors; /* those that are no warnings */
    uint32_t left_out;
};

void findings_init(struct findings *findings);
void findings_finish(struct findings *findings);

/* `key` "" is about the section as a whole. Beyond MISTAKES_MAX they are counted. */
void findings_add(struct findings *findings, const char *key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void findings_warn(struct findings *findings, const char *key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Adds the CHECKED frame to buffer. */
void findings_send(const struct findings *findings, const struct blot *secrets,
                   struct buffer *buffer);

#endif
