/* See loader.h. */
#include "core/host/loader.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/host/descriptor.h"

#define SYMBOL "affn_sink_v1"

/* Whoever may write the file runs code as us: that must be root or ourselves. */
static int check_file(int fd, struct error *error)
{
    struct stat status;
    if (fstat(fd, &status) < 0)
        return error_set_errno(error, "cannot be looked at");
    if (!S_ISREG(status.st_mode))
        return error_set(error, "is not a regular file");
    if (status.st_uid != 0 && status.st_uid != geteuid())
        return error_set(error,
                         "belongs to user %u, but must belong to root or to user %u, as which "
                         "affnotify runs: use chown",
                         (unsigned)status.st_uid, (unsigned)geteuid());
    if (status.st_mode & S_IWOTH)
        return error_set(error, "can be written by everybody: use chmod o-w");
    return 0;
}

static int load_library(int fd, void **library, struct error *error)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (*library)
        return 0;
    const char *why = dlerror();
    size_t own = strlen(path);
    bool ours = text_starts(why, path) && text_starts(why + own, ": ");
    return error_set(error, "cannot be loaded: %s", ours ? why + own + 2 : why);
}

static int describe(struct plugin *plugin, struct error *error)
{
    const struct affn_sink *(*function)(void);
    void *symbol = dlsym(plugin->library, SYMBOL);
    if (!symbol)
        return error_set(error,
                         "has no function " SYMBOL ": it is no sink plugin, or one of another ABI");
    memcpy(&function, &symbol, sizeof function); /* ISO C has no cast for this */
    const struct affn_sink *raw = function();
    if (!raw)
        return error_set(error, SYMBOL "() returned NULL");
    return descriptor_read(raw, plugin, error);
}

int loader_load(const char *path, struct plugin *plugin, struct error *error)
{
    *plugin = (struct plugin){.library = NULL};
    /* Without O_NONBLOCK a pipe in the plugin's place would hold us up forever. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
        return error_set_errno(error, "%s", path);
    int result = check_file(fd, error);
    if (result == 0)
        result = load_library(fd, &plugin->library, error);
    close(fd);
    if (result == 0)
        result = describe(plugin, error);
    return result < 0 ? error_prefix(error, "%s", path) : 0;
}
