/* See sealer.h: `--keygen`. What is made for it, and the key failed, is taken away again. */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/memory.h"
#include "core/bus/answer.h"
#include "core/bus/sealer.h"
#include "core/config/key_file.h"

#define FOLDER_MODE 0750 /* keys lie in it: nobody but its owner and group has business there */

/* The folders above a path that are not there, the outermost first. */
static json_t *list_missing(const char *path)
{
    json_t *missing = json_array();
    struct stat status;
    char *folder = memory_text(path);
    for (char *slash; (slash = strrchr(folder, '/')) && slash > folder;) {
        *slash = '\0';
        if (stat(folder, &status) == 0 || errno != ENOENT)
            break;
        json_array_insert_new(missing, 0, answer_text(folder));
    }
    free(folder);
    return missing;
}

static int make_folders(const json_t *missing, struct error *error)
{
    size_t count = json_array_size(missing);
    if (count == 0)
        return 0;
    return file_make_directory(json_string_value(json_array_get(missing, count - 1)), FOLDER_MODE,
                               error);
}

static void remove_folders(const json_t *made)
{
    for (size_t i = json_array_size(made); i > 0; i--)
        rmdir(json_string_value(json_array_get(made, i - 1))); /* one that is not empty stays */
}

static json_t *make_key(const char *path)
{
    struct secret_key key;
    struct error error;
    json_t *folders = list_missing(path);
    if (make_folders(folders, &error) < 0 || key_file_make(path, &key, &error) < 0) {
        remove_folders(folders);
        json_decref(folders);
        return answer_refusal("file", "not_made", "file: %s", error.text);
    }
    char *absolute = realpath(path, NULL);
    json_t *answer =
        json_pack("{s:b,s:o,s:s,s:o}", "ok", 1, "path", answer_text(absolute ? absolute : path),
                  "key", key.id, "made_folders", folders);
    free(absolute);
    key_wipe(&key);
    return answer;
}

int sealer_keygen(const char *path)
{
    return answer_print(make_key(path));
}
