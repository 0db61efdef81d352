/* See file.h. */
#include "core/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/buffer.h"
#include "core/base/error.h"
#include "core/base/memory.h"

#define FILE_MODE 0640

int file_read_open(int fd, const char *path, struct buffer *buffer, struct error *error)
{
    for (;;) {
        char chunk[16 * 1024];
        ssize_t got = read(fd, chunk, sizeof chunk);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_set_errno(error, "%s", path);
        if (got == 0)
            return 0;
        int added = buffer_add(buffer, chunk, (size_t)got);
        if (buffer->is_secret)
            explicit_bzero(chunk, (size_t)got);
        if (added < 0)
            return error_set(error, "%s: longer than %zu bytes", path, buffer->max);
    }
}

int file_open_regular(const char *path, const char **reason)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &status) < 0)
        *reason = strerror(errno);
    else if (S_ISREG(status.st_mode))
        return fd;
    else
        *reason = S_ISDIR(status.st_mode) ? strerror(EISDIR) : "it is not a regular file";
    if (fd >= 0)
        close(fd);
    return -1;
}

int file_read(const char *path, struct buffer *buffer, struct error *error)
{
    const char *reason;
    int fd = file_open_regular(path, &reason);
    if (fd < 0)
        return error_set(error, "%s: %s", path, reason);
    int result = file_read_open(fd, path, buffer, error);
    close(fd);
    return result;
}

int file_write_all(int fd, const void *bytes, size_t length)
{
    const char *next = bytes;
    while (length > 0) {
        ssize_t written = write(fd, next, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return -1;
        next += written;
        length -= (size_t)written;
    }
    return 0;
}

int file_in_memory(const char *name, const struct buffer *content)
{
    int fd = memfd_create(name, MFD_CLOEXEC);
    if (fd >= 0 && (!content || file_write_all(fd, content->data, content->len) == 0) &&
        lseek(fd, 0, SEEK_SET) == 0)
        return fd;
    int saved = errno;
    if (fd >= 0)
        close(fd);
    errno = saved;
    return -1;
}

/*
 * Makes a name durable that was given to file_fd in a directory. One that may be written and not
 * read, such as a shared spool, cannot be opened for that; then its whole file system is flushed.
 */
static int sync_directory(const char *path, int file_fd, struct error *error)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool unreadable = fd < 0 && errno == EACCES;
    int result = 0;
    if (unreadable ? syncfs(file_fd) < 0 : fd < 0 || fsync(fd) < 0)
        result = error_set_errno(error, "%s", path);
    if (fd >= 0)
        close(fd);
    return result;
}

int file_sync_name(const char *path, int fd, struct error *error)
{
    const char *slash = strrchr(path, '/');
    size_t bytes = slash && slash > path ? (size_t)(slash - path) : 1;
    char *directory = slash ? memory_text_part(path, bytes) : memory_text(".");
    int result = sync_directory(directory, fd, error);
    free(directory);
    return result;
}

int file_replace(const char *directory, const char *name, const void *bytes, size_t length,
                 struct error *error)
{
    char final[PATH_MAX], temporary[PATH_MAX];
    int most = snprintf(temporary, sizeof temporary, "%s/.%s.%ld", directory, name, (long)getpid());
    if (most >= (int)sizeof temporary)
        return error_set(error, "%s: the path is too long", directory);
    snprintf(final, sizeof final, "%s/%s", directory, name);
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
    if (fd < 0)
        return error_set_errno(error, "%s", temporary);
    if (fchmod(fd, FILE_MODE) < 0 || file_write_all(fd, bytes, length) < 0 || fsync(fd) < 0) {
        error_set_errno(error, "%s", temporary);
        goto remove_temporary;
    }
    if (rename(temporary, final) < 0) {
        error_set_errno(error, "%s", final);
        goto remove_temporary;
    }
    int result = sync_directory(directory, fd, error);
    close(fd);
    return result;

remove_temporary:
    close(fd);
    unlink(temporary);
    return -1;
}

int file_move_away(int fd, int lowest)
{
    if (fd < 0)
        return -1;
    int moved = fcntl(fd, F_DUPFD_CLOEXEC, lowest);
    int saved = errno;
    close(fd);
    errno = saved;
    return moved;
}

int file_make_directory(const char *path, unsigned mode, struct error *error)
{
    char *copy = memory_text(path);
    int result = 0;
    for (char *slash = copy + (*copy == '/'); result == 0; slash++) {
        slash = strchrnul(slash, '/');
        char ended = *slash;
        *slash = '\0';
        if (mkdir(copy, (mode_t)mode) < 0 && errno != EEXIST)
            result = error_set_errno(error, "%s", copy);
        if (!ended)
            break;
        *slash = ended;
    }
    struct stat status;
    if (result == 0 && stat(path, &status) < 0)
        result = error_set_errno(error, "%s", path);
    else if (result == 0 && !S_ISDIR(status.st_mode))
        result = error_set(error, "%s: is not a directory", path);
    free(copy);
    return result;
}
