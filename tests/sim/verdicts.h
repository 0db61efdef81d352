/*
 * What a simulated host does with a batch: the verdict that its far side gives in the mood that it
 * is in, or some misbehaviour. Called by reactions.c.
 */
#ifndef AFFN_TESTS_SIM_VERDICTS_H
#define AFFN_TESTS_SIM_VERDICTS_H

struct frame;
struct sim_host;

void verdicts_begin(void);
void verdicts_calm_down(void);
void verdicts_change_mood(const char *sink);

/* A DELIVER frame. */
void verdicts_to_batch(struct sim_host *host, struct frame *frame);

#endif
