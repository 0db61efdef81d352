/*
 * What a sender calls an event that has no time of its own: by it a repeat is known as the event
 * that it was the first time. Called by handover.c and refused.c, within the turn's transaction.
 */
#ifndef AFFN_BUS_SENDER_KEY_H
#define AFFN_BUS_SENDER_KEY_H

#include <stdbool.h>

#include "core/event/event.h"

struct bus;

enum repeat {
    REPEAT_NEW,
    REPEAT_KNOWN,  /* and its ID */
    REPEAT_OTHER,  /* the key was another event's, with this ID */
    REPEAT_FAILED, /* the journal cannot tell: bus->broken is set */
};

enum repeat sender_key_find(struct bus *bus, const struct event_input *input, const char *key,
                            char id[EVENT_ID_SIZE]);

/* Takes an event in and keeps its key, "" for none. False when bus->broken is set. */
bool sender_key_take(struct bus *bus, const struct event_input *input, const char *key,
                     char id[EVENT_ID_SIZE], bool *is_new);

#endif
