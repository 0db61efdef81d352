/* See draw.h: splitmix64, a state a stream. */
#include "tests/sim/draw.h"

#include <assert.h>

static uint64_t states[DRAW_STREAMS];
static uint64_t seed_now;

static uint64_t mix(uint64_t state)
{
    state = (state ^ (state >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    state = (state ^ (state >> 27)) * UINT64_C(0x94d049bb133111eb);
    return state ^ (state >> 31);
}

void draw_begin(uint64_t seed)
{
    seed_now = seed;
    for (uint64_t i = 0; i < DRAW_STREAMS; i++)
        states[i] = mix(seed + UINT64_C(0x9e3779b97f4a7c15) * (i + 1));
}

uint64_t draw_bits(enum draw_stream stream)
{
    states[stream] += UINT64_C(0x9e3779b97f4a7c15);
    return mix(states[stream]);
}

uint32_t draw_below(enum draw_stream stream, uint32_t count)
{
    assert(count > 0);
    return (uint32_t)((draw_bits(stream) >> 32) * count >> 32);
}

int64_t draw_between(enum draw_stream stream, int64_t least, int64_t most)
{
    assert(least <= most);
    return least + (int64_t)(draw_bits(stream) % (uint64_t)(most - least + 1));
}

bool draw_chance(enum draw_stream stream, uint32_t per_mille)
{
    return draw_below(stream, 1000) < per_mille;
}

size_t draw_weighted(enum draw_stream stream, const uint32_t *weights, size_t count)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += weights[i];
    uint32_t drawn = draw_below(stream, sum);
    size_t at = 0;
    while (drawn >= weights[at])
        drawn -= weights[at++];
    return at;
}

uint32_t draw_nature(const char *first, const char *second, uint32_t count)
{
    uint64_t hash = seed_now;
    for (; *first; first++)
        hash = (hash ^ (unsigned char)*first) * UINT64_C(0x100000001b3);
    hash = mix(hash);
    for (; *second; second++)
        hash = (hash ^ (unsigned char)*second) * UINT64_C(0x100000001b3);
    return (uint32_t)((mix(hash) >> 32) * count >> 32);
}
