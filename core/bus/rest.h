/*
 * A sink at rest: nothing of it is in flight or in memory, so that its part of the journal may be
 * changed under it. For whoever has suspended it: retention.c and forget.c.
 */
#ifndef AFFN_BUS_REST_H
#define AFFN_BUS_REST_H

#include <stdbool.h>

struct sink;

/*
 * True when a suspended sink is at rest; its window is empty then. False while something of it is in
 * flight or to be written: what comes back is a turn of the loop, in which to ask again.
 */
bool rest_reached(struct sink *sink);

/*
 * Lets it go on with what the journal says now. False when the journal could not be read, which is
 * said: it stays suspended, and the caller tries again.
 */
bool rest_over(struct sink *sink);

#endif
