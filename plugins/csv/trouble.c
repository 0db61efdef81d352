/* See trouble.h. */
#include "trouble.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <affnotify/sink.h>

#include "../common/user.h"

/* What is not here may go away by itself; a remedy that names something is made below. */
static const struct {
    int number;
    int32_t verdict;
    const char *remedy;
} troubles[] = {
    {ENOSPC, AFFN_MISSET, "free some space on its file system"},
    {EDQUOT, AFFN_MISSET, "free some space, or raise the disk quota of affnotify's user"},
    {EFBIG, AFFN_MISSET, "move the file away, or raise the limit on file sizes (LimitFSIZE)"},
    {EACCES, AFFN_MISSET, NULL},
    {EPERM, AFFN_MISSET, "let affnotify's user write to the file (see chmod, chattr)"},
    {EROFS, AFFN_MISSET, "mount the file system for writing, or choose another path"},
    {ENOENT, AFFN_MISSET, NULL},
    {ENOTDIR, AFFN_MISSET, "choose a path whose directories are directories"},
    {EISDIR, AFFN_MISSET, "name a file, not a directory"},
    {ELOOP, AFFN_MISSET, "symbolic links are not followed: name the file itself"},
    {ENAMETOOLONG, AFFN_MISSET, "choose a shorter path"},
    {ENOLCK, AFFN_MISSET, "choose a file system whose files can be locked"},
    {EOPNOTSUPP, AFFN_MISSET, "choose a file system whose files can be locked"},
};

/* What the user lacks: to make the file, to write to it, or even to come near it. */
static void name_lack(int number, const char *path, struct affn_reply *reply)
{
    struct stat status;
    char user[USER_BYTES];
    const char *slash = strrchr(path, '/');
    int length = slash > path ? (int)(slash - path) : 1;
    user_name(user);
    if (number == ENOENT)
        snprintf(reply->remedy, reply->remedy_bytes, "make the directory %.*s, writable for %s",
                 length, path, user);
    else if (lstat(path, &status) == 0)
        snprintf(reply->remedy, reply->remedy_bytes, "let %s write to the file", user);
    else if (errno == ENOENT)
        snprintf(reply->remedy, reply->remedy_bytes,
                 "let %s write into the directory %.*s, where the file is to be made", user, length,
                 path);
    else
        snprintf(reply->remedy, reply->remedy_bytes,
                 "let %s search the directory %.*s and those above it", user, length, path);
}

int32_t trouble_explain(int number, const char *path, struct affn_reply *reply)
{
    for (size_t i = 0; i < sizeof troubles / sizeof troubles[0]; i++) {
        if (troubles[i].number != number)
            continue;
        if (troubles[i].remedy)
            snprintf(reply->remedy, reply->remedy_bytes, "%s", troubles[i].remedy);
        else
            name_lack(number, path, reply);
        return troubles[i].verdict;
    }
    return AFFN_RETRY;
}
