/* See survey_folder.h. */
#include "core/bus/survey_folder.h"

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
#include "core/config/document.h"

#define OTHERS_WRITE 022u

struct survey_file {
    char *path;
    struct place place;
    size_t file; /* the place's, among those of the configuration */
    size_t number;
};

/* The folders that were looked at. */
struct seen {
    char **items;
    size_t count;
};

void survey_folders_add(struct survey_folders *folders, const char *path, const struct place *place)
{
    folders->files = memory_resize(folders->files, folders->count + 1, sizeof *folders->files);
    folders->files[folders->count] =
        (struct survey_file){.path = memory_text(path), .place = *place, .number = folders->count};
    folders->count++;
}

/* Whether it is looked at for the first time. */
static bool is_new(struct seen *seen, const char *folder)
{
    for (size_t i = 0; i < seen->count; i++) {
        if (text_equal(seen->items[i], folder))
            return false;
    }
    seen->items = memory_resize(seen->items, seen->count + 1, sizeof *seen->items);
    seen->items[seen->count++] = memory_text(folder);
    return true;
}

/* In a folder that is sticky, as /tmp is, each may rename what is his own only. */
static void judge(const char *folder, const struct place *place, struct mistakes *mistakes)
{
    struct stat status;
    if (stat(folder, &status) < 0 || !S_ISDIR(status.st_mode))
        return;
    unsigned mode = status.st_mode & 07777;
    if (status.st_uid != 0 && status.st_uid != geteuid())
        mistakes_warn(mistakes, place, SAY_FOLDER_OWNED, folder, survey_user_name(status.st_uid),
                      folder);
    else if (mode & OTHERS_WRITE && !(mode & S_ISVTX))
        mistakes_warn(mistakes, place, SAY_FOLDER_OPEN, folder, mode, mode & ~OTHERS_WRITE, folder);
}

static void look_above(struct seen *seen, const char *path, const struct place *place,
                       struct mistakes *mistakes)
{
    for (const char *slash = path; slash; slash = strchr(slash + 1, '/')) {
        char *folder = memory_text_part(path, slash > path ? (size_t)(slash - path) : 1);
        if (is_new(seen, folder))
            judge(folder, place, mistakes);
        free(folder);
    }
}

static void look(struct seen *seen, const struct survey_file *file, struct mistakes *mistakes)
{
    char *real = realpath(file->path, NULL);
    if (*file->path == '/')
        look_above(seen, file->path, &file->place, mistakes);
    if (real)
        look_above(seen, real, &file->place, mistakes);
    free(real);
}

/* By file and line, as they are read. */
static int compare(const void *one, const void *other)
{
    const struct survey_file *a = one, *b = other;
    if (a->file != b->file)
        return a->file < b->file ? -1 : 1;
    if (a->place.line != b->place.line)
        return a->place.line < b->place.line ? -1 : 1;
    return a->number < b->number ? -1 : 1;
}

void survey_folders_judge(struct survey_folders *folders, const struct document *document,
                          struct mistakes *mistakes)
{
    struct seen seen = {0};
    for (size_t i = 0; i < folders->count; i++) {
        struct survey_file *file = &folders->files[i];
        while (file->file < document->file_count &&
               !text_equal(document->files[file->file], file->place.file))
            file->file++;
    }
    if (folders->count > 0)
        qsort(folders->files, folders->count, sizeof *folders->files, compare);
    for (size_t i = 0; i < folders->count; i++)
        look(&seen, &folders->files[i], mistakes);
    for (size_t i = 0; i < seen.count; i++)
        free(seen.items[i]);
    free(seen.items);
}

void survey_folders_finish(struct survey_folders *folders)
{
    if (!folders)
        return;
    for (size_t i = 0; i < folders->count; i++)
        free(folders->files[i].path);
    free(folders->files);
    *folders = (struct survey_folders){0};
}
