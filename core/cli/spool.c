/* See spool.h. */
#include "core/cli/spool.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/limits.h"
#include "core/base/memory.h"

#define NS_A_SECOND 1000000000

char *spool_name(int64_t unix_ns, long pid, uint32_t random)
{
    return memory_format("%010" PRId64 ".%09" PRId64 "-%ld-%08" PRIx32 ".jsonl",
                         unix_ns / NS_A_SECOND, unix_ns % NS_A_SECOND, pid, random);
}

static int64_t next_unix_ns(struct spool *spool)
{
    struct timespec now = {0};
    clock_gettime(CLOCK_REALTIME, &now);
    int64_t unix_ns = (int64_t)now.tv_sec * NS_A_SECOND + now.tv_nsec;
    if (unix_ns <= spool->last_unix_ns)
        unix_ns = spool->last_unix_ns + 1;
    spool->last_unix_ns = unix_ns;
    return unix_ns;
}

int spool_write(struct spool *spool, const char *lines, size_t length, struct error *error)
{
    assert(length <= SPOOL_FILE_BYTES_MAX);
    uint32_t random = 0; /* two containers may share a spool, the moment and the process ID */
    if (getrandom(&random, sizeof random, GRND_NONBLOCK) < 0)
        random = 0;
    char *name = spool_name(next_unix_ns(spool), (long)getpid(), random);
    mode_t before = umask(0027); /* a stricter one would hide the file from the bus */
    int result = file_replace(spool->directory, name, lines, length, error);
    umask(before);
    if (result < 0 && access(spool->directory, F_OK) < 0 && errno == ENOENT)
        error_set(error, "there is no directory %s; make it, or give -c or --spool",
                  spool->directory);
    free(name);
    return result;
}
