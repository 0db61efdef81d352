/*
 * The environment of the program: clean, but for PATH, HOME, LANG, the sink's name, and what the
 * section sets. Nothing of affnotifyd's own reaches it. Used by exec.c.
 */
#ifndef EXEC_ENVIRONMENT_H
#define EXEC_ENVIRONMENT_H

struct affn_map;

#define ENVIRONMENT_OURS "AFFNOTIFY_" /* how names begin that sections may not set */

/* Whether it can be the name of a variable in every shell. */
int environment_is_name(const char *name);

/*
 * A list for execve, in which the section's variables take the place of ours; to be freed with
 * environment_free. NULL when there is no memory.
 */
char **environment_new(const struct affn_map *plain, const struct affn_map *secret,
                       const char *sink_name);
void environment_free(char **environment);

#endif
