/*
 * Events as one Slack message: the JSON that an incoming webhook takes, with `text` for
 * notifications, screen readers and servers without Block Kit, and `blocks` for everybody else.
 * Pure; called by slack.c.
 */
#ifndef SLACK_MESSAGE_H
#define SLACK_MESSAGE_H

#include <affnotify/sink.h>

#include "block.h"

#define MESSAGE_PROGRAMME_MAX 60 /* characters of the programme's name */

/*
 * Writes a message of as many events as fit, from the front, into an empty draft with a room of
 * MESSAGE_BYTES_MAX; returns how many: always 1 or more. `programme` is NULL for none.
 */
uint32_t message_write(struct draft *body, const struct affn_event *const *events, uint32_t count,
                       const char *programme);

#endif
