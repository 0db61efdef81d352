/*
 * Holds and rates as the table of verdicts promises them: whether a sink may be given a batch now.
 * Told what went out and what came back; where the bus may do one of two things, both are let pass.
 */
#include "tests/sim/model_state.h"

#define TOO_MANY_REQUESTS 429
#define SECOND_MS         1000
#define OWN_MAX_MS        (5 * 60 * SECOND_MS)
#define MISSET_MS         (15 * 60 * SECOND_MS)
#define BATCH_UNITS       (60 * 60 * 1000LL)
#define BURST_MS          20 /* a bucket holds what comes in so long, and at least one batch */

/* ---- Holds ---- */

/* 1 s, doubling to 5 min. */
static int64_t own_length_ms(struct hold *hold)
{
    int64_t length_ms = SECOND_MS;
    for (uint32_t i = 0; i < hold->own && length_ms < OWN_MAX_MS; i++)
        length_ms *= 2;
    hold->own++;
    return length_ms < OWN_MAX_MS ? length_ms : OWN_MAX_MS;
}

static void hold_for(struct model *model, struct hold *hold, int64_t length_ms)
{
    hold->state = HOLD_TIMED;
    hold->until_mono_ms = model->now.mono + length_ms;
    hold->batch = 0;
}

static void hold_by_verdict(struct model *model, struct hold *hold, const struct heard *heard)
{
    if (heard->verdict == MISSET)
        hold_for(model, hold, MISSET_MS);
    else if (heard->verdict == RETRY && heard->retry_after_ms > 0)
        hold_for(model, hold, heard->retry_after_ms);
    else
        hold_for(model, hold, own_length_ms(hold));
}

static void heard_while_open(struct model *model, struct model_sink *sink,
                             const struct heard *heard)
{
    struct hold *hold = &sink->hold;
    bool asked_to_wait =
        heard->verdict == RETRY && (heard->retry_after_ms > 0 || heard->code == TOO_MANY_REQUESTS);
    if (heard->verdict == DELIVERED)
        hold->own = 0;
    else if (heard->verdict == DOWN || asked_to_wait ||
             (heard->verdict == MISSET && sink->config.retry_count == 0))
        hold_by_verdict(model, hold, heard);
    else if (heard->verdict == MISSET) {
        hold_for(model, hold, MISSET_MS); /* unless there is another event to compare with */
        hold->state = HOLD_COMPARING;
        hold->suspect_seq = heard->seq;
        hold->accused = heard->batch;
    }
}

/* The batch that decides is back. */
static void decided(struct model *model, struct model_sink *sink, const struct heard *heard)
{
    struct hold *hold = &sink->hold;
    if (heard->verdict != DELIVERED) {
        if (hold->state == HOLD_PROBING)
            hold->suspect_seq = 0;
        hold_by_verdict(model, hold, heard);
        return;
    }
    int64_t suspect = hold->suspect_seq ? model_event_by_seq(model, hold->suspect_seq) : -1;
    if (hold->state == HOLD_COMPARING && suspect >= 0)
        sink->deliveries[suspect].may_die = true;
    *hold = (struct hold){.state = HOLD_NONE};
}

/* One that was sent after the accused batch and gets through says as much as the comparison. */
static bool compares(const struct hold *hold, const struct heard *heard)
{
    return hold->state == HOLD_COMPARING && heard->verdict == DELIVERED &&
           (int32_t)(heard->batch - hold->accused) > 0;
}

void model_hold_heard(struct model *model, struct model_sink *sink, const struct heard *heard)
{
    struct hold *hold = &sink->hold;
    int64_t asked_until_ms = heard->verdict == RETRY ? model->now.mono + heard->retry_after_ms : 0;
    if (hold->state == HOLD_NONE)
        heard_while_open(model, sink, heard);
    else if ((hold->batch != 0 && hold->batch == heard->batch) || compares(hold, heard))
        decided(model, sink, heard);
    else if (hold->state == HOLD_TIMED && heard->retry_after_ms > 0 &&
             asked_until_ms > hold->until_mono_ms)
        hold->until_mono_ms = asked_until_ms;
}

void model_hold_lost(struct model *model, struct model_sink *sink)
{
    if (sink->hold.state == HOLD_PROBING)
        hold_for(model, &sink->hold, 0);
    sink->hold.batch = 0;
}

void model_hold_settled(struct model_sink *sink, int64_t seq)
{
    if (sink->hold.suspect_seq == seq)
        sink->hold.suspect_seq = 0;
}

void model_hold_by_hand(struct model_sink *sink)
{
    sink->held_by_hand = true;
    sink->hold.state = HOLD_TIMED;
    sink->hold.by_hand = true;
    sink->hold.batch = 0;
}

void model_hold_resume(struct model *model, struct model_sink *sink)
{
    sink->held_by_hand = false;
    if (sink->hold.state == HOLD_NONE)
        return;
    sink->hold.by_hand = false;
    sink->hold.own = 0;
    hold_for(model, &sink->hold, 0);
}

/* While it compares: one event that is not the suspect; or it could not, and the time is over. */
static void sent_while_comparing(struct model *model, struct model_sink *sink, uint32_t batch,
                                 const struct known_event *event, uint32_t count)
{
    struct hold *hold = &sink->hold;
    bool is_probe = model->now.mono >= hold->until_mono_ms;
    bool is_other = count == 1 && event->seq != hold->suspect_seq;
    model_rule(model, RULE_COMPARISON, hold->batch == 0 && (is_probe || is_other), sink, event,
               "after MISSET something goes out that is no comparison");
    if (is_probe && !is_other)
        hold->state = HOLD_PROBING;
    hold->batch = batch;
}

void model_hold_sent(struct model *model, struct model_sink *sink, uint32_t batch,
                     const struct known_event *event, uint32_t count)
{
    struct hold *hold = &sink->hold;
    model_rule(model, RULE_HELD_BY_HAND, !hold->by_hand, sink, event,
               "it goes out while the sink is held by hand");
    model_rule(model, RULE_PROBE, hold->state != HOLD_PROBING, sink, event,
               "it goes out while the probe is out");
    if (hold->state == HOLD_COMPARING)
        sent_while_comparing(model, sink, batch, event, count);
    if (hold->state != HOLD_TIMED)
        return;
    model_rule(model, RULE_HELD, model->now.mono >= hold->until_mono_ms, sink, event,
               "it goes out %lld ms before the hold is over",
               (long long)(hold->until_mono_ms - model->now.mono));
    hold->state = HOLD_PROBING;
    hold->batch = batch;
}

/* ---- Rates ---- */

static int64_t room(int64_t rate_an_hour)
{
    return BURST_MS * rate_an_hour > BATCH_UNITS ? BURST_MS * rate_an_hour : BATCH_UNITS;
}

/* What is in the bucket now. */
static int64_t units_now(const struct model *model, const struct model_sink *sink)
{
    int64_t rate = sink->config.rate_an_hour;
    int64_t elapsed_ms = model->now.mono - sink->tokens.as_of_mono_ms;
    int64_t full = room(rate);
    if (elapsed_ms > full / rate)
        return full;
    int64_t units = sink->tokens.units + elapsed_ms * rate;
    return units < full ? units : full;
}

void model_rate_reset(struct model *model, struct model_sink *sink)
{
    sink->tokens = (struct tokens){room(sink->config.rate_an_hour), model->now.mono};
}

void model_rate_sent(struct model *model, struct model_sink *sink)
{
    if (sink->config.rate_an_hour == 0)
        return;
    int64_t units = units_now(model, sink);
    model_rule(model, RULE_RATE, units >= BATCH_UNITS, sink, NULL,
               "a batch goes out %lld ms too early",
               (long long)((BATCH_UNITS - units) / sink->config.rate_an_hour));
    sink->tokens = (struct tokens){units - BATCH_UNITS, model->now.mono};
}

/* ---- Both ---- */

bool model_hold_lets_go(const struct model *model, const struct model_sink *sink)
{
    const struct hold *hold = &sink->hold;
    bool over = model->now.mono >= hold->until_mono_ms;
    if (sink->config.rate_an_hour > 0 && units_now(model, sink) < BATCH_UNITS)
        return false;
    if (hold->by_hand || hold->batch != 0)
        return false;
    return hold->state == HOLD_NONE ||
           ((hold->state == HOLD_TIMED || hold->state == HOLD_COMPARING) && over);
}
