/*
 * Writes JSON into a draft, member after member; the commas set themselves. Strings come out as
 * valid JSON whatever they hold: what is not UTF-8 becomes U+FFFD.
 *
 * In an array the name is NULL.
 */
#ifndef SLACK_JSON_H
#define SLACK_JSON_H

#include <stdbool.h>

#include "../common/draft.h"

void json_open_object(struct draft *json, const char *name);
void json_close_object(struct draft *json);
void json_open_array(struct draft *json, const char *name);
void json_close_array(struct draft *json);

void json_text(struct draft *json, const char *name, const char *text);
void json_bool(struct draft *json, const char *name, bool value);

#endif
