/*
 * The notice that `test SINK --notice` gives: marked as a test, of a sink's trouble that is none.
 * Called by trial.c.
 */
#ifndef AFFN_BUS_TRIAL_NOTICE_H
#define AFFN_BUS_TRIAL_NOTICE_H

#include <stdint.h>

struct buffer;
struct config;
struct frame;
struct message_outcome;

/*
 * Adds the NOTICE that the sink `through` is to give, about another sink of the configuration, or
 * one named "example": none is ever given about itself. The ID begins with "ntc_test_".
 */
void trial_notice_put(struct buffer *out, const struct config *config, const char *through,
                      const char *id, int64_t now_unix_ms);

/* Reads NOTICED as if it were what became of one event. -1 when it makes no sense. */
int trial_notice_take(struct frame *frame, struct message_outcome *outcome);

#endif
