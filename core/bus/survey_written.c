/* See survey_written.h. */
#include "core/bus/survey_written.h"

#include <errno.h>
#include <limits.h>
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

/* ---- Names of one file ---- */

static char *folder_of(const char *path)
{
    size_t bytes = (size_t)(strrchr(path, '/') - path);
    return bytes > 0 ? memory_text_part(path, bytes) : memory_text("/");
}

char *survey_written_real(const char *path)
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

char *survey_written_identity(const char *path)
{
    struct stat status;
    if (stat(path, &status) < 0)
        return survey_written_real(path);
    return memory_format("%llx:%llx", (unsigned long long)status.st_dev,
                         (unsigned long long)status.st_ino);
}

/* ---- Files of affnotify's own ---- */

static bool is_same(const char *path, const char *own)
{
    if (!own || *own != '/')
        return false;
    char *one = survey_written_identity(path);
    char *other = survey_written_identity(own);
    bool same = text_equal(one, other);
    free(one);
    free(other);
    return same;
}

static bool is_in_state(const char *path, const char *state)
{
    static const char *const names[] = {"journal.db", "journal.db-wal", "journal.db-shm", "lock"};
    bool found = false;
    for (size_t i = 0; i < sizeof names / sizeof *names && !found; i++) {
        char *own = memory_format("%s/%s", state, names[i]);
        found = is_same(path, own);
        free(own);
    }
    return found;
}

/* What lies there is taken for events. */
static bool is_in_spool(const char *path, const char *spool)
{
    char *folder = folder_of(path);
    bool found = is_same(folder, spool);
    free(folder);
    return found;
}

static bool is_own(const char *path, const struct config *config)
{
    bool found = is_same(path, config->socket) || is_same(path, config->tls_key) ||
                 is_same(path, config->tls_certificate) || is_same(path, config->path) ||
                 is_in_state(path, config->state) || is_in_spool(path, config->spool);
    for (size_t i = 0; i < config->document.file_count && !found; i++)
        found = is_same(path, config->document.files[i]);
    for (size_t i = 0; i < config->secret_keys.count && !found; i++)
        found = is_same(path, config->secret_keys.items[i]);
    return found;
}

/* ---- Whether it can be written ---- */

static void check_folder(const char *path, const char *state, const struct place *place,
                         struct mistakes *mistakes)
{
    struct stat status;
    char *folder = folder_of(path);
    const char *user = survey_user_name(geteuid());
    bool is_there = stat(folder, &status) == 0;
    if (!is_there && !text_equal(folder, state))
        mistakes_add(mistakes, place, SAY_WRITTEN_NO_FOLDER, path, folder, user, folder);
    else if (is_there && !survey_user_may(folder, W_OK | X_OK))
        mistakes_add(mistakes, place, SAY_WRITTEN_CLOSED_FOLDER, path, user, folder,
                     strerror(errno));
    free(folder);
}

void survey_written(const char *path, const struct config *config, const struct place *place,
                    struct mistakes *mistakes)
{
    struct stat status;
    const char *user = survey_user_name(geteuid());
    bool is_there = lstat(path, &status) == 0;
    if (!is_there && errno != ENOENT)
        mistakes_add(mistakes, place, SAY_UNREACHED, path, user, strerror(errno));
    else if (is_own(path, config))
        mistakes_add(mistakes, place, SAY_WRITTEN_OWN, path);
    else if (!is_there)
        check_folder(path, config->state, place, mistakes);
    else if (S_ISDIR(status.st_mode))
        mistakes_add(mistakes, place, SAY_WRITTEN_IS_FOLDER, path);
    else if (S_ISLNK(status.st_mode))
        mistakes_add(mistakes, place, SAY_WRITTEN_LINK, path);
    else if (!S_ISREG(status.st_mode))
        mistakes_add(mistakes, place, SAY_WRITTEN_NO_FILE, path);
    else if (!survey_user_may(path, W_OK))
        mistakes_add(mistakes, place, SAY_WRITTEN_CLOSED, path, user, strerror(errno));
}
