/* See memory_limit.h. */
#include "core/host/memory_limit.h"

#include <affnotify/sink.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/base/limits.h"
#include "core/host/services.h"

#define KIB_A_MIB        1024
#define OOM_SCORE_ADDEND "500" /* of -1000 to 1000: before any daemon that has not asked for it */

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1 /* its shadow memory is terabytes of the kind that the limit counts */
#else
#define SANITIZED 0
#endif

static long warn_kib;

static long peak_kib(void)
{
    struct rusage usage;
    return getrusage(RUSAGE_SELF, &usage) < 0 ? 0 : usage.ru_maxrss;
}

void memory_limit_set(void)
{
    const rlim_t bytes = (rlim_t)HOST_MEMORY_MIB_MAX * KIB_A_MIB * 1024;
    if (!SANITIZED)
        setrlimit(RLIMIT_DATA, &(struct rlimit){.rlim_cur = bytes, .rlim_max = bytes});
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd >= 0) {
        ssize_t written = write(fd, OOM_SCORE_ADDEND, strlen(OOM_SCORE_ADDEND));
        (void)written; /* without it the kernel decides as it always does */
        close(fd);
    }
    /* The peak of the bus, from before our exec, counts as ours. */
    long half_kib = HOST_MEMORY_MIB_MAX * KIB_A_MIB / 2;
    warn_kib = peak_kib() > half_kib ? peak_kib() : half_kib;
}

void memory_limit_watch(void)
{
    static bool warned;
    if (warned)
        return;
    long kib = peak_kib();
    if (kib <= warn_kib)
        return;
    warned = true;
    services_log(AFFN_LOG_WARNING,
                 "its process has grown to %ld MiB; at %d MiB it gets no more, and will likely die "
                 "and be started again: it leaks, or its batches are too large; lower `batch`, or "
                 "ask who wrote the plugin",
                 kib / KIB_A_MIB, HOST_MEMORY_MIB_MAX);
}
