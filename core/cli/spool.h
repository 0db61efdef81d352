/*
 * The spool: a directory where lines wait, durably, for a bus that cannot be reached. The bus takes
 * the files in by the order of their names, which is the order of writing.
 */
#ifndef AFFN_CLI_SPOOL_H
#define AFFN_CLI_SPOOL_H

#include <stddef.h>
#include <stdint.h>

struct error;

struct spool {
    const char *directory;
    int64_t last_unix_ns; /* of the last file's name: names of one process never go back */
};

/* Writes whole lines, SPOOL_FILE_BYTES_MAX at most, as one new file. 0, or -1 with the error. */
int spool_write(struct spool *spool, const char *lines, size_t length, struct error *error);

/* `SECONDS.NANOSECONDS-PID-RANDOM.jsonl`; to be freed. */
char *spool_name(int64_t unix_ns, long pid, uint32_t random);

#endif
