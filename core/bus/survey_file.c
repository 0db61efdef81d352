/* See survey_file.h. */
#include "core/bus/survey_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/file.h"
#include "core/base/memory.h"
#include "core/base/text.h"
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

/* As it would be for an open by this process. */
static bool may(const char *path, int rights)
{
    return faccessat(AT_FDCWD, path, rights, AT_EACCESS) == 0;
}

/* ---- The state folder ---- */

static void check_state_mode(const char *path, unsigned mode, const struct place *place,
                             struct mistakes *mistakes)
{
    unsigned closed = mode & ~(OTHERS_READ | OTHERS_WRITE); /* its spool may be for others */
    if ((mode & 0700) != 0700)
        mistakes_add(mistakes, place, SAY_STATE_CLOSED, path, mode, path);
    if (mode & OTHERS_WRITE)
        mistakes_warn(mistakes, place, SAY_STATE_OPEN, path, mode, closed | 0700, path);
    else if (mode & OTHERS_READ)
        mistakes_warn(mistakes, place, SAY_STATE_LISTED, path, mode, closed | 0700, path);
}

void survey_file_state(const char *path, const struct place *place, struct mistakes *mistakes)
{
    struct stat status;
    if (stat(path, &status) < 0) {
        if (errno != ENOENT)
            mistakes_add(mistakes, place, SAY_UNREACHED, path, survey_user_name(geteuid()),
                         strerror(errno));
    } else if (!S_ISDIR(status.st_mode)) {
        mistakes_add(mistakes, place, SAY_STATE_NO_FOLDER, path);
    } else {
        check_state_mode(path, mode_of(&status), place, mistakes);
    }
}

/* ---- Files that are read ---- */

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

/* ---- Files that are written ---- */

static char *folder_of(const char *path)
{
    size_t bytes = (size_t)(strrchr(path, '/') - path);
    return bytes > 0 ? memory_text_part(path, bytes) : memory_text("/");
}

static void check_folder(const char *path, const char *state, const struct place *place,
                         struct mistakes *mistakes)
{
    struct stat status;
    char *folder = folder_of(path);
    const char *user = survey_user_name(geteuid());
    bool is_there = stat(folder, &status) == 0;
    if (!is_there && !text_equal(folder, state))
        mistakes_add(mistakes, place, SAY_WRITTEN_NO_FOLDER, path, folder, user, folder);
    else if (is_there && !may(folder, W_OK | X_OK))
        mistakes_add(mistakes, place, SAY_WRITTEN_CLOSED_FOLDER, path, user, folder,
                     strerror(errno));
    free(folder);
}

void survey_file_written(const char *path, const char *state, const struct place *place,
                         struct mistakes *mistakes)
{
    struct stat status;
    const char *user = survey_user_name(geteuid());
    if (stat(path, &status) < 0 && errno == ENOENT)
        check_folder(path, state, place, mistakes);
    else if (stat(path, &status) < 0)
        mistakes_add(mistakes, place, SAY_UNREACHED, path, user, strerror(errno));
    else if (S_ISDIR(status.st_mode))
        mistakes_add(mistakes, place, SAY_WRITTEN_IS_FOLDER, path);
    else if (!may(path, W_OK))
        mistakes_add(mistakes, place, SAY_WRITTEN_CLOSED, path, user, strerror(errno));
}

char *survey_file_real(const char *path)
{
    char *real = realpath(path, NULL);
    if (real)
        return real;
    char *folder = folder_of(path);
    char *real_folder = realpath(folder, NULL);
    char *made = memory_format("%s%s", real_folder ? real_folder : folder, strrchr(path, '/'));
    free(real_folder);
    free(folder);
    return made;
}
