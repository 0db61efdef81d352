/* See user.h. */
#include "user.h"

#include <pwd.h>
#include <stdio.h>
#include <unistd.h>

void user_name(char name[USER_BYTES])
{
    const struct passwd *entry = getpwuid(geteuid());
    if (entry)
        snprintf(name, USER_BYTES, "the user %s", entry->pw_name);
    else
        snprintf(name, USER_BYTES, "the user with the ID %lu", (unsigned long)geteuid());
}
