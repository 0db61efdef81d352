/*
 * What a Slack incoming webhook answered: a verdict, and what to do about it. Pure; called by
 * slack.c.
 */
#ifndef SLACK_ANSWER_H
#define SLACK_ANSWER_H

#include <affnotify/request.h>

/* Returns the verdict; fills in `what` and `remedy` where Slack's answer says more than the host's
 * own map. No part of the webhook's URL is ever put into them. */
int32_t answer_read(const struct affn_response *response, struct affn_reply *reply);

#endif
