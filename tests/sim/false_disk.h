/*
 * A disk of our own under SQLite: its one for real files, of which some methods are replaced so that
 * tests can make them fail. One in a process. Used by disk.c, and by the journal's unit tests.
 */
#ifndef AFFN_TESTS_SIM_FALSE_DISK_H
#define AFFN_TESTS_SIM_FALSE_DISK_H

#include <sqlite3.h>

/*
 * Becomes the disk of every database that is opened from now on. `disk` is a copy of what
 * false_disk_real gives, with the disk's own methods replaced; `replace` does so with those of a
 * file. Both stay the caller's.
 */
void false_disk_install(sqlite3_vfs *disk, void (*replace)(sqlite3_io_methods *methods));

/* The disk for real files. */
sqlite3_vfs *false_disk_real(void);

/* An open file's methods as they are on that. */
const sqlite3_io_methods *false_disk_methods(const sqlite3_file *file);

#endif
