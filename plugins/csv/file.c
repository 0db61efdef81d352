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

#include "row.h"
#include "trouble.h"

#define HEADER_BYTES     ((off_t)sizeof ROW_HEADER - 1)
#define LOCK_POLL_NS     50000000L
#define TAIL_BYTES_FIRST ((off_t)64 * 1024)
#define TAIL_BYTES_MAX   ((off_t)(RECENT_ROWS_MAX + 1) * ROW_BYTES_MAX)
#define OPEN_FLAGS       (O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY)
#define OPENS_MAX        8 /* of a file that is replaced again and again */

/* Closes the file and says what errno stopped us from doing. */
static int32_t failed(struct file *file, const char *doing, struct affn_reply *reply)
{
    int number = errno;
    file_close(file);
    snprintf(reply->what, reply->what_bytes, "%s: cannot %s: %s", file->path, doing,
             strerror(number));
    reply->code = number;
    return trouble_explain(number, file->path, reply);
}

/* Closes a file that is not ours to write to. */
static int32_t not_ours(struct file *file, const char *what, const char *remedy,
                        struct affn_reply *reply)
{
    file_close(file);
    snprintf(reply->what, reply->what_bytes, "%s: %s", file->path, what);
    snprintf(reply->remedy, reply->remedy_bytes, "%s", remedy);
    return AFFN_MISSET;
}

static int write_all(int fd, const char *bytes, size_t length)
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

static int read_all(int fd, char *bytes, size_t length, off_t offset)
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

/* To be freed; NULL with errno. */
static char *directory_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash > path ? strndup(path, (size_t)(slash - path)) : strdup("/");
}

/* Makes a new name in the file's directory durable. */
static int sync_directory(const char *path)
{
    char *directory = directory_of(path);
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
            return failed(file, "lock", reply);
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
            return failed(file, "open", reply);
        file->is_open = true;
        if (fstat(file->fd, &status) < 0)
            return failed(file, "look at", reply);
        if (!S_ISREG(status.st_mode))
            return not_ours(file, "is not a regular file", "name a regular file", reply);
        int32_t verdict = take_lock(file, give_up_mono_ms, reply);
        if (verdict != AFFN_DELIVERED)
            return verdict;
        if (is_there(file, &status)) {
            file->size = status.st_size;
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
    if (ftruncate(file->fd, 0) < 0 || write_all(file->fd, ROW_HEADER, (size_t)HEADER_BYTES) < 0 ||
        fsync(file->fd) < 0 || sync_directory(file->path) < 0)
        return failed(file, "write the header row", reply);
    file->size = HEADER_BYTES;
    return AFFN_DELIVERED;
}

/* Whether what is there of the header is ours; it may be cut short. */
static int32_t check_header(struct file *file, struct affn_reply *reply)
{
    char header[sizeof ROW_HEADER];
    size_t length = (size_t)(file->size < HEADER_BYTES ? file->size : HEADER_BYTES);
    if (read_all(file->fd, header, length, 0) < 0)
        return failed(file, "read", reply);
    if (memcmp(header, ROW_HEADER, length) != 0)
        return not_ours(file, "has another header row than affnotify's",
                        "move the file away, and affnotify makes a new one; or choose another path",
                        reply);
    return AFFN_DELIVERED;
}

static size_t count_lines(const char *bytes, size_t length)
{
    size_t count = 0;
    const char *end = bytes + length;
    while ((bytes = memchr(bytes, '\n', (size_t)(end - bytes))))
        bytes++, count++;
    return count;
}

/*
 * Reads the end of the file: RECENT_ROWS_MAX whole rows, or all there are behind the header. A row
 * has no line break inside, so every line feed ends one. Gives memory to free, or NULL with errno.
 */
static char *read_tail(const struct file *file, size_t *length)
{
    off_t rows_bytes = file->size - HEADER_BYTES;
    off_t want = TAIL_BYTES_FIRST;
    for (;;) {
        bool is_all = want >= rows_bytes;
        size_t got = (size_t)(is_all ? rows_bytes : want);
        char *tail = malloc(got + 1);
        if (!tail)
            return NULL;
        if (read_all(file->fd, tail, got, file->size - (off_t)got) < 0) {
            free(tail);
            return NULL;
        }
        if (is_all) {
            *length = got;
            return tail;
        }
        if (want >= TAIL_BYTES_MAX || count_lines(tail, got) > RECENT_ROWS_MAX) {
            char *first = memchr(tail, '\n', got); /* the end of a row that began further up */
            first = first ? first + 1 : tail;
            *length = (size_t)(tail + got - first);
            memmove(tail, first, *length);
            return tail;
        }
        free(tail);
        want = want * 4 < TAIL_BYTES_MAX ? want * 4 : TAIL_BYTES_MAX;
    }
}

/*
 * Whether an unended last line is what a crash left of a row of ours: its beginning, and after a
 * power cut perhaps zeros in the place of what never reached the disk. Anything else was written by
 * somebody, and is not ours to cut.
 */
static bool is_torn_row(const char *line, size_t length)
{
    size_t written = strnlen(line, length);
    return written < ROW_BYTES_MAX && strncmp(line, "evt_", written < 4 ? written : 4) == 0;
}

/* Where the unended last line of the tail begins; a verdict when it is not ours. */
static int32_t check_tail(struct file *file, const char *tail, size_t length, size_t *whole,
                          struct affn_reply *reply)
{
    const char *last_end = memrchr(tail, '\n', length);
    *whole = last_end ? (size_t)(last_end - tail) + 1 : 0;
    if (*whole == length || is_torn_row(tail + *whole, length - *whole))
        return AFFN_DELIVERED;
    return not_ours(file, "its last line is not affnotify's and does not end with CRLF",
                    "end that line with CRLF, or take it out", reply);
}

/*
 * Looks at the last line; and when it may mend the file, cuts off what a crash left of a last row,
 * and learns the IDs of those before it.
 */
static int32_t read_rows(struct file *file, bool may_mend, struct affn_reply *reply)
{
    size_t length;
    size_t whole;
    char *tail = read_tail(file, &length);
    if (!tail)
        return failed(file, "read", reply);

    int32_t verdict = check_tail(file, tail, length, &whole, reply);
    size_t torn = length - whole;
    bool mends = verdict == AFFN_DELIVERED && may_mend;
    if (mends && torn > 0 && ftruncate(file->fd, file->size - (off_t)torn) < 0) {
        verdict = failed(file, "cut off an unfinished row", reply);
    } else if (mends) {
        file->size -= (off_t)torn;
        recent_add_rows(&file->recent, tail, whole);
        if (torn > 0)
            file->host->log(AFFN_LOG_WARNING,
                            "%s: cut off an unfinished last row of %zu bytes, left by a crash",
                            file->path, torn);
    }
    free(tail);
    return verdict;
}

int32_t file_open(struct file *file, const char *path, const struct affn_host *host,
                  int64_t give_up_mono_ms, struct affn_reply *reply)
{
    file_close(file);
    file->path = path;
    file->host = host;
    recent_clear(&file->recent);

    int32_t verdict = open_locked(file, give_up_mono_ms, reply);
    if (verdict == AFFN_DELIVERED)
        verdict = check_header(file, reply);
    if (verdict == AFFN_DELIVERED && file->size < HEADER_BYTES)
        verdict = begin(file, reply);
    if (verdict == AFFN_DELIVERED)
        verdict = read_rows(file, true, reply);
    /* Rows that are read here count as delivered, so they must outlive a power cut. */
    if (verdict == AFFN_DELIVERED && fsync(file->fd) < 0)
        verdict = failed(file, "sync", reply);
    return verdict;
}

/* Whether a file could be made where none is. */
static int32_t look_at_directory(struct file *file, struct affn_reply *reply)
{
    char *directory = directory_of(file->path);
    if (!directory || access(directory, W_OK | X_OK) < 0) {
        free(directory);
        return failed(file, "open", reply);
    }
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(directory);
    if (fd < 0)
        return failed(file, "write the header row", reply);
    close(fd);
    return AFFN_DELIVERED;
}

int32_t file_look(struct file *file, const char *path, const struct affn_host *host,
                  struct affn_reply *reply)
{
    struct stat status;
    file->path = path;
    file->host = host;
    file->fd = open(path, OPEN_FLAGS);
    if (file->fd < 0)
        return errno == ENOENT ? look_at_directory(file, reply) : failed(file, "open", reply);
    file->is_open = true;
    if (fstat(file->fd, &status) < 0)
        return failed(file, "look at", reply);
    if (!S_ISREG(status.st_mode))
        return not_ours(file, "is not a regular file", "name a regular file", reply);
    file->size = status.st_size;
    int32_t verdict = check_header(file, reply);
    if (verdict == AFFN_DELIVERED && file->size > HEADER_BYTES)
        verdict = read_rows(file, false, reply);
    file_close(file);
    return verdict;
}

bool file_is_current(const struct file *file)
{
    struct stat status;
    return file->is_open && is_there(file, &status) && status.st_size == file->size;
}

int32_t file_append(struct file *file, const char *rows, size_t length, struct affn_reply *reply)
{
    const char *doing = "write";
    if (write_all(file->fd, rows, length) == 0) {
        doing = "sync";
        if (fsync(file->fd) == 0) {
            file->size += (off_t)length;
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
    return failed(file, doing, reply);
}

void file_close(struct file *file)
{
    if (file->is_open)
        close(file->fd);
    file->is_open = false;
}
