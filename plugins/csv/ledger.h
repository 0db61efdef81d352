/*
 * What a sink notes in its state directory before it writes rows that do not tell by themselves, or
 * not in this file any more, which events they are of: the IDs, the rows, and how long the file is.
 * After a crash recovery.c compares that with the file.
 *
 * It is a text to which records are added, each on the disk before what it announces is begun:
 *
 *     known DEVICE INODE COUNT NEWEST    COUNT IDs whose rows were written; NEWEST of one batch
 *     rows DEVICE INODE BEFORE COUNT BYTES
 *                                        rows about to go to the end of the file of BEFORE bytes:
 *                                        for each its ID and its length, then the bytes
 *     rotate DEVICE INODE PATH           the file is about to be renamed
 *
 * and a line `end`. A record that a crash has cut was not on the disk, so nothing of it was begun.
 * A record is added only after the last one was carried out; what was not is in no ledger that goes
 * on: recovery begins a new one.
 */
#ifndef CSV_LEDGER_H
#define CSV_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "recent.h"

struct rows;

/* A file, whatever its name. */
struct ledger_place {
    dev_t device;
    ino_t inode;
};

struct ledger {
    char *path; /* its own, to be freed */
    int fd;
    bool is_open;
    off_t size;
};

enum ledger_last {
    LEDGER_EMPTY,
    LEDGER_KNOWN,
    LEDGER_ROWS,
    LEDGER_ROTATE,
};

/* What a ledger says. */
struct ledger_story {
    enum ledger_last last;     /* the kind of its last record */
    struct ledger_place place; /* that record's file */
    struct recent *recent;     /* the IDs of all rows that were written for certain */
    uint32_t newest;           /* how many of them are of the last batch */
    off_t before;              /* LEDGER_ROWS */
    uint32_t count;
    const char *lines; /* an ID and a length each */
    const char *bytes;
    size_t length;
    const char *final_path; /* LEDGER_ROTATE */
    char *text;             /* what these point into; to be freed */
};

/* Its name in a directory. Nothing is opened. */
int ledger_init(struct ledger *ledger, const char *directory);
void ledger_finish(struct ledger *ledger);

/*
 * Reads what it says, also when there is none; adds the IDs to `recent`. 0, or -1 with errno. The
 * text is to be freed in either case.
 */
int ledger_read(struct ledger *ledger, struct recent *recent, struct ledger_story *story);

/* The next line of a story's lines: its ID, and the length of its row. */
const char *ledger_line(const char **lines, size_t *row_bytes);

/* Begins a new one that knows these IDs, in the place of any other. 0, or -1 with errno. */
int ledger_begin(struct ledger *ledger, struct ledger_place place, const struct recent *recent,
                 uint32_t newest);

/* Adds a record, and waits until it is on the disk. 0, or -1 with errno: it is closed then. */
int ledger_add_rows(struct ledger *ledger, struct ledger_place place, off_t before,
                    const struct rows *rows);
int ledger_add_rotation(struct ledger *ledger, struct ledger_place place, const char *final_path);

/* Whether it has become so long that a new one should be begun. */
bool ledger_is_long(const struct ledger *ledger);

#endif
