/*
 * Tells the model what happens, with the time and with a disk that fails nobody but the bus; and
 * the story. What a bus does after it was killed in the middle of a write never happened.
 */
#ifndef AFFN_TESTS_SIM_WITNESS_H
#define AFFN_TESTS_SIM_WITNESS_H

#include <stdbool.h>

#include "core/wire/message.h"
#include "tests/sim/model.h"

/* A new run on this journal; and its end. */
void witness_begin(const char *journal_path);
void witness_end(void);

/* Whether what happens now happens: the bus has not been killed. */
bool witness_is_awake(void);

void witness_bus_started(const struct model_config *config);
void witness_bus_stopping(void);
void witness_reloading(bool begins);
void witness_reloaded(const struct model_config *config);
void witness_bus_ended(void);
void witness_accepted(const char *id, const char *email, bool created, int64_t occurred_unix_ms,
                      bool is_new);
void witness_host_opened(const char *sink);
void witness_host_ending(const char *sink);
void witness_host_ended(const char *sink, bool killed_for_overrun, const char *reason);
void witness_sent(const char *sink, const struct message_deliver *deliver);
void witness_outcome(const char *sink, const struct model_outcome *outcome);
void witness_asked(const char *sink, enum model_command command);
void witness_failed(const char *sink, bool begun);
void witness_held(const char *sink);
void witness_resumed(const char *sink);
void witness_skipped(const char *sink, bool all, int64_t until_unix_ms);
void witness_replayed(const char *sink, bool dead_only);
void witness_dropped(const char *sink);
void witness_disk(bool broken);

/* Whether all rules hold; also false when the world itself has found something wrong. */
bool witness_check(void);
bool witness_check_end(void);

/* Something is wrong that no rule of the model is about. */
void witness_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* What was found first, or "". */
const char *witness_complaint(void);

/* How often each rule of the model had something to look at in this run. */
const struct model_count *witness_counts(size_t *count);

#endif
