/* See spool_file.h. */
#include "core/wire/spool_file.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/limits.h"

#define NS_A_SECOND 1000000000

void spool_file_name(int64_t unix_ns, long pid, uint32_t random, char name[SPOOL_FILE_NAME_SIZE])
{
    int length =
        snprintf(name, SPOOL_FILE_NAME_SIZE, "%010" PRId64 ".%09" PRId64 "-%ld-%08" PRIx32 ".jsonl",
                 unix_ns / NS_A_SECOND, unix_ns % NS_A_SECOND, pid, random);
    assert(length < SPOOL_FILE_NAME_SIZE);
    (void)length;
}

static int64_t next_unix_ns(struct spool_file *spool)
{
    struct timespec now = {0};
    clock_gettime(CLOCK_REALTIME, &now);
    int64_t unix_ns = (int64_t)now.tv_sec * NS_A_SECOND + now.tv_nsec;
    int64_t last = atomic_load(&spool->last_unix_ns);
    int64_t next;
    do
        next = unix_ns > last ? unix_ns : last + 1;
    while (!atomic_compare_exchange_weak(&spool->last_unix_ns, &last, next));
    return next;
}

int spool_file_write(struct spool_file *spool, const char *lines, size_t length,
                     char name[SPOOL_FILE_NAME_SIZE], struct error *error)
{
    assert(length <= SPOOL_FILE_BYTES_MAX);
    char own_name[SPOOL_FILE_NAME_SIZE];
    uint32_t random = 0; /* two containers may share a spool, the moment and the process ID */
    if (getrandom(&random, sizeof random, GRND_NONBLOCK) < 0)
        random = 0;
    if (!name)
        name = own_name;
    spool_file_name(next_unix_ns(spool), (long)getpid(), random, name);
    if (file_replace(spool->directory, name, lines, length, error) == 0)
        return 0;
    if (access(spool->directory, F_OK) < 0 && errno == ENOENT)
        error_set(error, "there is no directory %s; make it, or name another as the spool",
                  spool->directory);
    return -1;
}
