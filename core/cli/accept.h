/*
 * affnotify refused --accept: what was refused and kept is taken in after mending; one, several, or
 * all of a kind after a question. Called by refused.c.
 */
#ifndef AFFN_CLI_ACCEPT_H
#define AFFN_CLI_ACCEPT_H

#include <stdbool.h>

struct invocation;

struct accept {
    const char *which; /* "17", "15,16,20" or "all" */
    const char *field; /* of all, only these; NULL for any */
    const char *rule;
    bool superseded; /* also what a later event has overtaken */
    bool yes;        /* nobody is asked */
};

bool accept_is_all(const char *which);

/* What --set says is the invocation's option that repeats. Returns the exit code. */
int accept_run(const struct invocation *invocation, const struct accept *accept);

#endif
