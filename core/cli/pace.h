/*
 * How far a long piece of work has come, on one line of a terminal that is written over: so many
 * lines, how fast, how long it will take. Nothing where stderr is no terminal.
 */
#ifndef AFFN_CLI_PACE_H
#define AFFN_CLI_PACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pace {
    bool is_wanted;
    bool is_shown;
    size_t bytes; /* of the whole work; 0 when nobody knows */
    int64_t begun_mono_ms;
    int64_t shown_mono_ms;
};

void pace_init(struct pace *pace, size_t bytes, int64_t now_mono_ms);

/* Shows it, unless it was shown a moment ago. */
void pace_show(struct pace *pace, size_t done_lines, size_t done_bytes, int64_t now_mono_ms);

/* Clears the line, so that others can print. */
void pace_hide(struct pace *pace);

/* "12,345 lines, 10,600/s, 41 %, 35 s to go"; to be freed. Pure. */
char *pace_text(const struct pace *pace, size_t done_lines, size_t done_bytes, int64_t now_mono_ms);

#endif
