/* What must hold between two steps, and at the end of a run: called by the simulator. */
#include <stdio.h>

#include "tests/sim/model_state.h"

#define WAKE_MS 61000 /* the civil clock may be set; the bus looks again each minute */

/* ---- The file ---- */

static void check_counts(struct model *model, const struct model_sink *sink)
{
    const struct figures *figures = &sink->figures;
    int64_t settled[AS_DROPPED + 1] = {0};
    int64_t pending = 0, accepted[2] = {0};
    for (size_t i = 0; i < model->event_count; i++) {
        const struct delivery *delivery = &sink->deliveries[i];
        pending += model_is_owed(delivery);
        accepted[model->events[i].type - 1]++;
        if (delivery->place == PLACE_SETTLED)
            settled[delivery->row.as]++;
    }
    model_rule(model, RULE_COUNTS,
               figures->delivered == settled[AS_DELIVERED] && figures->dead == settled[AS_DEAD] &&
                   figures->expired == settled[AS_EXPIRED] &&
                   (sink->grown || figures->skipped == settled[AS_SKIPPED] + sink->bare_skips),
               sink, NULL,
               "it says %lld delivered, %lld dead, %lld expired, %lld skipped; its rows %lld, "
               "%lld, %lld, %lld and %lld without one",
               (long long)figures->delivered, (long long)figures->dead, (long long)figures->expired,
               (long long)figures->skipped, (long long)settled[AS_DELIVERED],
               (long long)settled[AS_DEAD], (long long)settled[AS_EXPIRED],
               (long long)settled[AS_SKIPPED], (long long)sink->bare_skips);
    int64_t counted = figures->waiting_outside;
    for (int i = 0; i < 2; i++)
        counted += (figures->mask >> (i + 1)) & 1 ? model->accepted[i] - figures->done[i] : 0;
    model_rule(model, RULE_PENDING,
               counted == pending && accepted[0] == model->accepted[0] &&
                   accepted[1] == model->accepted[1],
               sink, NULL, "it says %lld pending, and %lld are", (long long)counted,
               (long long)pending);
    if (model->running)
        model_rule(model, RULE_HAND_KEPT, (figures->held != 0) == sink->held_by_hand, sink, NULL,
                   "the file says held %lld", (long long)figures->held);
}

/* Once the disk is well, all that came back is written. */
static void check_recorded(struct model *model, const struct model_sink *sink)
{
    /* What a host that is asked to end leaves undone is not charged. */
    if (!model->running || model->stopping || model->reloading > 0 || model->disk_broken ||
        model->now.mono < model->disk_well_mono_ms)
        return;
    for (size_t i = 0; i < model->event_count; i++) {
        const struct delivery *delivery = &sink->deliveries[i];
        if (!model_is_owed(delivery) || !delivery->sent)
            continue;
        model_rule(model, RULE_RECORDED,
                   !delivery->delivered && delivery->charged == delivery->row.attempts, sink,
                   &model->events[i], "%s, %u attempts were charged, and its row says %u",
                   delivery->delivered ? "it was delivered" : "it was not delivered",
                   delivery->charged, delivery->row.attempts);
    }
}

/* ---- Nothing is forgotten ---- */

static bool might_send(const struct model *model, const struct model_sink *sink)
{
    return model->running && !model->stopping && model->reloading == 0 && sink->open &&
           sink->configured && !model->disk_broken && model->now.mono >= model->disk_well_mono_ms &&
           sink->asked == 0 && sink->in_flight == 0 && model_hold_lets_go(model, sink);
}

static void check_starved(struct model *model, struct model_sink *sink)
{
    int64_t at = might_send(model, sink) ? model_may_go(model, sink) : -1;
    if (at < 0) {
        sink->idle_since_mono_ms = 0;
        return;
    }
    if (sink->idle_since_mono_ms == 0)
        sink->idle_since_mono_ms = model->now.mono;
    const struct delivery *delivery = &sink->deliveries[at];
    bool fresh = !delivery->sent && delivery->row.due_unix_ms == 0;
    int64_t patience_ms = sink->config.digest_ms + (fresh ? 0 : WAKE_MS);
    model_rule(model, RULE_STARVED, model->now.mono - sink->idle_since_mono_ms <= patience_ms, sink,
               &model->events[at], "it may go since %lld ms, and nothing is in flight",
               (long long)(model->now.mono - sink->idle_since_mono_ms));
}

/* ---- The checks ---- */

static int answer(const struct model *model, char *text, size_t size)
{
    snprintf(text, size, "%s", model->broken);
    return model->broken[0] ? -1 : 0;
}

int model_check(struct model *model, char *text, size_t size)
{
    model_read(model);
    for (size_t i = 0; i < model->sink_count && !model->broken[0]; i++) {
        struct model_sink *sink = &model->sinks[i];
        if (sink->number == 0)
            continue;
        check_counts(model, sink);
        check_recorded(model, sink);
        check_starved(model, sink);
    }
    return answer(model, text, size);
}

int model_check_end(struct model *model, char *text, size_t size)
{
    if (model_check(model, text, size) < 0)
        return -1;
    for (size_t i = 0; i < model->sink_count; i++) {
        const struct model_sink *sink = &model->sinks[i];
        for (size_t j = 0; j < model->event_count && sink->configured && sink->config.enabled; j++)
            model_rule(model, RULE_END, !model_is_owed(&sink->deliveries[j]), sink,
                       &model->events[j], "it is still %s",
                       sink->deliveries[j].place == PLACE_WAITING ? "waiting" : "pending");
    }
    return answer(model, text, size);
}
