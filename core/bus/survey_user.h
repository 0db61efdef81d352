/*
 * The user that the bus runs as, as far as it can be known: the owner of the state folder. Root looks as that
 * user does, or it would find that all can be read.
 */
#ifndef AFFN_BUS_SURVEY_USER_H
#define AFFN_BUS_SURVEY_USER_H

#include <stdbool.h>
#include <sys/types.h>

struct config;

/*
 * As root: becomes the owner of the state folder, for good. Adds to config->mistakes when that cannot
 * be, and which files of the configuration that user may not read. As any other user: warns when it is not
 * that of the bus.
 */
void survey_user_become(struct config *config);

/* A user's name, or the number; valid until the next call. */
const char *survey_user_name(uid_t uid);

/* Whether this process may open it with these rights, as access has them; else errno says why. */
bool survey_user_may(const char *path, int rights);

#endif
