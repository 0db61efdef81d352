/* See rotation.h. */
#include "rotation.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <affnotify/sink.h>

#include "clock.h"
#include "disk.h"
#include "file.h"
#include "format.h"

#define WORKING     ".part"
#define MARKER      ".done"
#define NAMES_MAX   1000 /* tried, a millisecond later each, until one is free */
#define STAMP_BYTES 64

char *rotation_working_path(const char *path)
{
    char *made;
    return asprintf(&made, "%s" WORKING, path) < 0 ? NULL : made;
}

bool rotation_is_due(const struct file *file, int64_t rows, size_t bytes)
{
    const struct format *format = file->format;
    if (file->rows + rows <= 1)
        return false; /* no file is finished without a row */
    if (format->rotate_rows > 0 && file->rows + rows > format->rotate_rows)
        return true;
    if (format->rotate_bytes > 0 && file->size + (off_t)bytes > format->rotate_bytes)
        return true;
    return format->rotate_daily && file->rows > 0 &&
           clock_day(file->written_unix_ms) < clock_day(clock_unix_ms());
}

/* "crm-2026-03-18-120000-000.csv" of "crm.csv"; to be freed. The names sort as the moments do. */
static char *make_final_path(const char *working_path, int64_t unix_ms)
{
    char stamp[STAMP_BYTES];
    struct tm moment;
    char *made;
    time_t seconds = (time_t)(unix_ms / 1000);
    size_t length = strlen(working_path) - strlen(WORKING);
    const char *name = strrchr(working_path, '/') + 1;
    const char *dot = memrchr(name, '.', length - (size_t)(name - working_path));
    size_t stem = dot && dot > name ? (size_t)(dot - working_path) : length;
    gmtime_r(&seconds, &moment);
    strftime(stamp, sizeof stamp, "-%Y-%m-%d-%H%M%S", &moment);
    int result = asprintf(&made, "%.*s%s-%03d%.*s", (int)stem, working_path, stamp,
                          (int)(unix_ms % 1000), (int)(length - stem), working_path + stem);
    return result < 0 ? NULL : made;
}

/* Notes the name and takes it: 0, or -1 with errno, EEXIST when somebody has it. */
static int take_name(struct file *file, const char *final_path)
{
    if (ledger_add_rotation(&file->ledger, file->place, final_path) < 0)
        return -1;
    return renameat2(AT_FDCWD, file->path, AT_FDCWD, final_path, RENAME_NOREPLACE);
}

static int32_t failed_rename(struct file *file, const char *final_path, struct affn_reply *reply)
{
    int number = errno;
    int32_t verdict = file_failed_beside(file, final_path, "give the file its final name", reply);
    if (number != EINVAL)
        return verdict;
    snprintf(reply->remedy, reply->remedy_bytes,
             "choose a file system that can rename without replacing a file: not NFS");
    return AFFN_MISSET;
}

/* To be freed; NULL when it could not be done, with the verdict. */
static char *rename_file(struct file *file, int32_t *verdict, struct affn_reply *reply)
{
    for (int64_t i = 0;; i++) {
        char *final_path = make_final_path(file->path, file->written_unix_ms + i);
        if (final_path && take_name(file, final_path) == 0)
            return final_path;
        if (final_path && errno == EEXIST && i < NAMES_MAX) {
            free(final_path);
            continue;
        }
        *verdict = failed_rename(file, final_path ? final_path : file->path, reply);
        free(final_path);
        return NULL;
    }
}

/* The marker has the rights of the file. */
static int make_marker(const char *marker, const struct stat *status)
{
    int fd = open(marker, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return -1;
    int result = fchmod(fd, status->st_mode & 0777) < 0 || fsync(fd) < 0 ? -1 : 0;
    int number = errno;
    close(fd);
    errno = number;
    return result;
}

int32_t rotation_finish(struct file *file, const char *final_path, struct affn_reply *reply)
{
    struct stat status;
    char *marker;
    if (!file->format->done_marker || stat(final_path, &status) < 0)
        return AFFN_DELIVERED;
    if (asprintf(&marker, "%s" MARKER, final_path) < 0)
        return file_failed(file, "name the marker", reply);
    int32_t verdict = AFFN_DELIVERED;
    if (make_marker(marker, &status) < 0 || disk_sync_directory(marker) < 0)
        verdict = file_failed_beside(file, marker, "make the marker", reply);
    free(marker);
    return verdict;
}

/* From now on the ledger says no more of the finished file than its newest rows. */
static int32_t settle(struct file *file, struct affn_reply *reply)
{
    recent_keep(&file->recent, file->newest);
    if (ledger_begin(&file->ledger, (struct ledger_place){0}, &file->recent, file->newest) < 0)
        return file_failed_beside(file, file->ledger.path, "write", reply);
    file_close(file);
    return AFFN_DELIVERED;
}

int32_t rotation_run(struct file *file, struct affn_reply *reply)
{
    int32_t verdict = AFFN_DELIVERED;
    int64_t rows = file->rows;
    char *final_path = rename_file(file, &verdict, reply);
    if (!final_path)
        return verdict;
    if (disk_sync_directory(final_path) < 0)
        verdict = file_failed_beside(file, final_path, "sync the directory", reply);
    if (verdict == AFFN_DELIVERED)
        verdict = rotation_finish(file, final_path, reply);
    if (verdict == AFFN_DELIVERED)
        verdict = settle(file, reply);
    if (verdict == AFFN_DELIVERED)
        file->host->log(AFFN_LOG_INFO, "%s: finished, with %lld rows", final_path, (long long)rows);
    free(final_path);
    return verdict;
}
