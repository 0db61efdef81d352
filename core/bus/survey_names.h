/*
 * Host names are looked up, for `check --online`: each in a child of its own, for getaddrinfo may take as long
 * as it likes, and all within one limit. Knows nothing of what the names are for.
 */
#ifndef AFFN_BUS_SURVEY_NAMES_H
#define AFFN_BUS_SURVEY_NAMES_H

#include <stddef.h>
#include <stdint.h>

/* As getaddrinfo answers: 0 or an EAI_…; and what it cannot say. */
#define SURVEY_NAME_LATE 1

struct survey_name {
    const char *host; /* borrowed */
    int answer;
};

/* Looks one up; 0 or an EAI_…. Another in tests. */
typedef int survey_name_look(const char *host);
survey_name_look survey_name_ask;

/* Writes the answer of each. A name that is there twice is asked for twice. */
void survey_names_look(struct survey_name *names, size_t count, int64_t limit_ms,
                       survey_name_look *look);

#endif
