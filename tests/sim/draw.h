/*
 * Random numbers that a seed repeats: streams that do not disturb one another, so that what the
 * hosts do stays the same when a step is added. Used by everything here that draws.
 */
#ifndef AFFN_TESTS_SIM_DRAW_H
#define AFFN_TESTS_SIM_DRAW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum draw_stream { DRAW_PLAN, DRAW_STEPS, DRAW_HOSTS, DRAW_DISK, DRAW_BUS, DRAW_STREAMS };

/* All streams begin anew from this seed. */
void draw_begin(uint64_t seed);

uint64_t draw_bits(enum draw_stream stream);

/* 0 … count - 1; both ends included; true in so many of 1000 cases. */
uint32_t draw_below(enum draw_stream stream, uint32_t count);
int64_t draw_between(enum draw_stream stream, int64_t least, int64_t most);
bool draw_chance(enum draw_stream stream, uint32_t per_mille);

/* An index, each as likely as its weight. */
size_t draw_weighted(enum draw_stream stream, const uint32_t *weights, size_t count);

/* Always the same for the same seed and texts, and drawn from no stream: what an event is like. */
uint32_t draw_nature(const char *first, const char *second, uint32_t count);

#endif
