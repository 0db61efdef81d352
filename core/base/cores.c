/* See cores.h. */
#include "core/base/cores.h"

#include <sys/prctl.h>
#include <sys/resource.h>

static struct rlimit limit_now(void)
{
    struct rlimit limit = {0};
    getrlimit(RLIMIT_CORE, &limit);
    return limit;
}

static void set(rlim_t least, rlim_t most, unsigned long dumpable)
{
    setrlimit(RLIMIT_CORE, &(struct rlimit){.rlim_cur = least, .rlim_max = most});
    prctl(PR_SET_DUMPABLE, dumpable, 0, 0, 0);
}

void cores_hold_back(void)
{
    set(0, limit_now().rlim_max, 0);
}

void cores_forbid(void)
{
    set(0, 0, 0);
}

bool cores_allow(void)
{
    rlim_t most = limit_now().rlim_max;
    if (most == 0)
        cores_forbid();
    else
        set(most, most, 1);
    return most > 0;
}

void cores_follow(void)
{
    if (limit_now().rlim_max == 0)
        cores_forbid();
}
