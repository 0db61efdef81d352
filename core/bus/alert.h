/*
 * What an operator is to be told of one sink: that it is not open, once, and that it is open again,
 * if and only if the first was told. Pure: is shown the sink now and then, with the time, and says
 * what is due. One that is open and delivers nothing counts as not open. Called by notice.c.
 *
 *     open ──held for MISSET, at once; or not open for `alert_after`──► TROUBLE is due ──told──► told
 *      ▲ │                                                                │                       │
 *      │ └────────────── open before it was told: nothing is due ◄────────┘                       │
 *      └────────────────────── told ◄── OVER is due ◄──open, and that is proved───────────────────┘
 *
 * A gate that is open has been proved by a delivery. A host that has died, and the bus that was
 * restarted, prove nothing by being there again: something is delivered, or all stays well for a
 * while.
 *
 * A sink that comes and goes is told of once in `alert_after` at most: the next TROUBLE waits so
 * long after the last. What is over by then is not told at all.
 */
#ifndef AFFN_BUS_ALERT_H
#define AFFN_BUS_ALERT_H

#include <stdbool.h>
#include <stdint.h>

/* How a sink looks now. */
enum alert_sight {
    ALERT_OPEN,     /* it is given events */
    ALERT_UNCLEAR,  /* what comes next decides: a comparison, a hold whose time is over */
    ALERT_IGNORED,  /* held by hand, not enabled, being stopped: somebody wants it so */
    ALERT_TROUBLED, /* held by what the far side did */
    ALERT_FAILING,  /* it is given events, and every attempt fails */
    ALERT_MISSET,   /* held for our settings: somebody must act */
    ALERT_HOSTLESS, /* its host is not there, or its plugin not open */
};

struct alert_view {
    enum alert_sight sight;
    int64_t delivered; /* ever */
    int64_t pending;
    int64_t failing_ms; /* with ALERT_FAILING: since when, from now */
};

/* A zeroed struct is a sink that is open and was never told of. */
struct alert {
    int64_t told_unix_ms;    /* since when a notice says that it is not open; 0: none does */
    enum alert_sight sight;  /* when it was looked at last */
    bool troubled;           /* it is not open, or that it is was not proved yet */
    bool unproved;           /* being there is no proof */
    int64_t since_mono_ms;   /* with troubled */
    int64_t since_unix_ms;   /* likewise */
    int64_t delivered;       /* when it became unproved */
    int64_t open_mono_ms;    /* while it looks open: since when */
    bool told_failing;       /* with told_unix_ms: that it delivers nothing; not after a restart */
    bool told_before;        /* of trouble, by this process */
    int64_t trouble_mono_ms; /* then: when */
};

enum alert_news {
    ALERT_NOTHING,
    ALERT_TROUBLE, /* it is not open */
    ALERT_OVER,    /* it is open again */
};

/*
 * What the journal remembers of the sink as it begins, before the first look: what is delivered
 * beyond this counts as proof.
 */
void alert_begin(struct alert *alert, int64_t told_unix_ms, int64_t delivered);

/* Looks at the sink. */
void alert_see(struct alert *alert, const struct alert_view *view, int64_t now_mono_ms,
               int64_t now_unix_ms);

/* What is to be told now. */
enum alert_news alert_due(const struct alert *alert, int64_t after_ms, int64_t now_mono_ms);

/* When something may be due though nothing else happens; -1: never. */
int64_t alert_next_mono_ms(const struct alert *alert, int64_t after_ms);

/* Whether the trouble that is due is that it delivers nothing. */
bool alert_is_failing(const struct alert *alert);

/* It was told: trouble that began at since_unix_ms, `failing` or another, or that this is over. */
void alert_told(struct alert *alert, enum alert_news news, bool failing, int64_t since_unix_ms,
                int64_t now_mono_ms);

#endif
