/* See retry.h. */
#include "core/bus/retry.h"

#include <assert.h>

#include "core/config/config.h"

#define JITTER_PERCENT 20

int64_t retry_delay_ms(const struct sink_tuning *tuning, uint32_t attempts, uint32_t random)
{
    assert(attempts > 0);
    if (attempts > tuning->retry_count)
        return RETRY_NEVER;
    int64_t delay = tuning->retry_ms[attempts - 1];
    int64_t spread = delay * JITTER_PERCENT / 100;
    return delay - spread + 2 * spread * (int64_t)(random >> 16) / UINT16_MAX;
}
