/*
 * The CSV file on disk: opened under a lock, mended after a crash, and appended to so that a batch
 * is there as a whole or not at all. Called by csv.c and rotation.c.
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

#include "ledger.h"
#include "recent.h"

struct affn_host;
struct affn_reply;
struct format;
struct rows;

struct file {
    const char *path;
    const struct format *format;
    const struct affn_host *host;
    int fd;
    bool is_open;
    off_t size;
    struct ledger_place place;
    int64_t rows;            /* behind the header; counted where files rotate */
    int64_t written_unix_ms; /* when its last row was; of a file without rows no matter */
    struct recent recent;    /* rows that were written; right only while it is open */
    uint32_t newest;         /* how many of them are of a batch whose fate may be unknown */
    struct ledger ledger;    /* where rows do not tell by themselves which events they are of */
};

/* Names what is to be opened; all are kept. Nothing is done yet. */
void file_init(struct file *file, const char *path, const struct format *format,
               const struct affn_host *host);

/*
 * Opens it, and makes it when it is not there. Waits for its lock until give_up_mono_ms
 * (AFFN_DOWN), refuses a file with another header (AFFN_MISSET), cuts off an unfinished last row,
 * learns which rows were written, and makes sure that they are on the disk.
 */
int32_t file_open(struct file *file, int64_t give_up_mono_ms, struct affn_reply *reply);

/*
 * What file_open would say, but for the lock, which it neither takes nor waits for; makes and
 * changes nothing, and leaves nothing open.
 */
int32_t file_look(struct file *file, struct affn_reply *reply);

/* Whether it is open, and path still names it, and nobody else has changed its size. */
bool file_is_current(const struct file *file);

/* Appends rows with one write and one fsync. When that fails the file is as long as before. */
int32_t file_append(struct file *file, const struct rows *rows, struct affn_reply *reply);

/* Closes it and gives up the lock; fine when it is not open. */
void file_close(struct file *file);

/* ---- Between these files: each closes the file, and gives the verdict ---- */

/* Says what errno stopped us from doing to the file, or to another that belongs to it. */
int32_t file_failed(struct file *file, const char *doing, struct affn_reply *reply);
int32_t file_failed_beside(struct file *file, const char *path, const char *doing,
                           struct affn_reply *reply);

/* It is not ours to write to. */
int32_t file_not_ours(struct file *file, const char *what, const char *remedy,
                      struct affn_reply *reply);

/* Its last line is not ended, and not by a crash. */
int32_t file_not_ended(struct file *file, struct affn_reply *reply);

/* Cuts off what a crash left behind `size` bytes, and logs that. */
int32_t file_cut(struct file *file, off_t size, struct affn_reply *reply);

#endif
