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
#include "core/host/sentences.h"

#define SYMBOL "affn_sink_v1"

/* Whoever may write the file runs code as us: that must be root or ourselves. */
static int check_file(int fd, struct error *error)
{
    struct stat status;
    if (fstat(fd, &status) < 0)
        return error_set_errno(error, SAY_NOT_LOOKED_AT);
    if (!S_ISREG(status.st_mode))
        return error_set(error, SAY_NOT_REGULAR);
    if (status.st_uid != 0 && status.st_uid != geteuid())
        return error_set(error, SAY_OTHER_OWNER, (unsigned)status.st_uid, (unsigned)geteuid());
    if (status.st_mode & S_IWOTH)
        return error_set(error, SAY_WRITABLE_BY_ALL);
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
        return error_set_errno(error, SAY_NOT_LOOKED_AT);
    if (status.st_size == 0)
        return error_set(error, SAY_FILE_EMPTY);
    if (!read_head(fd, &head))
        return error_set(error, SAY_NO_LIBRARY);
    int own_fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    bool comparable = read_head(own_fd, &own);
    close(own_fd);
    if (!comparable)
        return error_set(error, SAY_NO_PROC);
    if (head.e_ident[EI_CLASS] != own.e_ident[EI_CLASS] ||
        head.e_ident[EI_DATA] != own.e_ident[EI_DATA] || head.e_machine != own.e_machine)
        return error_set(error, SAY_OTHER_PROCESSOR, head.e_machine, own.e_machine);
    /* The table of sections comes last. */
    uint64_t end = head.e_shoff + (uint64_t)head.e_shnum * head.e_shentsize;
    if ((uint64_t)status.st_size < end)
        return error_set(error, SAY_CUT_SHORT, (long long)status.st_size, (unsigned long long)end);
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
    return error_set(error, SAY_NOT_LOADED, ours ? why + own + 2 : why);
}

static int describe(struct plugin *plugin, struct error *error)
{
    const struct affn_sink *(*function)(void);
    void *symbol = dlsym(plugin->library, SYMBOL);
    if (!symbol)
        return error_set(error, SAY_NO_SYMBOL, SYMBOL);
    memcpy(&function, &symbol, sizeof function); /* ISO C has no cast for this */
    const struct affn_sink *raw = function();
    if (!raw)
        return error_set(error, SAY_NULL_SINK, SYMBOL);
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
