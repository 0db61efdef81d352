/*
 * From what a plugin said to what the bus is told: verdicts that are none, a `taken` that cannot be
 * and stray items are put right and logged; secrets are blotted out. Called by host.c for `open`,
 * and by blocking.c and requests.c for batches.
 */
#ifndef AFFN_HOST_OUTCOME_H
#define AFFN_HOST_OUTCOME_H

#include <stdbool.h>
#include <stdint.h>

struct batch;
struct blot;
struct link;
struct reply;

/* `more` (may be NULL) are secrets of this batch alone. */
void outcome_send(struct link *link, const struct batch *batch, int32_t verdict,
                  struct reply *reply, const struct blot *secrets, const struct blot *more,
                  int64_t now_ms);

/* OPENED. Returns whether the verdict is DELIVERED. */
bool outcome_send_opened(struct link *link, int32_t verdict, struct reply *reply,
                         const struct blot *secrets);

#endif
