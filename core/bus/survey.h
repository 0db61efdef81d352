/*
 * What a careful operator would look at, beyond what makes a configuration work: who can read what
 * is secret, whether files can be written, whether two sinks write one, whether a certificate lasts. Used by
 * `check` alone, so that nothing that is said here ever stops a bus. Changes nothing, and sends nothing but,
 * when it is asked to, questions to name servers.
 */
#ifndef AFFN_BUS_SURVEY_H
#define AFFN_BUS_SURVEY_H

#include <stdbool.h>

struct config;
struct message_table;
struct mistakes;
struct sink_config;
struct survey;

/* The configuration is borrowed; its keyring is loaded. */
struct survey *survey_new(const struct config *config);
void survey_free(struct survey *survey);

/* Looks at a sink's section, by its plugin's table; owner is the survey. Made for struct tables_call. */
void survey_take_table(void *owner, const struct sink_config *sink,
                       const struct message_table *table);

/* When all tables came: looks at the rest, and adds all that was found to mistakes. */
void survey_conclude(struct survey *survey, bool online, struct mistakes *mistakes);

#endif
