/* See file.h. */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <affnotify/sink.h>

#include "clock.h"
#include "disk.h"
#include "format.h"
#include "recovery.h"
#include "rows.h"
#include "tail.h"
#include "trouble.h"

#define LOCK_POLL_NS 50000000L
#define OPEN_FLAGS   (O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY)
#define OPENS_MAX    8 /* of a file that is replaced again and again */

/* ---- What went wrong ---- */

int32_t file_failed_beside(struct file *file, const char *path, const char *doing,
                           struct affn_reply *reply)
{
    int number = errno;
    snprintf(reply->what, reply->what_bytes, "%s: cannot %s: %s", path, doing, strerror(number));
    reply->code = number;
    int32_t verdict = trouble_explain(number, path, reply);
    file_close(file);
    return verdict;
}

int32_t file_failed(struct file *file, const char *doing, struct affn_reply *reply)
{
    return file_failed_beside(file, file->path, doing, reply);
}

int32_t file_not_ours(struct file *file, const char *what, const char *remedy,
                      struct affn_reply *reply)
{
    file_close(file);
    snprintf(reply->what, reply->what_bytes, "%s: %s", file->path, what);
    snprintf(reply->remedy, reply->remedy_bytes, "%s", remedy);
    return AFFN_MISSET;
}

int32_t file_not_ended(struct file *file, struct affn_reply *reply)
{
    bool is_long = strlen(file->format->line_end) > 1;
    return file_not_ours(file,
                         is_long ? "its last line is not affnotify's and does not end with CRLF"
                                 : "its last line is not affnotify's and does not end with LF",
                         is_long ? "end that line with CRLF, or take it out"
                                 : "end that line with LF, or take it out",
                         reply);
}

/* ---- Opening ---- */

/* Whether path names what is open. */
static bool is_there(const struct file *file, struct stat *opened)
{
    struct stat named;
    return fstat(file->fd, opened) == 0 && lstat(file->path, &named) == 0 &&
           opened->st_dev == named.st_dev && opened->st_ino == named.st_ino;
}

/* Waits until no other process has the file: an old host of this sink may still be ending. */
static int32_t take_lock(struct file *file, int64_t give_up_mono_ms, struct affn_reply *reply)
{
    while (flock(file->fd, LOCK_EX | LOCK_NB) < 0) {
        if (errno == EINTR)
            continue;
        if (errno != EWOULDBLOCK)
            return file_failed(file, "lock", reply);
        if (file->host->mono_ms() >= give_up_mono_ms) {
            file_close(file);
            snprintf(reply->what, reply->what_bytes,
                     "%s: another process holds its lock, perhaps an older host of this sink",
                     file->path);
            snprintf(reply->remedy, reply->remedy_bytes,
                     "it is tried again; to see who holds it: fuser -v %s", file->path);
            return AFFN_DOWN;
        }
        nanosleep(&(struct timespec){.tv_nsec = LOCK_POLL_NS}, NULL);
    }
    return AFFN_DELIVERED;
}

/* Opens and locks what path names; again when it was renamed while we waited for the lock. */
static int32_t open_locked(struct file *file, int64_t give_up_mono_ms, struct affn_reply *reply)
{
    for (int i = 0; i < OPENS_MAX; i++) {
        struct stat status;
        file->fd = open(file->path, OPEN_FLAGS | O_CREAT, 0640);
        if (file->fd < 0)
            return file_failed(file, "open", reply);
        file->is_open = true;
        if (fstat(file->fd, &status) < 0)
            return file_failed(file, "look at", reply);
        if (!S_ISREG(status.st_mode))
            return file_not_ours(file, "is not a regular file", "name a regular file", reply);
        int32_t verdict = take_lock(file, give_up_mono_ms, reply);
        if (verdict != AFFN_DELIVERED)
            return verdict;
        if (is_there(file, &status)) {
            file->size = status.st_size;
            file->place = (struct ledger_place){status.st_dev, status.st_ino};
            file->written_unix_ms = clock_of(&status.st_mtim);
            return AFFN_DELIVERED;
        }
        file_close(file);
    }
    snprintf(reply->what, reply->what_bytes, "%s: was replaced again and again while it was opened",
             file->path);
    return AFFN_RETRY;
}

/* Writes the header into a new file, or into one that a crash left with a part of it. */
static int32_t begin(struct file *file, struct affn_reply *reply)
{
    const struct format *format = file->format;
    if (format->has_mode && fchmod(file->fd, format->mode) < 0)
        return file_failed(file, "set the mode", reply);
    if (ftruncate(file->fd, 0) < 0 ||
        disk_write(file->fd, format->header, format->header_bytes) < 0 || fsync(file->fd) < 0 ||
        disk_sync_directory(file->path) < 0)
        return file_failed(file, "write the header row", reply);
    file->size = (off_t)format->header_bytes;
    return AFFN_DELIVERED;
}

static bool has_header(const struct file *file)
{
    return file->size >= (off_t)file->format->header_bytes;
}

/* Whether what is there of the header is ours; it may be cut short. */
static int32_t check_header(struct file *file, struct affn_reply *reply)
{
    char header[HEADER_ROW_MAX];
    size_t length = has_header(file) ? file->format->header_bytes : (size_t)file->size;
    if (disk_read(file->fd, header, length, 0) < 0)
        return file_failed(file, "read", reply);
    if (memcmp(header, file->format->header, length) != 0)
        return file_not_ours(file, "has another header row than affnotify's",
                             "move the file away, and affnotify makes a new one; or choose "
                             "another path",
                             reply);
    return AFFN_DELIVERED;
}

int32_t file_cut(struct file *file, off_t size, struct affn_reply *reply)
{
    if (ftruncate(file->fd, size) < 0)
        return file_failed(file, "cut off an unfinished row", reply);
    file->host->log(AFFN_LOG_WARNING,
                    "%s: cut off an unfinished last row of %jd bytes, left by a crash", file->path,
                    (intmax_t)(file->size - size));
    file->size = size;
    return AFFN_DELIVERED;
}

void file_init(struct file *file, const char *path, const struct format *format,
               const struct affn_host *host)
{
    file_close(file);
    file->path = path;
    file->format = format;
    file->host = host;
}

int32_t file_open(struct file *file, int64_t give_up_mono_ms, struct affn_reply *reply)
{
    file_close(file);
    recent_clear(&file->recent);
    file->newest = 0;

    int32_t verdict = open_locked(file, give_up_mono_ms, reply);
    if (verdict == AFFN_DELIVERED)
        verdict = check_header(file, reply);
    if (verdict == AFFN_DELIVERED && !has_header(file))
        verdict = begin(file, reply);
    if (verdict == AFFN_DELIVERED)
        verdict =
            file->format->tells_ids ? tail_read(file, true, reply) : recovery_of_file(file, reply);
    /* Rows that are read here count as delivered, so they must outlive a power cut. */
    if (verdict == AFFN_DELIVERED && fsync(file->fd) < 0)
        verdict = file_failed(file, "sync", reply);
    if (verdict == AFFN_DELIVERED && !file->format->tells_ids)
        verdict = recovery_begin_ledger(file, reply);
    return verdict;
}

/* ---- Looking ---- */

/* Whether a file could be made where none is. */
static int32_t look_at_directory(struct file *file, struct affn_reply *reply)
{
    char *directory = disk_directory_of(file->path);
    if (!directory || access(directory, W_OK | X_OK) < 0) {
        free(directory);
        return file_failed(file, "open", reply);
    }
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(directory);
    if (fd < 0)
        return file_failed(file, "write the header row", reply);
    close(fd);
    return AFFN_DELIVERED;
}

int32_t file_look(struct file *file, struct affn_reply *reply)
{
    struct stat status;
    file->fd = open(file->path, OPEN_FLAGS);
    if (file->fd < 0)
        return errno == ENOENT ? look_at_directory(file, reply) : file_failed(file, "open", reply);
    file->is_open = true;
    if (fstat(file->fd, &status) < 0)
        return file_failed(file, "look at", reply);
    if (!S_ISREG(status.st_mode))
        return file_not_ours(file, "is not a regular file", "name a regular file", reply);
    file->size = status.st_size;
    int32_t verdict = check_header(file, reply);
    if (verdict == AFFN_DELIVERED && file->format->tells_ids && has_header(file))
        verdict = tail_read(file, false, reply);
    file_close(file);
    return verdict;
}

bool file_is_current(const struct file *file)
{
    struct stat status;
    return file->is_open && is_there(file, &status) && status.st_size == file->size;
}

/* ---- Appending ---- */

static int32_t note(struct file *file, const struct rows *rows, struct affn_reply *reply)
{
    if (ledger_is_long(&file->ledger)) {
        int32_t verdict = recovery_begin_ledger(file, reply);
        if (verdict != AFFN_DELIVERED)
            return verdict;
    }
    if (ledger_add_rows(&file->ledger, file->place, file->size, rows) < 0)
        return file_failed_beside(file, file->ledger.path, "note what is about to be written",
                                  reply);
    return AFFN_DELIVERED;
}

/* They are on the disk. */
static void take_in(struct file *file, const struct rows *rows)
{
    file->size += (off_t)rows->length;
    file->rows += rows->count;
    file->written_unix_ms = clock_unix_ms();
    file->newest = rows->count;
    for (uint32_t i = 0; i < rows->count; i++)
        recent_add(&file->recent, rows->ids[i]);
}

int32_t file_append(struct file *file, const struct rows *rows, struct affn_reply *reply)
{
    const char *doing = "write";
    int32_t verdict = file->format->tells_ids ? AFFN_DELIVERED : note(file, rows, reply);
    if (verdict != AFFN_DELIVERED)
        return verdict;
    if (disk_write(file->fd, rows->bytes, rows->length) == 0) {
        doing = "sync";
        if (fsync(file->fd) == 0) {
            take_in(file, rows);
            return AFFN_DELIVERED;
        }
    }
    /* After a failed fsync too nobody knows what is on the disk: take the rows back, so that the
     * next try writes them anew. Should even that fail, the next open finds them and skips them. */
    int number = errno;
    if (ftruncate(file->fd, file->size) < 0)
        file->host->log(AFFN_LOG_ERROR, "%s: cannot take back rows after a failed %s: %s",
                        file->path, doing, strerror(errno));
    errno = number;
    return file_failed(file, doing, reply);
}

void file_close(struct file *file)
{
    if (file->is_open)
        close(file->fd);
    file->is_open = false;
    ledger_finish(&file->ledger);
}
