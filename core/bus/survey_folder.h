/*
 * The folders above a file that nobody else may replace: a secret, the configuration, the journal. Whoever
 * may rename in one of them may put a file of his own there, whatever the mode of ours is.
 */
#ifndef AFFN_BUS_SURVEY_FOLDER_H
#define AFFN_BUS_SURVEY_FOLDER_H

#include <stddef.h>

struct document;
struct mistakes;
struct place;
struct survey_file;

struct survey_folders {
    struct survey_file *files;
    size_t count;
};

/* A file, and where it is named, in any order. */
void survey_folders_add(struct survey_folders *folders, const char *path,
                        const struct place *place);

/*
 * Looks at each folder from the root down to a file's own, by links and without, and speaks of it where it
 * is met first.
 */
void survey_folders_judge(struct survey_folders *folders, const struct document *document,
                          struct mistakes *mistakes);
void survey_folders_finish(struct survey_folders *folders);

#endif
