/*
 * The words of a notice: what a sink is in, since when, why, what to do, how many events wait. Times
 * are in UTC. Pure. Called by notice.c.
 */
#ifndef AFFN_BUS_ALERT_TEXT_H
#define AFFN_BUS_ALERT_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/limits.h"

/* What is told of a sink. */
struct alert_facts {
    const char *sink;
    const char *state;  /* "held", "stopped", …: as `status` says it */
    const char *what;   /* why; "" when nobody said */
    const char *remedy; /* what to do; "" for nothing */
    int64_t since_unix_ms;
    int64_t lasted_ms;
    int64_t pending;
    uint32_t attempts; /* that failed, of one that delivers nothing */
    bool failing;      /* of one that is open again: it was told to deliver nothing */
};

/* See affnotify/notice.h for what these are. */
struct alert_text {
    char subject[NOTICE_SUBJECT_BYTES_MAX + 1];
    char text[NOTICE_TEXT_BYTES_MAX + 1];
};

/* It is not open. */
void alert_text_trouble(struct alert_text *text, const struct alert_facts *facts);

/* It is open, and every attempt fails; state is not looked at. */
void alert_text_failing(struct alert_text *text, const struct alert_facts *facts);

/* It is open again; state, what and remedy are not looked at. */
void alert_text_over(struct alert_text *text, const struct alert_facts *facts);

#endif
