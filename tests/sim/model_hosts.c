/*
 * Hosts as the model was told of them: their ends, what came back from them, and what that charges
 * to an event. See model.h.
 */
#include <assert.h>
#include <stdlib.h>

#include "tests/sim/model_state.h"

#define DEATHS_MAX      3
#define RETRY_LEAST(ms) ((ms) - (ms) / 5) /* a fifth of jitter, either way */
#define RETRY_MOST(ms)  ((ms) + (ms) / 5)

/* ---- Hosts ---- */

void model_host_opened(struct model *model, const char *name)
{
    struct model_sink *sink = model_sink_named(model, name);
    assert(sink);
    sink->open = true;
    sink->idle_since_mono_ms = 0;
}

void model_host_ending(struct model *model, const char *name)
{
    struct model_sink *sink = model_sink_named(model, name);
    if (sink)
        sink->open = false;
}

/* An attempt that failed for the moment. */
static void charge(const struct model *model, const struct model_sink *sink,
                   struct delivery *delivery)
{
    delivery->charged++;
    if (delivery->charged > sink->config.retry_count) {
        delivery->may_die = true;
        return;
    }
    int64_t delay_ms = sink->config.retry_ms[delivery->charged - 1];
    int64_t least_ms = RETRY_LEAST(delay_ms);
    delivery->retry_mono_ms = model->now.mono + least_ms;
    delivery->retry_unix_ms = model->now.unix_ms + least_ms;
    delivery->retry_latest_mono_ms = model->now.mono + RETRY_MOST(delay_ms);
}

static void lose_alone(struct model *model, struct model_sink *sink, struct delivery *delivery,
                       bool overrun)
{
    if (overrun) {
        const struct heard heard = {.batch = delivery->batch,
                                    .verdict = RETRY,
                                    .seq = model->events[delivery - sink->deliveries].seq};
        charge(model, sink, delivery);
        model_hold_heard(model, sink, &heard);
        return;
    }
    delivery->deaths++;
    delivery->may_die = delivery->may_die || delivery->deaths >= DEATHS_MAX;
    delivery->suspect = true;
}

void model_host_ended(struct model *model, const char *name, bool killed_for_overrun)
{
    struct model_sink *sink = model_sink_named(model, name);
    assert(sink);
    for (size_t i = 0; i < model->event_count && sink->in_flight > 0; i++) {
        struct delivery *delivery = &sink->deliveries[i];
        if (delivery->batch == 0)
            continue;
        if (sink->in_flight == 1)
            lose_alone(model, sink, delivery, killed_for_overrun);
        else
            delivery->suspect = true;
        delivery->batch = 0;
    }
    model_drop_batches(sink);
    model_hold_lost(model, sink);
    sink->open = false;
    sink->idle_since_mono_ms = 0;
}

/* ---- Outcomes ---- */

static int32_t verdict_at(const struct model_outcome *outcome, uint32_t index)
{
    return outcome->verdicts ? outcome->verdicts[index] : outcome->verdict;
}

static bool any_delivered(const struct model_outcome *outcome)
{
    for (uint32_t i = 0; i < outcome->taken; i++)
        if (verdict_at(outcome, i) == DELIVERED)
            return true;
    return false;
}

/* Beside one that got through, what was said of others' settings is about those events alone. */
static int32_t worst_of(const struct model_outcome *outcome)
{
    static const int weights[] = {
        [DELIVERED] = 1, [REFUSED] = 2, [RETRY] = 3, [MISSET] = 4, [DOWN] = 5};
    bool got_through = any_delivered(outcome);
    int32_t worst = DELIVERED;
    for (uint32_t i = 0; i < outcome->taken; i++) {
        int32_t verdict = verdict_at(outcome, i);
        if (!(got_through && (verdict == MISSET || verdict == REFUSED)) &&
            weights[verdict] > weights[worst])
            worst = verdict;
    }
    return worst;
}

static void hear_event(const struct model *model, const struct model_sink *sink,
                       struct delivery *delivery, int32_t verdict, bool own, bool got_through)
{
    if (verdict == DELIVERED) {
        delivery->delivered = true;
        return;
    }
    if (sink->config.retry_count == 0) {
        delivery->may_die = true;
        return;
    }
    if (verdict == RETRY)
        charge(model, sink, delivery);
    else if (verdict == REFUSED && own)
        delivery->may_die = true;
    else if (verdict == MISSET && own && got_through)
        delivery->may_die = true;
    else if ((verdict == REFUSED || verdict == MISSET) && !own)
        delivery->singly = true;
}

void model_outcome(struct model *model, const char *name, const struct model_outcome *outcome)
{
    struct model_sink *sink = model_sink_named(model, name);
    struct batch *batch = sink ? model_batch(sink, outcome->batch) : NULL;
    if (!model_rule(model, RULE_OUTCOME, batch && outcome->taken <= batch->count, sink, NULL,
                    "batch %u is not in flight", outcome->batch))
        return;
    bool own = outcome->verdicts || outcome->taken == 1;
    bool got_through = any_delivered(outcome);
    for (uint32_t i = 0; i < batch->count; i++) {
        int64_t at = model_event_by_seq(model, batch->seqs[i]);
        struct delivery *delivery = &sink->deliveries[at];
        delivery->batch = 0;
        if (i < outcome->taken)
            hear_event(model, sink, delivery, verdict_at(outcome, i), own, got_through);
    }
    const struct heard heard = {
        .batch = outcome->batch,
        .verdict = worst_of(outcome),
        .code = outcome->code,
        .retry_after_ms = outcome->retry_after_ms,
        .seq = outcome->taken == 1 ? batch->seqs[0] : 0,
    };
    sink->in_flight -= batch->count;
    sink->batch_count--;
    free(batch->seqs);
    *batch = (struct batch){.number = 0};
    if (outcome->taken > 0)
        model_hold_heard(model, sink, &heard);
    else if (sink->hold.batch == outcome->batch)
        model_hold_lost(model, sink); /* the host did not begin it: as if it had not been sent */
}
