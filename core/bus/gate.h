/*
 * Whether a sink may be given events now, and until when not: what follows from a verdict for the
 * sink as a whole. Pure: told what went out and what came back, and when.
 *
 * first: one batch goes ahead of all others, and its answer is heard as if the gate were open.
 *
 *     open ──DOWN, 429, Retry-After──► held ──its time is over──► probing ──DELIVERED──► open
 *      │                                ▲                            │
 *      │                                ├──────── anything else ─────┘
 *      └─MISSET──► comparing ──MISSET───┤         resume: held ──► probing at once
 *           ▲          │                └─────── hold: by hand, until resume
 *           │          └─DELIVERED──► open, and the suspect was REFUSED
 *           └─ only with another event to compare with, and with retries; else held
 *
 * MISSET may be the fault of our settings, or of one event that the far side answers oddly. So one
 * other event is tried: when that one gets through, the first was the event's own fault. So it is
 * when one gets through that was sent after it and is under way.
 *
 * What comes back from batches that went out before a hold began neither ends nor doubles it.
 */
#ifndef AFFN_BUS_GATE_H
#define AFFN_BUS_GATE_H

#include <stdbool.h>
#include <stdint.h>

enum gate_state {
    GATE_OPEN,
    GATE_FIRST, /* nothing was heard yet, or not for long: one batch goes ahead */
    GATE_HELD,
    GATE_PROBING,   /* after a hold: one batch is out, which decides */
    GATE_COMPARING, /* after MISSET: one other event decides */
};

/* What may go out. */
enum gate_pass {
    PASS_NOTHING,
    PASS_BATCHES,
    PASS_PROBE, /* one batch: the suspect by itself when there is one, else what is behind `tried` */
    PASS_OTHER, /* one event that is not the suspect */
};

/* A zeroed struct is an open gate. */
struct gate {
    enum gate_state state;
    bool by_hand;     /* held until `resume` */
    int64_t until_ms; /* while held, and not by hand */
    uint32_t holds;   /* in a row whose length was our own: the next is twice as long */
    int64_t suspect;  /* seq of the event that got MISSET; 0 for none */
    uint32_t accused; /* the batch that got MISSET, while comparing */
    int64_t tried;    /* seq of the last probe that failed: later ones come first; 0 for none */
    uint32_t batch;   /* the first, the probe or the comparison that is out; 0 for none */
};

/* What a batch came back with: of several verdicts the one that says most about the sink. */
struct gate_answer {
    uint32_t batch;
    int32_t verdict; /* AFFN_… */
    int32_t code;
    int64_t retry_after_ms; /* 0: the far side did not say */
    int64_t first_seq;      /* of the batch */
    bool single;            /* the batch was one event */
    bool no_retries;        /* `retry = none`: it is not tried again, so nothing is compared */
    bool has_others;        /* another event could be tried, or is under way */
};

enum gate_ruling {
    GATE_NOTHING,         /* the verdict stands as it is */
    GATE_SUSPECT_REFUSED, /* and the MISSET of gate->suspect was that event's own fault */
};

/*
 * Nothing is known of the far side, or no longer: when the gate is open, the next batch goes ahead
 * of all others. So what is set up wrongly costs one batch and not all that may be under way.
 */
void gate_begin(struct gate *gate);

/* Neither held, nor probing, nor comparing. */
bool gate_is_open(const struct gate *gate);

/* What may go now; a hold whose time is over becomes a probe when something is sent. */
enum gate_pass gate_pass(const struct gate *gate, int64_t now_ms);

/* A batch went out. */
void gate_sent(struct gate *gate, uint32_t batch);

/* What came back. After GATE_SUSPECT_REFUSED the suspect is still named, for gate_forget. */
enum gate_ruling gate_answer(struct gate *gate, const struct gate_answer *answer, int64_t now_ms);

/* Nothing could be found for PASS_OTHER: held. */
void gate_no_other(struct gate *gate, int64_t now_ms);

/* What was out is lost with its host, or came back as it was: it is to be sent again. */
void gate_lost(struct gate *gate, int64_t now_ms);

/* By an operator's hand. After resume a probe goes at once. */
void gate_hold(struct gate *gate);
void gate_resume(struct gate *gate, int64_t now_ms);

/* This event is settled. */
void gate_forget(struct gate *gate, int64_t seq);

/* "open", "held", … */
const char *gate_state_name(enum gate_state state);

#endif
