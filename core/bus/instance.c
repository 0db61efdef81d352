/* See instance.h. The kernel drops the lock when the process ends, however it ends. */
#include "core/bus/instance.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/memory.h"
#include "core/config/config.h"

#define STATE_MODE            0700u
#define SOCKET_DIRECTORY_MODE 0755u

#define SAY_FOREIGN_STATE                                                                          \
    "%s belongs to the user %s, who could not open what root makes there, so nothing was begun; "  \
    "run affnotifyd as that user, such as `runuser -u %s -- affnotifyd -c %s`, or give the "       \
    "folder to root"

#define SAY_NO_FOLDER                                                                              \
    "[bus] %s: the folder %s cannot be made (%s); make it, for the user that affnotifyd runs as, " \
    "or name another `%s`"

/* Who holds the lock, as the file says. */
static int refuse_second(int fd, const char *state, struct error *error)
{
    char pid[16] = "";
    ssize_t length = pread(fd, pid, sizeof pid - 1, 0);
    pid[length > 0 ? strcspn(pid, "\n") : 0] = '\0';
    return error_set(error,
                     "%s: another affnotifyd (process %s) works on this state directory; stop it "
                     "first, or give this one another `state`",
                     state, pid[0] ? pid : "unknown");
}

static int take_lock(int fd, const char *state, const char *path, struct error *error)
{
    if (flock(fd, LOCK_EX | LOCK_NB) < 0)
        return errno == EWOULDBLOCK ? refuse_second(fd, state, error)
                                    : error_set_errno(error, "%s: cannot be locked", path);
    char pid[16];
    int length = snprintf(pid, sizeof pid, "%ld\n", (long)getpid());
    if (ftruncate(fd, 0) < 0 || pwrite(fd, pid, (size_t)length, 0) != length)
        return error_set_errno(error, "%s", path);
    return 0;
}

/* A folder that a key of [bus] names. */
static int make_folder(const char *path, unsigned mode, const char *key, struct error *error)
{
    struct error why;
    if (file_make_directory(path, mode, &why) == 0)
        return 0;
    return error_set(error, SAY_NO_FOLDER, key, path, why.text, key);
}

/* Everybody may go there: who may connect is the socket's own matter. */
static int make_folder_of_socket(const char *path, struct error *error)
{
    char *folder = memory_text_part(path, (size_t)(strrchr(path, '/') - path));
    int result = *folder ? make_folder(folder, SOCKET_DIRECTORY_MODE, "socket", error) : 0;
    free(folder);
    return result;
}

/*
 * What root made in another's state folder its owner could not open afterwards; so it makes nothing.
 */
static int refuse_foreign_state(const struct config *config, struct error *error)
{
    struct stat status;
    if (geteuid() != 0 || stat(config->state, &status) < 0 || status.st_uid == 0)
        return 0;
    const struct passwd *user = getpwuid(status.st_uid);
    char *owner =
        user ? memory_text(user->pw_name) : memory_format("#%lu", (unsigned long)status.st_uid);
    const struct section *bus = document_section(&config->document, "bus");
    struct place place = {.file = config->path};
    if (bus)
        place = section_place(bus, section_setting(bus, "state"));
    place.section = "bus";
    place.key = "state";
    struct mistakes mistakes;
    mistakes_init(&mistakes);
    mistakes_add(&mistakes, &place, SAY_FOREIGN_STATE, config->state, owner, owner, config->path);
    char *text = mistake_text(&mistakes.items[0]);
    error_set(error, "%s", text);
    free(text);
    mistakes_finish(&mistakes);
    free(owner);
    return -1;
}

int instance_lock(const struct config *config, struct error *error)
{
    if (refuse_foreign_state(config, error) < 0)
        return -1;
    if (make_folder(config->state, STATE_MODE, "state", error) < 0 ||
        make_folder(config->spool, STATE_MODE, "spool", error) < 0 ||
        make_folder_of_socket(config->socket, error) < 0)
        return -1;
    char *path = memory_format("%s/lock", config->state);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        error_set_errno(error, "%s", path);
    } else if (take_lock(fd, config->state, path, error) < 0) {
        close(fd);
        fd = -1;
    }
    free(path);
    return fd;
}
