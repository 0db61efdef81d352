/*
 * The CSV file on disk: opened under a lock, mended after a crash, and appended to so that a batch
 * is there as a whole or not at all. Called by csv.c alone.
 *
 * It must never lose or change a whole row, and never write into a file that is not its own.
 * Functions that return a verdict have also filled in reply->what, ->remedy and ->code when the
 * verdict is not AFFN_DELIVERED; the file is closed then.
 */
#ifndef CSV_FILE_H
#define CSV_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "recent.h"

struct affn_host;
struct affn_reply;

struct file {
    const char *path;
    const struct affn_host *host;
    int fd;
    bool is_open;
    off_t size;
    struct recent recent; /* the last rows of the file; right only while it is open */
};

/*
 * Opens path, which it keeps, and makes it when it is not there. Waits for its lock until
 * give_up_mono_ms (AFFN_DOWN), refuses a file with another header (AFFN_MISSET), cuts off an
 * unfinished last row, reads the recent rows, and makes sure that they are on the disk.
 */
int32_t file_open(struct file *file, const char *path, const struct affn_host *host,
                  int64_t give_up_mono_ms, struct affn_reply *reply);

/*
 * What file_open would say, but for the lock, which it neither takes nor waits for; makes and
 * changes nothing, and leaves nothing open.
 */
int32_t file_look(struct file *file, const char *path, const struct affn_host *host,
                  struct affn_reply *reply);

/* Whether it is open, and path still names it, and nobody else has changed its size. */
bool file_is_current(const struct file *file);

/* Appends rows with one write and one fsync. When that fails the file is as long as before. */
int32_t file_append(struct file *file, const char *rows, size_t length, struct affn_reply *reply);

/* Closes it and gives up the lock; fine when it is not open. */
void file_close(struct file *file);

#endif
