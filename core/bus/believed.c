/* See believed.h. */
#include "core/bus/believed.h"

#include "core/base/limits.h"

static bool is_doubted(struct believed *believed, int64_t unix_ms, int64_t expected_ms,
                       int64_t mono_ms)
{
    if (!believed->is_set || unix_ms <= expected_ms + CLOCK_SLACK_MS) {
        believed->is_ahead = false;
        return false;
    }
    if (!believed->is_ahead)
        believed->ahead_since_mono_ms = mono_ms;
    believed->is_ahead = mono_ms - believed->ahead_since_mono_ms < CLOCK_DOUBT_MS;
    return believed->is_ahead;
}

int64_t believed_now(struct believed *believed, int64_t unix_ms, int64_t mono_ms)
{
    int64_t expected_ms = believed->unix_ms + (mono_ms - believed->mono_ms);
    believed->unix_ms = is_doubted(believed, unix_ms, expected_ms, mono_ms) ? expected_ms : unix_ms;
    believed->mono_ms = mono_ms;
    believed->is_set = true;
    return believed->unix_ms;
}
