/* See program.h. */
#include "core/base/program.h"

#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <unistd.h>

#include "core/base/memory.h"

char *program_relative(const char *relative)
{
    char path[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    if (length < 0)
        return memory_text(relative);
    path[length] = '\0';
    return memory_format("%s/%s", dirname(path), relative);
}

void program_hold_standard_fds(void)
{
    int fd;
    do
        fd = open("/dev/null", O_RDWR); /* the lowest that is free */
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        close(fd);
}
