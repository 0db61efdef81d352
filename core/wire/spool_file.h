/*
 * The spool, as its writers see it: a directory where lines wait, durably, for a bus that cannot be
 * reached. The bus takes the files in by the order of their names, which is the order of writing.
 *
 * Needs nothing but libc, allocates nothing, and touches nothing that belongs to the whole process:
 * the C client calls it from any thread of somebody else's program.
 */
#ifndef AFFN_WIRE_SPOOL_FILE_H
#define AFFN_WIRE_SPOOL_FILE_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define SPOOL_FILE_NAME_SIZE 64

struct error;

struct spool_file {
    const char *directory;
    _Atomic int64_t last_unix_ns; /* of the last file's name: names of one process never go back */
};

/*
 * Writes whole lines, SPOOL_FILE_BYTES_MAX at most, as one new file, whose name is left in `name`
 * unless that is NULL. 0, or -1 with the error. Several threads may share one struct.
 */
int spool_file_write(struct spool_file *spool, const char *lines, size_t length,
                     char name[SPOOL_FILE_NAME_SIZE], struct error *error);

/* `SECONDS.NANOSECONDS-PID-RANDOM.jsonl` */
void spool_file_name(int64_t unix_ns, long pid, uint32_t random, char name[SPOOL_FILE_NAME_SIZE]);

#endif
