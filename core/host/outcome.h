/*
 * From what a plugin said to what the bus is told: verdicts that are none, a `taken` that cannot be
 * and stray items are put right and logged; secrets and persons are blotted out. Called by host.c for `open`, by
 * blocking.c and requests.c for batches, and by rendering.c.
 */
#ifndef AFFN_HOST_OUTCOME_H
#define AFFN_HOST_OUTCOME_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/limits.h"

struct affn_reply;
struct batch;
struct blot;
struct link;
struct reply;

/* `more` (may be NULL) are secrets of this batch alone. */
void outcome_send(struct link *link, const struct batch *batch, int32_t verdict,
                  struct reply *reply, const struct blot *secrets, const struct blot *more,
                  int64_t now_ms);

/* A batch that was not begun goes back to the bus as it came. */
void outcome_send_back(struct link *link, const struct batch *batch);

/* OPENED. Returns whether the verdict is DELIVERED. */
bool outcome_send_opened(struct link *link, int32_t verdict, struct reply *reply,
                         const struct blot *secrets);

/* ---- The parts of it, for whoever sends a plugin's words in another frame ---- */

struct outcome_texts {
    char what[TEXT_BYTES_MAX];
    char remedy[TEXT_BYTES_MAX];
};

/* What the plugin said, without secrets. */
void outcome_texts(struct reply *reply, const struct blot *secrets, const struct blot *more,
                   struct outcome_texts *texts);

/* The verdict, or RETRY for what is none. */
int32_t outcome_verdict(int32_t verdict);

/* From 0 to RETRY_AFTER_MS_MAX. */
int64_t outcome_right_retry_after(int64_t ms);

/* Makes `taken` a number from 1 to count. */
void outcome_right_taken(struct affn_reply *face, uint32_t count, int32_t *verdict);

#endif
