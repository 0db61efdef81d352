/*
 * What a mail says, in words that its subject, its text and its HTML share: who joined or left,
 * how many, when. Knows nothing of how it is laid out. Used by message.c, plain.c and page.c.
 */
#ifndef SMTP_WORDING_H
#define SMTP_WORDING_H

#include <stdbool.h>
#include <stdint.h>

#include <affnotify/notice.h>

#include "../common/draft.h"

/* The events that one mail tells of, oldest first, and what it must know of the sink. */
struct story {
    const struct affn_event *const *events;
    uint32_t count; /* 1 or more */
    const char *sink;
    const char *prefix; /* of the subject; "" for none */
};

/* A notice that one mail tells, and the same of the sink. */
struct telling {
    const struct affn_notice *notice;
    const char *sink;
    const char *prefix;
};

extern const char wording_test[]; /* what a test says of itself; two lines */
extern const char wording_notice_test[];

bool wording_joined(const struct affn_event *event);
bool wording_is_test(const struct story *story);

/* "joined" or "left" */
const char *wording_verb(const struct affn_event *event);

/* "ann@example.com joined"; of several "12 joined, 3 left". Nothing in it is hidden. */
void wording_headline(struct draft *draft, const struct story *story);

/* The subject before it is encoded: with prefix, with [TEST] */
void wording_subject(struct draft *draft, const struct story *story);

/* The subject of a notice, likewise. */
void wording_notice_subject(struct draft *draft, const struct telling *telling);

/* "Wednesday, 18 March 2026, 12:00:00 UTC" */
void wording_when(struct draft *draft, const struct affn_event *event);

/* Whether the deep link may be a link that somebody clicks on: http or https, and all of it seen. */
bool wording_is_link(const char *deep_link);

#endif
