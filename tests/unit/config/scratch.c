/* See scratch.h. */
#include "scratch.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buffer.h"
#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/memory.h"
#include "core/config/mistakes.h"

int scratch_make(void **state)
{
    char path[] = "/tmp/affn-config-XXXXXX";
    if (!mkdtemp(path))
        return -1;
    *state = memory_text(path);
    return 0;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *where)
{
    (void)status;
    (void)type;
    (void)where;
    return remove(path);
}

int scratch_remove(void **state)
{
    int result = nftw(*state, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    free(*state);
    return result;
}

char *scratch_path(const char *directory, const char *name)
{
    return memory_format("%s/%s", directory, name);
}

void scratch_write(const char *directory, const char *name, const char *text, size_t length)
{
    char *path = scratch_path(directory, name);
    struct error error = {""};
    char *slash = strrchr(path, '/');
    *slash = '\0';
    int result = file_make_directory(path, 0700, &error);
    *slash = '/';
    FILE *file = result == 0 ? fopen(path, "w") : NULL;
    length = length ? length : strlen(text);
    if (!file || fwrite(text, 1, length, file) != length || fclose(file) != 0) {
        perror(path);
        abort();
    }
    free(path);
}

/* Every "DIRECTORY/" in text is left out. */
static void add_without(struct buffer *all, const char *text, const char *directory)
{
    size_t length = strlen(directory);
    for (const char *found; (found = strstr(text, directory)) != NULL; text = found + length + 1)
        buffer_add(all, text, (size_t)(found - text));
    buffer_add_text(all, text);
}

char *scratch_mistakes(const char *directory, const struct mistakes *mistakes)
{
    struct buffer all;
    buffer_init(&all, 1024 * 1024);
    for (size_t i = 0; i < mistakes->count; i++) {
        char *text = mistake_text(&mistakes->items[i]);
        buffer_add_text(&all, mistakes->items[i].warning ? "warning: " : "");
        add_without(&all, text, directory);
        buffer_add_text(&all, "\n");
        free(text);
    }
    char *result = memory_text(all.data);
    buffer_finish(&all);
    return result;
}
