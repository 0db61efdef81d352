/*
 * Whether a sink that is open delivers nothing: its attempts fail one after another, each of which
 * is tried again or is a dead letter, so that nothing holds it. Pure. Called by settling.c for each
 * outcome; hold.c and notice.c ask.
 */
#ifndef AFFN_BUS_FAILING_H
#define AFFN_BUS_FAILING_H

#include <stdbool.h>
#include <stdint.h>

/* A zeroed struct has seen nothing. */
struct failing {
    uint32_t attempts;     /* that failed, since the last delivery */
    uint32_t refusals;     /* of them: AFFN_REFUSED, where it may be the event's own fault */
    int64_t since_mono_ms; /* the first of them */
};

/* An attempt came back with this verdict: AFFN_…. */
void failing_hear(struct failing *failing, int32_t verdict, int64_t now_mono_ms);

/*
 * Since when, in milliseconds from now; -1 while it does not fail: one attempt says nothing, nor do
 * a few events that were refused.
 */
int64_t failing_ms(const struct failing *failing, int64_t now_mono_ms);

#endif
