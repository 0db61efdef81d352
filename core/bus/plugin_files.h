/*
 * Where plugins lie: the directories that `plugins` in [bus] names, then the built-in ones. Looks
 * at names only and loads nothing.
 */
#ifndef AFFN_BUS_PLUGIN_FILES_H
#define AFFN_BUS_PLUGIN_FILES_H

#include <stdbool.h>
#include <stddef.h>

struct value_list;

#define PLUGIN_DIRECTORIES_MAX 64

struct plugin_files {
    char *directories[PLUGIN_DIRECTORIES_MAX]; /* in the order of the search */
    size_t count;
};

/* configured may be NULL: then only the built-in ones are searched. */
void plugin_files_init(struct plugin_files *files, const struct value_list *configured);
void plugin_files_finish(struct plugin_files *files);

/* The path of the plugin that a name means, to be freed; NULL when there is none. */
char *plugin_files_find(const struct plugin_files *files, const char *name);

struct plugin_file {
    char *name; /* without .so: what a section says */
    char *path;
    bool hidden; /* a file of that name in an earlier directory is taken */
};

void plugin_file_finish(struct plugin_file *file);

/* All plugins by directory and name: each to be finished, and the list to be freed. */
struct plugin_file *plugin_files_list(const struct plugin_files *files, size_t *count);

/* The name that a file's path gives its plugin: its last part, without .so; to be freed. */
char *plugin_files_name(const char *path);

/* The name that is nearest to a misspelt one; to be freed, or NULL. */
char *plugin_files_nearest(const struct plugin_files *files, const char *name);

#endif
