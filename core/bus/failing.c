/* See failing.h. */
#include "core/bus/failing.h"

#include "affnotify/sink.h"
#include "core/base/limits.h"

void failing_hear(struct failing *failing, int32_t verdict, int64_t now_mono_ms)
{
    if (verdict == AFFN_DELIVERED) {
        *failing = (struct failing){.attempts = 0};
        return;
    }
    if (failing->attempts == 0)
        failing->since_mono_ms = now_mono_ms;
    failing->attempts++;
    failing->refusals += verdict == AFFN_REFUSED;
}

int64_t failing_ms(const struct failing *failing, int64_t now_mono_ms)
{
    uint32_t unexcused = failing->attempts - failing->refusals;
    if (unexcused < ATTEMPTS_OF_NOTE && failing->attempts < REFUSALS_OF_NOTE)
        return -1;
    return now_mono_ms - failing->since_mono_ms;
}
