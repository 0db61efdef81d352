/*
 * What became of a request's events, answer by answer, and what the sender is told. Pure.
 */
#ifndef AFFN_HTTP_INGEST_OUTCOME_H
#define AFFN_HTTP_INGEST_OUTCOME_H

#include <stdbool.h>
#include <stddef.h>

#include "core/event/event.h"

/* Of one event. */
struct ingest_result {
    enum {
        INGEST_UNANSWERED,
        INGEST_TAKEN,
        INGEST_REFUSED,
        INGEST_UNAVAILABLE,
    } kind;
    bool is_new;
    char id[EVENT_ID_SIZE];
    struct refusal *refusal; /* of the last two */
};

#define INGEST_RULE_UNREAD "content_type"

struct ingest_outcome {
    struct ingest_result *results;
    size_t count;
};

void ingest_outcome_init(struct ingest_outcome *outcome, size_t count);
void ingest_outcome_finish(struct ingest_outcome *outcome);

/* The bus's answer about an event; `own` is why it was only kept, NULL when it was handed in. */
void ingest_outcome_take(struct ingest_outcome *outcome, size_t index, const struct refusal *own,
                         const char *line, size_t length);

/*
 * The status and the body, to be freed: 202 when all are taken and one is new, 200 when all were
 * known, 400 when one was refused (the others are in), 415 when the body was not read
 * (by the rule INGEST_RULE_UNREAD), 503 when one could not be taken.
 */
char *ingest_outcome_tell(const struct ingest_outcome *outcome, int *status);

#endif
