/* See trial_directory.h. */
#include "core/host/trial_directory.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/error.h"
#include "core/base/memory.h"

/* Cuts the last name off a path, and gives it. */
static char *cut_name(char *path)
{
    char *slash = strrchr(path, '/');
    assert(slash);
    *slash = '\0';
    return slash + 1;
}

/* Opens the directory NAME in a parent, made when it is not there; no link is followed, since the
 * parent may belong to somebody whom root has no reason to trust. -1 with errno. */
static int descend(int parent_fd, const char *name, const struct stat *state)
{
    bool made = mkdirat(parent_fd, name, 0700) == 0;
    if (!made && errno != EEXIST)
        return -1;
    int fd = openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0 && made && geteuid() == 0 && fchown(fd, state->st_uid, state->st_gid) < 0) {
        int saved = errno;
        close(fd);
        errno = saved;
        return -1;
    }
    return fd;
}

int trial_directory_make(const char *path, struct error *error)
{
    char *state_path = memory_text(path);
    const char *name = cut_name(state_path);
    const char *sinks = cut_name(state_path);
    struct stat state;
    int state_fd = open(state_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int sinks_fd = -1;
    int fd = -1;
    if (state_fd < 0 || fstat(state_fd, &state) < 0) {
        error_set_errno(error, "%s, the bus's state, which a test does not make", state_path);
    } else {
        sinks_fd = descend(state_fd, sinks, &state);
        fd = sinks_fd < 0 ? -1 : descend(sinks_fd, name, &state);
        if (fd < 0)
            error_set_errno(error, "%s", path);
    }
    int result = fd < 0 ? -1 : 0;
    const int fds[] = {fd, sinks_fd, state_fd};
    for (size_t i = 0; i < sizeof fds / sizeof *fds; i++) {
        if (fds[i] >= 0)
            close(fds[i]);
    }
    free(state_path);
    return result;
}
