/* Events for the tests of the slack plugin, and its messages taken apart again. */
#ifndef SLACK_FIXTURE_H
#define SLACK_FIXTURE_H

#include <jansson.h>

#include "fake_host.h"
#include "message.h"

/* Room for events whose IDs and times the fixture keeps. */
#define FIXTURE_EVENTS_MAX 100

/* Event `number` of a batch: created, with these values; later events happen minutes later. The
 * texts are not copied. */
struct affn_event *fixture_event(uint32_t number, const char *email, const char *deep_link);

/* The first `count` events as the batch wants them. */
const struct affn_event *const *fixture_events(uint32_t count);

/* The message of those events; *taken says how many it has. The caller frees it. */
json_t *fixture_message(uint32_t count, const char *programme, uint32_t *taken);

/* Undoes Slack's escaping, in place. */
void fixture_unescape(char *text);

/* How many characters a UTF-8 text has. */
size_t fixture_characters(const char *text);

/* Fails the test when the message breaks one of Slack's limits. */
void fixture_check_limits(const json_t *message);

#endif
