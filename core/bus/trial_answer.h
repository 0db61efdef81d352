/*
 * The answer of a trial, put together piece by piece: what `render` shows, or the conversation and
 * the results of `test`. Never longer than one answer may be: what does not fit is left out, and
 * said to be. Pure. The fields are described in core/wire/README.md.
 */
#ifndef AFFN_BUS_TRIAL_ANSWER_H
#define AFFN_BUS_TRIAL_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_t;
struct message_outcome;
struct message_rendered;
struct trial_event;

struct trial_answer {
    bool for_test;
    struct json_t *messages; /* of render */
    struct json_t *conversation;
    struct json_t *results;
    size_t bytes; /* of messages or conversation so far */
    bool full;
};

void trial_answer_init(struct trial_answer *answer, bool for_test);
void trial_answer_finish(struct trial_answer *answer);

/* Some events of the trial, in their order. */
struct trial_span {
    const struct trial_event *events;
    size_t count;
};

/* What RENDERED and OUTCOME say of the first of them. -1 when that makes no sense. */
int trial_answer_rendered(struct trial_answer *answer, struct trial_span span,
                          const struct message_rendered *rendered);
int trial_answer_outcome(struct trial_answer *answer, struct trial_span span,
                         const struct message_outcome *outcome);

/* What became of events that got no such answer; the verdict is 0 when there is none. */
void trial_answer_without(struct trial_answer *answer, struct trial_span span, int32_t verdict,
                          int64_t duration_ms, const char *what, const char *remedy);

/* A line of the conversation: who is "note", "sent", "received" or "log". */
void trial_answer_said(struct trial_answer *answer, const char *who, int64_t after_ms,
                       const char *text);

/* The whole answer; the pieces are given up. */
struct json_t *trial_answer_take(struct trial_answer *answer, const char *sink, const char *plugin);

#endif
