/*
 * What is counted while the bus runs: plain numbers in memory, since its start. Whoever does a thing
 * counts it here; control_metrics.c tells the sums. Pure.
 */
#ifndef AFFN_BUS_METRICS_H
#define AFFN_BUS_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "affnotify/sink.h"
#include "core/base/limits.h"
#include "core/bus/counts.h"

/* ---- Histograms ---- */

#define HISTOGRAM_BOUNDS_MAX 16

enum histogram_kind {
    HISTOGRAM_COMMIT,  /* from 0.1 ms to 1 s */
    HISTOGRAM_BATCH,   /* from 5 ms to 30 s */
    HISTOGRAM_LATENCY, /* from 10 ms to a day */
};

/* The upper bounds of a kind's buckets, in microseconds and growing; gives how many there are. */
size_t histogram_bounds(enum histogram_kind kind, const int64_t **bounds_us);

struct histogram {
    uint64_t buckets[HISTOGRAM_BOUNDS_MAX]; /* each without what is in those before it */
    uint64_t count;                         /* also of what is above all bounds */
    int64_t sum_us;
};

/* A duration; one below 0 (the civil clock was set back) counts as 0. */
void histogram_observe(struct histogram *histogram, enum histogram_kind kind, int64_t us);

/* ---- A sink ---- */

#define VERDICTS     (AFFN_MISSET + 1)
#define SETTLED_WAYS 4 /* enum settled_as up to expired: what is done by hand is not counted */

struct sink_metrics {
    uint64_t attempts[VERDICTS];              /* by what came back */
    uint64_t settled[SETTLED_WAYS][VERDICTS]; /* and by the last verdict, 0 for none */
    uint64_t host_restarts;
    struct counts counts;     /* what its plugin counts */
    struct histogram batch;   /* of each batch: as long as the host had it */
    struct histogram latency; /* of each event: from its arrival to its delivery */
};

/* ---- The bus ---- */

#define REFUSAL_RULES 18

/* The rules by which an event is refused; the last stands for all others. */
extern const char *const metrics_rules[REFUSAL_RULES];

/* What is true only once the turn's transaction is committed. */
struct turn_metrics {
    uint64_t repeated;
    uint64_t refused[REFUSAL_RULES];
};

struct metrics {
    struct turn_metrics turn;
    struct turn_metrics intake;
    uint64_t unavailable; /* events that were not taken, for the journal could not be written */
    uint64_t notices;     /* that were told */
    struct histogram commit;
};

/* An event was refused by a rule: at once, or inside the turn's transaction, which keeps it. */
void metrics_refused(struct metrics *metrics, const char *rule);
void metrics_refused_in_turn(struct metrics *metrics, const char *rule);

/* The turn's transaction has ended: what was counted for it holds, or never was. */
void metrics_end_turn(struct metrics *metrics, bool committed);

#endif
