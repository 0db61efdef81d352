/*
 * Which bus a command means: the path of its socket and of its spool. Opens no INI unless -c names
 * one.
 */
#ifndef AFFN_CLI_TARGET_H
#define AFFN_CLI_TARGET_H

struct invocation;

struct target {
    char *socket_path;
    char *spool_path;  /* a directory */
    char *config_path; /* of -c, absolute; NULL without */
    char *mistakes;    /* why the -c file cannot be used, a line each; NULL when it can */
};

/*
 * Each of the two paths is what the option says; else what the -c file says; else the environment's
 * AFFNOTIFY_SOCKET and AFFNOTIFY_SPOOL; else the usual place. spool_option may be NULL. -1 when the
 * -c file cannot be used. A target is there in any case and must be finished.
 */
int target_find(const struct invocation *invocation, const char *spool_option,
                struct target *target);
void target_finish(struct target *target);

/* Shows the mistakes; returns EXIT_USAGE. */
int target_explain(const struct invocation *invocation, const struct target *target);

#endif
