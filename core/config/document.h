/*
 * An INI file as it stands: sections with settings, each with its file and line. Reads by inih,
 * through a reader that keeps inih's traps away from the user (see README.md). Knows nothing of
 * what the keys mean.
 */
#ifndef AFFN_CONFIG_DOCUMENT_H
#define AFFN_CONFIG_DOCUMENT_H

#include <stddef.h>

#include "core/config/mistakes.h"

struct setting {
    char *key;
    char *value; /* trimmed; quotes taken off */
    const char *file;
    int line;
};

struct section {
    char *name; /* "bus", "sink:crm" */
    const char *file;
    int line;
    struct setting *settings;
    size_t count;
};

struct document {
    struct section *sections; /* in the order of the files */
    size_t count;
    char **files; /* what was read, in order */
    size_t file_count;
};

/*
 * Reads path and then `conf.d` beside it: every *.ini in it, in the order of their names. What is
 * wrong is added to mistakes and reading goes on. -1 when path itself cannot be read (a mistake
 * says why); a document is there in any case and must be finished.
 */
int document_read(const char *path, struct document *document, struct mistakes *mistakes);
void document_finish(struct document *document);

/* The section, or the setting in it; NULL when there is none. */
const struct section *document_section(const struct document *document, const char *name);
const struct setting *section_setting(const struct section *section, const char *key);

/* The place of a section (setting NULL) or of a setting in it. */
struct place section_place(const struct section *section, const struct setting *setting);

#endif
