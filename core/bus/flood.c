/* See flood.h. */
#include "core/bus/flood.h"

#include "core/base/limits.h"

/* A while that left lines out goes on until flood_take, so that its count is not lost. */
bool flood_admits(struct flood *flood, int64_t now_ms)
{
    if (flood->left_out == 0 && flood_left_ms(flood, now_ms) == 0)
        *flood = (struct flood){.begun_ms = now_ms};
    if (flood->shown < PLUGIN_LINES_MAX) {
        flood->shown++;
        return true;
    }
    flood->left_out++;
    return false;
}

int64_t flood_left_ms(const struct flood *flood, int64_t now_ms)
{
    int64_t end_ms = flood->begun_ms + PLUGIN_LINES_WHILE_MS;
    return flood->shown > 0 && end_ms > now_ms ? end_ms - now_ms : 0;
}

uint64_t flood_take(struct flood *flood)
{
    uint64_t left_out = flood->left_out;
    flood->left_out = 0;
    return left_out;
}
