/*
 * What a careful operator would look at, beyond what makes a configuration work: who can read what
 * is secret, whether files can be written, whether two sinks write one. Used by `check` alone, so that
 * nothing that is said here ever stops a bus. Opens nothing for writing, and sends nothing.
 */
#ifndef AFFN_BUS_SURVEY_H
#define AFFN_BUS_SURVEY_H

struct config;

/* Looks, and adds what is found to config->mistakes. */
void survey(struct config *config);

#endif
