/* See plugin_files.h. */
#include "core/bus/plugin_files.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/memory.h"
#include "core/base/program.h"
#include "core/base/text.h"
#include "core/config/value.h"

/* The built-in directories: of a build tree, and of an installation. */
static const char *const built_in[] = {"../plugins", "../lib/affnotify/plugins"};

#define BUILT_IN  (sizeof built_in / sizeof *built_in)
#define FILES_MAX 256

void plugin_files_init(struct plugin_files *files, const struct value_list *configured)
{
    size_t count = configured ? configured->count : 0;
    files->count = 0;
    for (size_t i = 0; i < count && files->count < PLUGIN_DIRECTORIES_MAX - BUILT_IN; i++)
        files->directories[files->count++] = memory_text(configured->items[i]);
    for (size_t i = 0; i < BUILT_IN; i++)
        files->directories[files->count++] = program_relative(built_in[i]);
}

void plugin_files_finish(struct plugin_files *files)
{
    for (size_t i = 0; i < files->count; i++)
        free(files->directories[i]);
    files->count = 0;
}

char *plugin_files_find(const struct plugin_files *files, const char *name)
{
    for (size_t i = 0; i < files->count; i++) {
        char *path = memory_format("%s/%s.so", files->directories[i], name);
        if (access(path, F_OK) == 0)
            return path;
        free(path);
    }
    return NULL;
}

/* ---- All of them ---- */

void plugin_file_finish(struct plugin_file *file)
{
    free(file->name);
    free(file->path);
}

static bool is_library(const char *name)
{
    size_t length = strlen(name);
    return length > 3 && text_equal(name + length - 3, ".so");
}

static int is_plugin(const struct dirent *entry)
{
    return is_library(entry->d_name);
}

char *plugin_files_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    return memory_text_part(name, strlen(name) - (is_library(name) ? 3 : 0));
}

/* Adds a file, unless it is there already because its directory is named twice. */
static void add_file(struct plugin_file *list, size_t *count, const char *directory,
                     const char *file_name)
{
    char *named = memory_format("%s/%s", directory, file_name);
    char *path = realpath(named, NULL);
    struct plugin_file file = {.name = plugin_files_name(file_name),
                               .path = path ? path : memory_text(named)};
    free(named);
    bool is_known = false;
    for (size_t i = 0; i < *count; i++) {
        bool has_name = text_equal(list[i].name, file.name);
        file.hidden = file.hidden || has_name;
        is_known = is_known || (has_name && text_equal(list[i].path, file.path));
    }
    if (!is_known && *count < FILES_MAX) {
        list[(*count)++] = file;
        return;
    }
    plugin_file_finish(&file);
}

struct plugin_file *plugin_files_list(const struct plugin_files *files, size_t *count)
{
    struct plugin_file *list = memory_new(FILES_MAX, sizeof *list);
    *count = 0;
    for (size_t i = 0; i < files->count; i++) {
        struct dirent **entries;
        int found = scandir(files->directories[i], &entries, is_plugin, alphasort);
        for (int k = 0; k < found; k++) {
            add_file(list, count, files->directories[i], entries[k]->d_name);
            free(entries[k]);
        }
        if (found >= 0)
            free(entries);
    }
    return list;
}

char *plugin_files_nearest(const struct plugin_files *files, const char *name)
{
    size_t count;
    const char *names[FILES_MAX + 1];
    struct plugin_file *list = plugin_files_list(files, &count);
    for (size_t i = 0; i < count; i++)
        names[i] = list[i].name;
    names[count] = NULL;
    char *nearest = memory_text(text_nearest(name, names));
    for (size_t i = 0; i < count; i++)
        plugin_file_finish(&list[i]);
    free(list);
    return nearest;
}
