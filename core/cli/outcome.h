/*
 * What became of one event that was handed in: the bus's answer to it, read; or that it went to the
 * spool. Pure.
 */
#ifndef AFFN_CLI_OUTCOME_H
#define AFFN_CLI_OUTCOME_H

#include <stdbool.h>
#include <stddef.h>

#include "core/event/event.h"

struct error;

enum outcome_kind {
    OUTCOME_ACCEPTED = 1, /* journaled, now or before */
    OUTCOME_REFUSED,
    OUTCOME_UNAVAILABLE, /* the bus cannot take it now: to be spooled */
    OUTCOME_SPOOLED,
};

struct outcome {
    enum outcome_kind kind;
    bool is_new;            /* accepted: false when it was known already */
    char id[EVENT_ID_SIZE]; /* accepted */
    struct refusal refusal; /* refused, unavailable */
};

/* Reads the bus's answer to an event; -1 with the error when it is none. */
int outcome_read(const char *answer, size_t bytes, struct outcome *outcome, struct error *error);

/* A refusal of our own; field is "" for the line as a whole. Returns -1. */
int outcome_refuse(struct outcome *outcome, const char *field, const char *rule, const char *format,
                   ...) __attribute__((format(printf, 4, 5)));

/* A refusal in one sentence that names the field; to be freed. */
char *outcome_sentence(const struct outcome *outcome);

/*
 * The outcome as one line of JSON without LF, with the line's number unless that is 0; to be freed.
 */
char *outcome_json(const struct outcome *outcome, size_t line_number);

#endif
