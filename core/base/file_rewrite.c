/* See file_rewrite.h. */
#include "core/base/file_rewrite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "core/base/buffer.h"
#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/memory.h"
#include "core/base/signals.h"

/* An access list that is longer than this is not copied but refused. */
#define ACCESS_LIST_BYTES_MAX 4096

static const char access_list[] = "system.posix_acl_access"; /* acl(5), as an attribute */

static int refuse_changed(const char *path, struct error *error)
{
    return error_set(error, "%s changed meanwhile and was left as it is; try again", path);
}

/* Opens the file when it holds just these bytes; a descriptor, or -1. */
static int open_unchanged(const char *path, const struct buffer *was, struct stat *status,
                          struct error *error)
{
    struct buffer found;
    const char *reason;
    int fd = file_open_regular(path, &reason);
    if (fd < 0)
        return error_set(error, "%s: %s", path, reason);
    buffer_init_secret(&found, was->len); /* a longer one does not fit, and is another */
    bool is_read = fstat(fd, status) == 0 && file_read_open(fd, path, &found, error) == 0;
    bool is_same =
        is_read && found.len == was->len && memcmp(found.data, was->data, found.len) == 0;
    buffer_finish(&found);
    if (is_same)
        return fd;
    close(fd);
    return refuse_changed(path, error);
}

/* Whether nobody wrote to it, or put another in its place, since it was opened. */
static bool is_untouched(const char *path, const struct stat *then)
{
    struct stat now;
    return stat(path, &now) == 0 && now.st_dev == then->st_dev && now.st_ino == then->st_ino &&
           now.st_size == then->st_size && now.st_mtim.tv_sec == then->st_mtim.tv_sec &&
           now.st_mtim.tv_nsec == then->st_mtim.tv_nsec &&
           now.st_ctim.tv_sec == then->st_ctim.tv_sec &&
           now.st_ctim.tv_nsec == then->st_ctim.tv_nsec;
}

/* Owner first: to give a file away takes its special bits. The mode is a part of an access list. */
static int copy_rights(int from, const struct stat *status, int to, const char *path,
                       struct error *error)
{
    char list[ACCESS_LIST_BYTES_MAX];
    struct stat made;
    if (fstat(to, &made) < 0)
        return error_set_errno(error, "%s", path);
    bool is_ours = made.st_uid == status->st_uid && made.st_gid == status->st_gid;
    if (!is_ours && fchown(to, status->st_uid, status->st_gid) < 0)
        return error_set_errno(error,
                               "%s belongs to somebody else and would not any more; do it "
                               "as its owner or as root",
                               path);
    if (fchmod(to, status->st_mode & 07777) < 0)
        return error_set_errno(error, "%s", path);
    ssize_t length = fgetxattr(from, access_list, list, sizeof list);
    bool has_none = length < 0 && (errno == ENODATA || errno == ENOTSUP);
    if (!has_none && (length < 0 || fsetxattr(to, access_list, list, (size_t)length, 0) < 0))
        return error_set_errno(error, "%s: its access list cannot be kept", path);
    return 0;
}

static int replace(const char *path, const struct buffer *was, const struct buffer *now,
                   struct error *error)
{
    struct stat status;
    int old = open_unchanged(path, was, &status, error);
    if (old < 0)
        return -1;
    int directory_bytes = (int)(strrchr(path, '/') - path) + 1;
    char *temporary =
        memory_format("%.*s.%s.XXXXXX", directory_bytes, path, path + directory_bytes);
    int result = -1;
    int fd = mkostemp(temporary, O_CLOEXEC); /* of mode 0600 */
    if (fd < 0)
        error_set_errno(error, "%s", temporary);
    else if (copy_rights(old, &status, fd, path, error) < 0)
        result = -1;
    else if (file_write_all(fd, now->data, now->len) < 0 || fsync(fd) < 0)
        error_set_errno(error, "%s", temporary);
    else if (!is_untouched(path, &status))
        refuse_changed(path, error);
    else if (rename(temporary, path) < 0)
        error_set_errno(error, "%s", path);
    else
        result = 0;
    if (fd >= 0 && result < 0)
        unlink(temporary);
    else if (result == 0)
        result = file_sync_name(path, fd, error);
    if (fd >= 0)
        close(fd);
    close(old);
    free(temporary);
    return result;
}

int file_rewrite(const char *path, const struct buffer *was, const struct buffer *now,
                 struct error *error)
{
    char *target = realpath(path, NULL);
    if (!target)
        return error_set_errno(error, "%s", path);
    sigset_t before;
    signals_hold(&before); /* so that no temporary file stays behind */
    int result = replace(target, was, now, error);
    signals_release(&before);
    free(target);
    return result;
}
