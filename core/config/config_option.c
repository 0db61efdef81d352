/* See config_option.h. */
#include "core/config/config_option.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/text.h"

/* Those of ASCII that mean nothing to a shell, wherever they stand in a word. */
static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                            "/._-+,:@%";

char *config_quoted(const char *path)
{
    bool is_plain = *path && path[strspn(path, plain)] == '\0';
    if (is_plain)
        return memory_text(path);
    char *quoted = memory_new(4 * strlen(path) + 3, 1);
    char *end = quoted;
    *end++ = '\'';
    for (; *path; path++) {
        if (*path == '\'') /* a shell has no way to say it between two of them */
            end = stpcpy(end, "'\\''");
        else
            *end++ = *path;
    }
    *end = '\'';
    return quoted;
}

char *config_option(const char *path)
{
    if (!path || text_equal(path, CONFIG_PATH_DEFAULT))
        return memory_text("");
    char *quoted = config_quoted(path);
    char *option = memory_format(" -c %s", quoted);
    free(quoted);
    return option;
}

char *config_key_path(const char *path)
{
    static const char ending[] = ".ini";
    size_t length = strlen(path), without = length > strlen(ending) ? length - strlen(ending) : 0;
    bool is_ini = without > 0 && text_equal(path + without, ending);
    return memory_format("%.*s.key", (int)(is_ini ? without : length), path);
}
