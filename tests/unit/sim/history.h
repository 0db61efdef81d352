/*
 * Made-up histories for the simulator's model: what a bus might have done, told step by step, and
 * written into a journal's file by hand. One sink, "s", whose events are numbered from 1.
 */
#ifndef AFFN_TESTS_SIM_HISTORY_H
#define AFFN_TESTS_SIM_HISTORY_H

#include "tests/sim/model.h"

enum { DELIVERED = 1, RETRY, REFUSED, DOWN, MISSET };
enum { AS_DELIVERED = 1, AS_DEAD, AS_EXPIRED, AS_SKIPPED, AS_DROPPED };

#define HISTORY_START_MS 1000000

/* retry = 10s 60s, order = affiliate, batch = 4, up to two batches; to be changed before begin. */
extern struct model_sink_config history_sink;

void history_open(void);
void history_close(void);

/* The bus starts and its host opens; or it ends. */
void history_begin(void);
void history_end(void);

/* Both clocks go on. */
void history_later(int64_t by_ms);
/* The civil clock is set. */
void history_set_clock(int64_t by_ms);

/* An event of this affiliate comes in, is journaled and answered. */
void history_event(int seq, const char *email);

/* A batch goes out: `count` events from this one on, at their first attempt or at that one. */
void history_send(uint32_t batch, int first, uint32_t count);
void history_send_attempt(uint32_t batch, int seq, uint32_t attempt);
void history_send_replay(uint32_t batch, int seq);

/* Its outcome: one verdict for so many. */
void history_back(uint32_t batch, uint32_t taken, int32_t verdict);
void history_back_waiting(uint32_t batch, int32_t code, int64_t retry_after_ms);

/* What the bus writes. The sink's figures follow. */
void history_settle(int seq, int as, int attempts);
void history_wait(int seq, int attempts, int64_t due_in_ms);
void history_wait_alone(int seq, int deaths);
void history_put_back(int seq);
void history_cursor(int seq);
void history_write(const char *sql);

/* Works out the figures, and asks the model: the rule that is broken, or "". */
const char *history_judge(void);
const char *history_judge_end(void);
/* Without working out the figures. */
const char *history_judge_as_it_is(void);

extern struct model *history_model;

#endif
