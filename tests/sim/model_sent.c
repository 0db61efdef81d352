/*
 * What may go out: each batch that the bus hands to a host is held against what is owed, the order,
 * the window and what became of earlier attempts. And the other way round: what might go, so that
 * nothing is forgotten.
 */
#include <assert.h>
#include <stdlib.h>

#include "tests/sim/model_state.h"

#define WINDOW_EVENTS        1024
#define BATCHES_FOR_TRANSFER 4
#define AFFILIATES_MAX       1024

/* ---- One event ---- */

/* It will be settled as expired when it is its turn. */
static bool is_stale(const struct model *model, const struct model_sink *sink, size_t at)
{
    const struct known_event *event = &model->events[at];
    return sink->config.expire_ms > 0 && !sink->deliveries[at].row.replay &&
           model->now.unix_ms - event->occurred_unix_ms > sink->config.expire_ms;
}

static bool is_too_early(const struct model *model, const struct delivery *delivery)
{
    return model->now.mono < delivery->retry_mono_ms &&
           model->now.unix_ms < delivery->retry_unix_ms;
}

static void check_event(struct model *model, const struct model_sink *sink, size_t at,
                        const struct model_sent_event *sent, uint32_t count)
{
    const struct delivery *delivery = &sink->deliveries[at];
    const struct known_event *event = &model->events[at];
    model_rule(model, RULE_OWED, model_is_owed(delivery), sink, event,
               "it goes out, and its place is %d (settled as %d)", delivery->place,
               delivery->row.as);
    model_rule(model, RULE_ONCE, delivery->batch == 0, sink, event,
               "it goes out, and is in batch %u", delivery->batch);
    model_rule(model, RULE_ATTEMPT,
               sent->attempt > delivery->row.attempts && sent->attempt <= delivery->charged + 1 &&
                   sent->replay == delivery->row.replay,
               sink, event, "it goes out as attempt %u%s; charged are %u, in the file %u%s",
               sent->attempt, sent->replay ? ", a replay" : "", delivery->charged,
               delivery->row.attempts, delivery->row.replay ? ", a replay" : "");
    if (delivery->charged > 0)
        model_rule(model, RULE_RETRY_TIME, !is_too_early(model, delivery), sink, event,
                   "it is tried again %lld ms too early",
                   (long long)(delivery->retry_mono_ms - model->now.mono));
    if (sink->config.expire_ms > 0)
        model_rule(model, RULE_STALE, !is_stale(model, sink, at), sink, event,
                   "it is older than expire");
    if (delivery->suspect)
        model_rule(model, RULE_ALONE, count == 1 && sink->in_flight == 0, sink, event,
                   "a host died of it, perhaps, and it goes out with %u others",
                   count - 1 + sink->in_flight);
    if (delivery->singly)
        model_rule(model, RULE_SINGLY, count == 1, sink, event,
                   "its batch was refused, and it goes out in another of %u", count);
}

/* ---- Order ---- */

/* Nothing earlier may be left behind. The events of the batch are marked in flight already. */
static void check_order(struct model *model, const struct model_sink *sink, size_t at,
                        uint32_t batch)
{
    bool strictly = model_is_ordered(sink);
    const struct known_event *event = &model->events[at];
    for (size_t i = 0; i < at; i++) {
        const struct delivery *earlier = &sink->deliveries[i];
        bool matters = strictly || model->events[i].affiliate == event->affiliate;
        if (!matters)
            continue;
        bool behind = model_is_owed(earlier) && earlier->batch != batch;
        model_rule(model, strictly ? RULE_ORDER_JOURNAL : RULE_ORDER_AFFILIATE,
                   !behind || is_stale(model, sink, i), sink, event,
                   "it goes out before seq %lld, which is %s", (long long)model->events[i].seq,
                   earlier->batch ? "in flight"
                                  : (earlier->place == PLACE_WAITING ? "waiting" : "pending"));
    }
}

/* ---- A batch ---- */

static uint32_t batches_max(const struct model_sink_config *config)
{
    if (!config->makes_requests || config->order == MODEL_ORDER_JOURNAL)
        return 1;
    return config->concurrency * (config->batch == 1 ? BATCHES_FOR_TRANSFER : 1);
}

/* Whether all that is pending came in and never went out: then it is gathered. */
static bool is_gathered(const struct model *model, const struct model_sink *sink)
{
    uint32_t ready = 0;
    for (size_t i = 0; i < model->event_count; i++) {
        const struct delivery *delivery = &sink->deliveries[i];
        if (!model_is_owed(delivery))
            continue;
        if (delivery->sent || delivery->charged > 0 || delivery->place == PLACE_WAITING)
            return false;
        ready++;
    }
    return ready < sink->config.batch;
}

/* Said before the batch is taken note of. `first` is its oldest event. */
static void check_digest(struct model *model, const struct model_sink *sink, size_t first)
{
    const struct known_event *event = &model->events[first];
    if (sink->config.digest_ms == 0 || sink->hold.state != HOLD_NONE ||
        sink->config.expire_ms > 0 || !is_gathered(model, sink))
        return;
    int64_t waited_ms = model->now.mono - event->seen_mono_ms;
    model_rule(model, RULE_DIGEST, waited_ms >= sink->config.digest_ms, sink, event,
               "it came in %lld ms ago, and its batch is not full", (long long)waited_ms);
}

static void check_batch(struct model *model, struct model_sink *sink, uint32_t number,
                        uint32_t count)
{
    model_rule(model, RULE_BATCHES, sink->batch_count < batches_max(&sink->config), sink, NULL,
               "batch %u goes out, and %u are out", number, sink->batch_count);
    model_rule(model, RULE_ONCE, number != 0 && !model_batch(sink, number), sink, NULL,
               "batch %u is out already", number);
    model_rule(model, RULE_BATCH_SIZE, count > 0 && count <= sink->config.batch, sink, NULL,
               "batch %u has %u events", number, count);
    model_rule(model, RULE_WINDOW, sink->in_flight + count <= WINDOW_EVENTS, sink, NULL,
               "%u events are in flight", sink->in_flight + count);
}

static struct batch *free_batch(struct model_sink *sink)
{
    struct batch *batch = model_batch(sink, 0);
    if (batch)
        return batch;
    size_t capacity = sink->batch_capacity ? 2 * sink->batch_capacity : 4;
    sink->batches = realloc(sink->batches, capacity * sizeof *sink->batches);
    assert(sink->batches);
    for (size_t i = sink->batch_capacity; i < capacity; i++)
        sink->batches[i] = (struct batch){.number = 0};
    batch = &sink->batches[sink->batch_capacity];
    sink->batch_capacity = capacity;
    return batch;
}

static void note_batch(const struct model *model, struct model_sink *sink, uint32_t number,
                       const int64_t *places, uint32_t count)
{
    struct batch *batch = free_batch(sink);
    *batch = (struct batch){
        .number = number, .count = count, .seqs = calloc(count, sizeof *batch->seqs)};
    assert(batch->seqs);
    for (uint32_t i = 0; i < count; i++) {
        struct delivery *delivery = &sink->deliveries[places[i]];
        batch->seqs[i] = model->events[places[i]].seq;
        delivery->batch = number;
        delivery->sent = true;
        delivery->singly = false;
        model_forget_delay(delivery); /* it has waited */
    }
    sink->batch_count++;
    sink->in_flight += count;
}

/* The batch's events by their places in model->events; false when one is nowhere. */
static bool find_events(struct model *model, const struct model_sink *sink,
                        const struct model_sent_event *events, uint32_t count, int64_t *places)
{
    for (uint32_t i = 0; i < count; i++) {
        places[i] = model_event_by_id(model, events[i].id);
        if (!model_rule(model, RULE_OWED, places[i] >= 0, sink, NULL,
                        "%s goes out, and is not in the file", events[i].id))
            return false;
        if (!model_rule(model, RULE_ORDER_AFFILIATE, i == 0 || places[i] > places[i - 1], sink,
                        &model->events[places[i]], "the events of its batch are not oldest first"))
            return false;
    }
    return true;
}

void model_sent(struct model *model, const char *name, uint32_t batch,
                const struct model_sent_event *events, uint32_t count)
{
    model_read(model);
    struct model_sink *sink = model_sink_named(model, name);
    if (!model_rule(model, RULE_OWED, sink && sink->number && sink->configured && count > 0, sink,
                    NULL, "a batch goes to %s, which is no sink", name))
        return;
    int64_t *places = calloc(count, sizeof *places);
    assert(places);
    if (find_events(model, sink, events, count, places)) {
        check_batch(model, sink, batch, count);
        check_digest(model, sink, (size_t)places[0]);
        for (uint32_t i = 0; i < count; i++)
            check_event(model, sink, (size_t)places[i], &events[i], count);
        model_hold_sent(model, sink, batch, &model->events[places[0]], count);
        model_rate_sent(model, sink);
        note_batch(model, sink, batch, places, count);
        for (uint32_t i = 0; i < count && sink->config.order != MODEL_ORDER_NONE; i++)
            check_order(model, sink, (size_t)places[i], batch);
    }
    sink->idle_since_mono_ms = 0;
    free(places);
}

/* ---- What might go ---- */

/* Its outcome is known, or it has to wait for its time. */
static bool is_kept(const struct model *model, const struct model_sink *sink,
                    const struct delivery *delivery)
{
    if (model_is_ordered(sink) && model->now.mono <= delivery->retry_latest_mono_ms)
        return true;
    return delivery->batch != 0 || delivery->delivered || delivery->may_die ||
           (delivery->place == PLACE_WAITING && delivery->row.due_unix_ms > model->now.unix_ms) ||
           model->now.mono < delivery->retry_mono_ms;
}

int64_t model_may_go(const struct model *model, const struct model_sink *sink)
{
    int64_t behind[AFFILIATES_MAX]; /* affiliates of which an earlier one stays */
    size_t count = 0;
    for (size_t i = 0; i < model->event_count; i++) {
        const struct delivery *delivery = &sink->deliveries[i];
        if (!model_is_owed(delivery))
            continue;
        bool may = !is_kept(model, sink, delivery) && !is_stale(model, sink, i);
        for (size_t j = 0; j < count && may; j++)
            may = behind[j] != model->events[i].affiliate;
        if (may)
            return (int64_t)i;
        if (model_is_ordered(sink) || count == AFFILIATES_MAX)
            return -1;
        if (sink->config.order == MODEL_ORDER_AFFILIATE)
            behind[count++] = model->events[i].affiliate;
    }
    return -1;
}
