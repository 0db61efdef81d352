/* See access.h. A socket file has one group only, so with groups set the kernel lets everybody
 * connect
 * and the bus looks at who it is (SO_PEERCRED, SO_PEERGROUPS). */
#include "core/bus/access.h"

#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/error.h"
#include "core/base/memory.h"
#include "core/bus/start_sentences.h"
#include "core/config/config.h"

#define GROUPS_MAX 65536 /* NGROUPS_MAX of Linux */

static int find_group(const char *name, gid_t *gid, struct error *error)
{
    errno = 0;
    struct group *group = getgrnam(name);
    if (!group)
        return error_set(error, SAY_NO_GROUP);
    *gid = group->gr_gid;
    return 0;
}

int access_init(struct access *access, const struct config *config, const char **key,
                struct error *error)
{
    *access = (struct access){.has_publishers = config->publishers != NULL,
                              .has_operators = config->operators != NULL};
    *key = "publishers";
    if (access->has_publishers && find_group(config->publishers, &access->publishers, error) < 0)
        return -1;
    *key = "operators";
    if (access->has_operators && find_group(config->operators, &access->operators, error) < 0)
        return -1;
    return 0;
}

static enum access_level level_of_group(const struct access *access, gid_t gid)
{
    if (access->has_operators && gid == access->operators)
        return ACCESS_CONTROL;
    if (access->has_publishers && gid == access->publishers)
        return ACCESS_PUBLISH;
    return ACCESS_NONE;
}

enum access_level access_of_peer(const struct access *access, int fd)
{
    struct ucred peer;
    socklen_t size = sizeof peer;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
        return ACCESS_NONE;
    if (peer.uid == 0 || peer.uid == geteuid())
        return ACCESS_CONTROL;
    enum access_level best = level_of_group(access, peer.gid);
    gid_t *groups = memory_new(GROUPS_MAX, sizeof *groups);
    size = GROUPS_MAX * sizeof *groups;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size) < 0)
        size = 0;
    for (size_t i = 0; i < size / sizeof *groups; i++) {
        enum access_level level = level_of_group(access, groups[i]);
        best = level > best ? level : best;
    }
    free(groups);
    return best;
}

int access_apply(const struct access *access, const struct config *config, struct error *error)
{
    bool shared = access->has_publishers || access->has_operators;
    gid_t group = access->has_publishers ? access->publishers : access->operators;
    if (chmod(config->socket, shared ? 0666 : 0600) < 0)
        return error_set_errno(error, "%s", config->socket);
    if (!shared)
        return 0;
    /* The way to the spool; the journal itself keeps its mode. */
    if (chmod(config->state, 0711) < 0)
        return error_set_errno(error, "%s", config->state);
    /*
     * Members may put files in and not see which are there. Setgid gives the files their group, so
     * that the bus can read them; sticky keeps members from removing each other's.
     */
    if (chown(config->spool, (uid_t)-1, group) < 0 || chmod(config->spool, 03730) < 0)
        return error_set_errno(error, SAY_SPOOL_GROUP, config->spool);
    return 0;
}
