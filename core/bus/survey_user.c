/* See survey_user.h. */
#include "core/bus/survey_user.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/bus/sentences.h"
#include "core/config/config.h"

const char *survey_user_name(uid_t uid)
{
    static char name[64];
    const struct passwd *user = getpwuid(uid);
    if (user)
        snprintf(name, sizeof name, "%s", user->pw_name);
    else
        snprintf(name, sizeof name, "user %lu", (unsigned long)uid);
    return name;
}

bool survey_user_may(const char *path, int rights)
{
    return faccessat(AT_FDCWD, path, rights, AT_EACCESS) == 0;
}

/* -1 with errno. */
static int become(uid_t uid, gid_t folders_group)
{
    const struct passwd *user = getpwuid(uid);
    gid_t group = user ? user->pw_gid : folders_group;
    int groups = user ? initgroups(user->pw_name, group) : setgroups(0, NULL);
    if (groups < 0 || setresgid(group, group, group) < 0 || setresuid(uid, uid, uid) < 0)
        return -1;
    return 0;
}

static void check_files(struct config *config)
{
    const char *user = survey_user_name(geteuid());
    for (size_t i = 0; i < config->document.file_count; i++) {
        const char *file = config->document.files[i];
        if (!survey_user_may(file, R_OK))
            mistakes_add(&config->mistakes, &(struct place){.file = file}, SAY_CONFIG_UNREAD, user,
                         config->state, strerror(errno));
    }
}

void survey_user_become(struct config *config)
{
    struct stat status;
    if (!config->state || stat(config->state, &status) < 0 || !S_ISDIR(status.st_mode) ||
        status.st_uid == geteuid())
        return;
    const struct section *bus = document_section(&config->document, "bus");
    struct place place = {.file = config->path};
    if (bus)
        place = section_place(bus, section_setting(bus, "state"));
    const char *owner = survey_user_name(status.st_uid);
    if (geteuid() != 0)
        mistakes_warn(&config->mistakes, &place, SAY_STATE_OTHERS, config->state, owner);
    else if (become(status.st_uid, status.st_gid) < 0)
        mistakes_warn(&config->mistakes, &place, SAY_USER_STAYED, config->state, owner,
                      strerror(errno));
    else
        check_files(config);
}
