/*
 * A dashboard's export: who is an affiliate there. Read whole, by e-mail key.
 */
#ifndef AFFN_CLI_DASHBOARD_H
#define AFFN_CLI_DASHBOARD_H

#include <stdbool.h>
#include <stddef.h>

struct invocation;

/* What the export says of somebody; of several rows, the first of these. */
enum dashboard_state {
    DASHBOARD_ACTIVE, /* also where no column says it */
    DASHBOARD_UNCLEAR,
    DASHBOARD_INACTIVE,
};

struct dashboard_row {
    char *email_key;
    char *email;
    char *affiliate_id; /* "" for none of that form */
    char *deep_link;
    size_t line_number;
    enum dashboard_state state;
    bool is_active_here;
};

struct dashboard {
    char *name;                 /* the file's, for messages */
    struct dashboard_row *rows; /* by e-mail key, each once */
    size_t count;
    size_t active;
    size_t refused;  /* rows without an address, or of no clear status; they were named on stderr */
    size_t unread;   /* of them, those without an address: nobody knows whom they are about */
    bool has_status; /* a column says who is active */
};

/* Names of columns; NULL for one that is to be guessed, and then may not be there. */
struct dashboard_columns {
    const char *email; /* must be there in the end */
    const char *affiliate_id;
    const char *deep_link;
    const char *status;
    const char *const *active; /* what that column says of who is active; all else is inactive */
    int active_count;          /* 0: by the usual words */
};

/* Reads the file; -1 when it cannot be used, and it is said why. */
int dashboard_read(struct dashboard *dashboard, const struct invocation *invocation,
                   const char *path, const struct dashboard_columns *columns);
void dashboard_finish(struct dashboard *dashboard);

/* The row of this e-mail key; NULL when there is none. */
struct dashboard_row *dashboard_find(const struct dashboard *dashboard, const char *email_key);

#endif
