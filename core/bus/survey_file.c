/* See survey_file.h. */
#include "core/bus/survey_file.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/file.h"
#include "core/base/memory.h"
#include "core/bus/sentences.h"
#include "core/bus/survey_user.h"
#include "core/config/mistakes.h"

/* Bits of a mode that are for group and others. */
#define OTHERS_READ  044u
#define OTHERS_WRITE 022u
#define OTHERS_ANY   077u

static unsigned mode_of(const struct stat *status)
{
    return status->st_mode & 07777;
}

void survey_file_secret(const char *path, const struct place *place, struct mistakes *mistakes)
{
    struct stat status;
    if (stat(path, &status) < 0 || !S_ISREG(status.st_mode))
        return;
    unsigned mode = mode_of(&status);
    if (mode & OTHERS_READ)
        mistakes_warn(mistakes, place, SAY_SECRET_READ, path, mode, mode & ~OTHERS_ANY, path);
    else if (mode & OTHERS_WRITE)
        mistakes_warn(mistakes, place, SAY_SECRET_CHANGED, path, mode, mode & ~OTHERS_ANY, path);
    if (status.st_uid != 0 && status.st_uid != geteuid()) {
        char *owner = memory_text(survey_user_name(status.st_uid));
        mistakes_warn(mistakes, place, SAY_SECRET_OWNED, path, owner, survey_user_name(geteuid()),
                      path);
        free(owner);
    }
}

bool survey_file_read(const char *path, const struct place *place, struct mistakes *mistakes)
{
    const char *reason;
    int fd = file_open_regular(path, &reason);
    if (fd < 0)
        mistakes_add(mistakes, place, SAY_UNREAD, path, reason);
    else
        close(fd);
    return fd >= 0;
}
