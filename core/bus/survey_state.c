/* See survey_state.h. */
#include "core/bus/survey_state.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/bus/sentences.h"
#include "core/bus/survey_user.h"
#include "core/config/config.h"

/* Bits of a mode that are for group and others. */
#define OTHERS_READ  044u
#define OTHERS_WRITE 022u

static void check_mode(const char *path, unsigned mode, const struct place *place,
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

/* What the bus made at an earlier start, perhaps as another user. */
static void check_entry(const char *path, const struct place *place, struct mistakes *mistakes)
{
    struct stat status;
    const char *user = survey_user_name(geteuid());
    if (stat(path, &status) < 0)
        return;
    if (!survey_user_may(path, W_OK | (S_ISDIR(status.st_mode) ? X_OK : 0)))
        mistakes_add(mistakes, place, SAY_STATE_NOT_OURS, path, user, strerror(errno), user, path);
}

static void check_entries(const struct config *config, const struct place *place,
                          struct mistakes *mistakes)
{
    static const char *const names[] = {"journal.db", "journal.db-wal", "journal.db-shm", "lock",
                                        "sinks"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char *path = memory_format("%s/%s", config->state, names[i]);
        check_entry(path, place, mistakes);
        free(path);
    }
    check_entry(config->spool, place, mistakes);
}

/* The bus makes it, and those above it. */
static void check_making(const char *path, const struct place *place, struct mistakes *mistakes)
{
    struct stat status;
    char *above = memory_text(path);
    while (strlen(above) > 1 && stat(above, &status) < 0) {
        char *slash = strrchr(above, '/');
        slash[slash == above] = '\0';
    }
    const char *user = survey_user_name(geteuid());
    if (!survey_user_may(above, W_OK | X_OK))
        mistakes_add(mistakes, place, SAY_STATE_NOT_MADE, path, user, above, strerror(errno), user,
                     path);
    free(above);
}

void survey_state(const struct config *config, const struct place *place, struct mistakes *mistakes)
{
    struct stat status;
    const char *path = config->state;
    const char *user = survey_user_name(geteuid());
    bool is_there = stat(path, &status) == 0;
    if (!is_there && errno == ENOENT) {
        check_making(path, place, mistakes);
    } else if (!is_there) {
        mistakes_add(mistakes, place, SAY_UNREACHED, path, user, strerror(errno));
    } else if (!S_ISDIR(status.st_mode)) {
        mistakes_add(mistakes, place, SAY_STATE_NO_FOLDER, path);
    } else {
        check_mode(path, status.st_mode & 07777, place, mistakes);
        if (status.st_uid == geteuid()) /* else survey_user.c has said that it is not our view */
            check_entries(config, place, mistakes);
    }
}
