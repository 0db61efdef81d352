/*
 * What the files of `affnotify reconcile` share: the difference as it was found, how it is said, and
 * the events that mend it.
 */
#ifndef AFFN_CLI_RECONCILE_PARTS_H
#define AFFN_CLI_RECONCILE_PARTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/cli/command.h"
#include "core/cli/dashboard.h"
#include "core/cli/target.h"
#include "core/event/email_mask.h"

enum {
    OPTION_EMAIL,
    OPTION_ID,
    OPTION_LINK,
    OPTION_STATUS,
    OPTION_ACTIVE,
    OPTION_ONLY,
    OPTION_EMIT,
    OPTION_YES,
    OPTION_ANYWAY,
    OPTION_ALL,
};

/* One who is on one side only. */
struct reconcile_missing {
    const char *type; /* of the event that would mend it */
    char *email;
    char *affiliate_id;
    char *deep_link;
    size_t line_number; /* in the file, whatever it says there; 0: it is not there */
};

/* One who is on both sides, with something else than here. */
struct reconcile_differing {
    char *email;
    const char *what; /* "affiliate ID" or "deep link" */
    char *here;
    char *there;
};

struct reconciling {
    const struct invocation *invocation;
    struct target target;
    struct dashboard dashboard;
    bool wants_created;
    bool wants_deactivated;
    size_t active;
    enum email_shown shown; /* of addresses, but with --json */
    struct reconcile_missing *missing;
    size_t count;
    size_t created; /* of them */
    struct reconcile_differing *differing;
    size_t differing_count;
    bool keeps_active; /* who is not in the file is left as it is, and why is said */
    json_t *emitted;   /* NULL while nothing was */
};

/* Whether one is missing here; else there. */
bool reconcile_is_created(const struct reconcile_missing *missing);

/* An address as tables show it; to be freed. */
char *reconcile_address(const struct reconciling *work, const char *address);

/* The difference, on stdout. */
void reconcile_print_json(const struct reconciling *work);
void reconcile_print(const struct reconciling *work);

/*
 * Hands in what is missing, when the operator wants it. EXIT_DONE, or `code` when there was nothing
 * to be done about the difference, or what went wrong, which is said.
 */
int reconcile_mend(struct reconciling *work, int code);

#endif
