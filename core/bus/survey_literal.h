/*
 * Secrets that stand in the configuration itself, where others may read its file. Knows the lines alone, never
 * a secret.
 */
#ifndef AFFN_BUS_SURVEY_LITERAL_H
#define AFFN_BUS_SURVEY_LITERAL_H

#include <stddef.h>

struct config;
struct mistakes;
struct setting;

struct survey_literals {
    const struct setting **settings; /* borrowed */
    size_t count;
};

/* A setting that is or holds a secret itself; once, in any order. */
void survey_literals_add(struct survey_literals *literals, const struct setting *setting);
void survey_literals_finish(struct survey_literals *literals);

/* Says of each file of the configuration with such lines who else may read it. */
void survey_literals_judge(const struct survey_literals *literals, const struct config *config,
                           struct mistakes *mistakes);

#endif
