/*
 * The civil clock as far as retention believes it: one that is set forward by mistake must not make
 * everything look old. Pure: told both clocks.
 */
#ifndef AFFN_BUS_BELIEVED_H
#define AFFN_BUS_BELIEVED_H

#include <stdbool.h>
#include <stdint.h>

/* Zeroed at first. */
struct believed {
    bool is_set;
    int64_t unix_ms;
    int64_t mono_ms;
    int64_t ahead_since_mono_ms;
    bool is_ahead;
};

/*
 * What time it is. At first whatever the clock says; then a step forward of more than
 * CLOCK_SLACK_MS is believed when it has lasted for CLOCK_DOUBT_MS, and until then time goes on as
 * it did. A step back is believed at once: it makes nothing older.
 */
int64_t believed_now(struct believed *believed, int64_t unix_ms, int64_t mono_ms);

#endif
