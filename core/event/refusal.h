/* Writes why an input is not an event. Pure, and free of libraries. */
#ifndef AFFN_EVENT_REFUSAL_H
#define AFFN_EVENT_REFUSAL_H

#include "core/event/event.h"

/* Fills in the refusal and returns -1, so that a check ends with `return refusal_set(…)`. */
int refusal_set(struct refusal *refusal, const char *field, const char *rule, const char *format,
                ...) __attribute__((format(printf, 4, 5)));

#endif
