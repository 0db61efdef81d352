/*
 * A notice as a Slack message: its subject as the header, a section for each paragraph. Nothing in
 * it is obeyed, for it may quote what a far side said. Pure; called by slack.c.
 */
#ifndef SLACK_NOTICE_H
#define SLACK_NOTICE_H

#include <affnotify/notice.h>

#include "../common/draft.h"

/*
 * Writes the message into an empty draft with a room of MESSAGE_BYTES_MAX. Paragraphs that are too
 * long for Slack are cut.
 */
void notice_write(struct draft *body, const struct affn_notice *notice);

#endif
