/*
 * A sink at rest: nothing of it is in flight or in memory, so that its part of the journal may be
 * changed under it. One at a time may suspend a sink, and only that one lets it go on. Called by
 * skip.c, replay.c, retention.c and forget.c; a reload, too, takes only what nobody else has.
 */
#ifndef AFFN_BUS_REST_H
#define AFFN_BUS_REST_H

#include <stdbool.h>

#include "core/bus/sink.h"

struct json_t;

/*
 * Suspends the sink. False when somebody else has; true, too, when it is `by`'s already: a command
 * that may run twice at once asks rest_refuse_busy first.
 */
bool rest_begin(struct sink *sink, enum sink_suspender by);

/* What somebody does at a sink, such as "it is being reloaded"; NULL when nobody has it suspended. */
const char *rest_work(const struct sink *sink);

/* The refusal of a command, by rule `busy`, while somebody has the sink suspended; else NULL. */
struct json_t *rest_refuse_busy(const struct sink *sink);

/* Whether nothing of it is in flight or to be written. */
bool rest_is_quiet(const struct sink *sink);

/*
 * True when a suspended sink is at rest; its window is empty then. False while it is not quiet: what
 * comes back is a turn of the loop, in which to ask again.
 */
bool rest_reached(struct sink *sink);

/*
 * Lets it go on with what the journal says now; with its window as it is when it has not come to
 * rest. False when the journal could not be read, which the
 * log says once: it stays suspended, and the caller tries again.
 */
bool rest_over(struct sink *sink);

#endif
