/*
 * What operators have commanded, as the model was told: what it lets the journal do, and what must
 * have come of it. See model.h.
 */
#include <assert.h>

#include "tests/sim/model_state.h"

static struct model_sink *commanded(struct model *model, const char *name)
{
    struct model_sink *sink = model_sink_named(model, name);
    if (sink)
        sink->idle_since_mono_ms = 0;
    return sink; /* NULL for one that the bus does not know either */
}

/* With `order = journal` a pause before the first event's next try ends with it. */
static void forget_pause(const struct model *model, struct model_sink *sink)
{
    for (size_t i = 0; i < model->event_count && model_is_ordered(sink); i++)
        model_forget_delay(&sink->deliveries[i]);
}

void model_held(struct model *model, const char *name)
{
    struct model_sink *sink = commanded(model, name);
    model_hold_by_hand(sink);
    forget_pause(model, sink);
}

void model_resumed(struct model *model, const char *name)
{
    struct model_sink *sink = commanded(model, name);
    model_hold_resume(model, sink);
    forget_pause(model, sink);
}

void model_asked(struct model *model, const char *name, enum model_command command)
{
    struct model_sink *sink = commanded(model, name);
    if (!sink)
        return;
    model_read(model);
    sink->asked_at_seq = model->event_count ? model->events[model->event_count - 1].seq : 0;
    sink->asked++;
    sink->skips |= command == MODEL_SKIPS;
    sink->drops |= command == MODEL_DROPS;
    sink->replays |= command == MODEL_REPLAYS || command == MODEL_REPLAYS_SUPERSEDED;
    sink->superseded_too |= command == MODEL_REPLAYS_SUPERSEDED;
}

/* It was answered: what the journal has now came by it, what comes later does not. */
static void answered(struct model *model, struct model_sink *sink)
{
    assert(sink->asked > 0);
    model_read(model);
    /* What a failed disk did not take may be found there after a restart. */
    if (--sink->asked == 0 && !model->disk_failed)
        sink->skips = sink->replays = sink->drops = sink->superseded_too = false;
}

/* The sink has begun anew at what the file says. */
static void forget_window(const struct model *model, struct model_sink *sink)
{
    sink->hold.suspect_seq = 0;
    for (size_t i = 0; i < model->event_count && sink->number != 0; i++) {
        struct delivery *delivery = &sink->deliveries[i];
        delivery->sent = delivery->singly = false;
        delivery->suspect = delivery->row.alone;
    }
}

void model_failed(struct model *model, const char *name, bool begun)
{
    struct model_sink *sink = commanded(model, name);
    if (!sink)
        return;
    answered(model, sink);
    if (begun && sink->asked == 0 && sink->in_flight == 0)
        forget_window(model, sink);
}

void model_skipped(struct model *model, const char *name, bool all, int64_t until_unix_ms)
{
    struct model_sink *sink = commanded(model, name);
    answered(model, sink);
    (void)until_unix_ms; /* what came in before it is for the bus to find: the clock may jump */
    for (size_t i = 0; i < model->event_count && sink->number != 0 && all; i++) {
        const struct delivery *delivery = &sink->deliveries[i];
        if (model->events[i].seq <= sink->asked_at_seq)
            model_rule(model, RULE_SKIPPED_ALL, !model_is_owed(delivery), sink, &model->events[i],
                       "it is pending after all was skipped");
    }
    forget_window(model, sink);
}

void model_replayed(struct model *model, const char *name, bool dead_only)
{
    struct model_sink *sink = commanded(model, name);
    (void)dead_only;
    answered(model, sink);
    forget_window(model, sink);
}

void model_dropped(struct model *model, const char *name)
{
    answered(model, commanded(model, name));
}
