/*
 * A disk that fails when it is told to: SQLite's own one for real files, of which chosen writes and
 * syncs fail instead of being done.
 */
#ifndef AFFN_TESTS_JOURNAL_FAULTY_DISK_H
#define AFFN_TESTS_JOURNAL_FAULTY_DISK_H

#include <stdbool.h>

/* Becomes the disk of every journal that is opened from now on. */
void faulty_disk_install(void);

enum faulty_disk_operation { FAULTY_WRITE, FAULTY_SYNC };

/*
 * From the nth operation on (1 for the next), each one fails with SQLite's code, until it is
 * mended. Mending tells whether any failed.
 */
void faulty_disk_break(enum faulty_disk_operation operation, int nth, int code);
bool faulty_disk_mend(void);

/* How long SQLite asked to sleep; it is never made to. */
int faulty_disk_slept_ms(void);

#endif
