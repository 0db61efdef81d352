/* See loader.h. */
#include "core/host/loader.h"

#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <stdint.h>
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

/* False when the file has no such head. */
static bool read_head(int fd, ElfW(Ehdr) * head)
{
    return pread(fd, head, sizeof *head, 0) == (ssize_t)sizeof *head &&
           memcmp(head->e_ident, ELFMAG, SELFMAG) == 0;
}

/*
 * dlopen says of a library for another processor that it is not there, and crashes on one whose end
 * is missing. So we look first.
 */
static int check_head(int fd, struct error *error)
{
    ElfW(Ehdr) head;
    ElfW(Ehdr) own;
    struct stat status;
    if (fstat(fd, &status) < 0)
        return error_set_errno(error, "cannot be looked at");
    if (status.st_size == 0)
        return error_set(error, "is empty: copy it again");
    if (!read_head(fd, &head))
        return error_set(error, "is no shared library: copy it again, or name another file");
    int own_fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    bool comparable = read_head(own_fd, &own);
    close(own_fd);
    if (!comparable)
        return error_set(error, "cannot be compared with affnotify-host: mount /proc");
    if (head.e_ident[EI_CLASS] != own.e_ident[EI_CLASS] ||
        head.e_ident[EI_DATA] != own.e_ident[EI_DATA] || head.e_machine != own.e_machine)
        return error_set(error,
                         "was built for another kind of processor (ELF machine %u, and this is "
                         "%u): take the plugin's build for this machine, or build it here",
                         head.e_machine, own.e_machine);
    /* The table of sections comes last. */
    uint64_t end = head.e_shoff + (uint64_t)head.e_shnum * head.e_shentsize;
    if ((uint64_t)status.st_size < end)
        return error_set(error,
                         "is cut short: it has %lld bytes of at least %llu; copy it again, and see "
                         "whether the disk is full",
                         (long long)status.st_size, (unsigned long long)end);
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
    return error_set(error, "cannot be loaded: %s; install what it needs, or have it rebuilt here",
                     ours ? why + own + 2 : why);
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
    *plugin = (struct plugin){0};
    /* Without O_NONBLOCK a pipe in the plugin's place would hold us up forever. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
        return error_set_errno(error, "%s", path);
    int result = check_file(fd, error);
    if (result == 0)
        result = check_head(fd, error);
    if (result == 0)
        result = load_library(fd, &plugin->library, error);
    close(fd);
    if (result == 0)
        result = describe(plugin, error);
    return result < 0 ? error_prefix(error, "%s", path) : 0;
}
