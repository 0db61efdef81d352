/* See respawn.h. */
#include "core/bus/respawn.h"

#include "core/base/limits.h"

int64_t respawn_delay_ms(uint32_t failures, bool was_open)
{
    uint32_t doublings = failures - 1;
    if (was_open) {
        if (doublings == 0)
            return 0;
        doublings--;
    }
    int64_t delay = RESPAWN_DELAY_MIN_MS;
    while (doublings-- > 0 && delay < RESPAWN_DELAY_MAX_MS)
        delay *= 2;
    return delay < RESPAWN_DELAY_MAX_MS ? delay : RESPAWN_DELAY_MAX_MS;
}
