/*
 * Events as one Slack message: the JSON that an incoming webhook takes, with `text` for
 * notifications, screen readers and servers without Block Kit, and `blocks` for everybody else.
 * Pure; called by slack.c.
 */
#ifndef SLACK_MESSAGE_H
#define SLACK_MESSAGE_H

#include <affnotify/sink.h>

#include "../common/draft.h"

/*
 * What a message may have (docs.slack.dev: blocks, header block, text object). The last one is not
 * documented: Slack refuses blocks of some 13,200 characters in all. Here it holds for the whole
 * body, so there is room to spare.
 */
#define MESSAGE_BLOCKS_MAX     50
#define MESSAGE_HEADER_MAX     150
#define MESSAGE_SECTION_MAX    3000
#define MESSAGE_CHARACTERS_MAX 13000
#define MESSAGE_BYTES_MAX      (DRAFT_CHARACTER_BYTES * MESSAGE_CHARACTERS_MAX + 1)

#define MESSAGE_PROGRAMME_MAX 60 /* characters of the programme's name */

/*
 * Writes a message of as many events as fit, from the front, into an empty draft with a room of
 * MESSAGE_BYTES_MAX; returns how many: always 1 or more. `programme` is NULL for none.
 */
uint32_t message_write(struct draft *body, const struct affn_event *const *events, uint32_t count,
                       const char *programme);

#endif
