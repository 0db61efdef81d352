/* See disk.h. */
#include "disk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int disk_write(int fd, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t written = write(fd, bytes, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return -1;
        bytes += written;
        length -= (size_t)written;
    }
    return 0;
}

int disk_read(int fd, char *bytes, size_t length, off_t offset)
{
    while (length > 0) {
        ssize_t got = pread(fd, bytes, length, offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got == 0)
            errno = EIO; /* it was longer a moment ago */
        if (got <= 0)
            return -1;
        bytes += got;
        offset += got;
        length -= (size_t)got;
    }
    return 0;
}

char *disk_directory_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash > path ? strndup(path, (size_t)(slash - path)) : strdup("/");
}

int disk_sync_directory(const char *path)
{
    char *directory = disk_directory_of(path);
    if (!directory)
        return -1;
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(directory);
    if (fd < 0)
        return -1;
    int result = fsync(fd);
    int number = errno;
    close(fd);
    errno = number;
    return result;
}
