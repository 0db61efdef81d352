/*
 * The pieces of a Slack message that all messages share: the text, how it is to be taken, text
 * objects, blocks of one. Pure; called by message.c and notice.c.
 */
#ifndef SLACK_BLOCK_H
#define SLACK_BLOCK_H

#include <stdbool.h>

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

#define SECTION_BYTES_MAX (DRAFT_CHARACTER_BYTES * MESSAGE_SECTION_MAX + 1)

/*
 * Around the blocks of a message; `text` is for whoever does not get the blocks. The end tells
 * whether all of it fits.
 */
void block_begin(struct draft *json, const struct draft *text);
bool block_end(struct draft *json, const struct draft *text);

/* A text object that Slack shows as it is. */
void block_plain(struct draft *json, const char *name, const struct draft *text);

/* A text object with syntax of our own, and no value but a link in <>. */
void block_mrkdwn(struct draft *json, const char *name, const struct draft *text);

/* A block of one plain text: "header" or "section". */
void block_text(struct draft *json, const char *type, const struct draft *text);

#endif
