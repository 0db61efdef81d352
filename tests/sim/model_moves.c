/*
 * Where an event may go from where it was at a sink: each row of the journal's file is compared with
 * what it was when it was last read, and with what was told meanwhile. See model_state.h.
 */
#include "tests/sim/model_state.h"

static bool takes(const struct model_sink *sink, int type)
{
    return (sink->figures.mask >> type) & 1;
}

/* What an event without a row is, by where it was before. */
static enum place place_without_row(struct model *model, struct model_sink *sink,
                                    const struct known_event *event, enum place before)
{
    const struct figures *figures = &sink->figures;
    if (before == PLACE_SKIPPED)
        return PLACE_SKIPPED;
    if (event->seq > figures->cursor)
        return takes(sink, event->type) ? PLACE_PENDING : PLACE_OUT;
    if (before == PLACE_OUT)
        return PLACE_OUT;
    if (before == PLACE_UNKNOWN && (!takes(sink, event->type) || sink->newly))
        return PLACE_OUT;
    if (before == PLACE_PENDING && (!takes(sink, event->type) || sink->remasked))
        return PLACE_OUT;
    bool skipped =
        sink->skips && event->seq > figures->skipped_after && event->seq <= figures->skipped_seq;
    model_rule(model, RULE_LOST, skipped, sink, event,
               "the cursor is at %lld, and it has no row any more", (long long)figures->cursor);
    return PLACE_SKIPPED;
}

static void check_settled(struct model *model, struct model_sink *sink,
                          const struct known_event *event, const struct delivery *delivery,
                          const struct row *row)
{
    switch (row->as) {
    case AS_DELIVERED:
        model_rule(model, RULE_DELIVERED, delivery->delivered, sink, event,
                   "it counts as delivered, and no host said so");
        break;
    case AS_DEAD:
        model_rule(model, RULE_DEAD, delivery->may_die, sink, event,
                   "it is a dead letter (verdict %d) after %u attempts and %u deaths, without a "
                   "reason",
                   row->verdict, delivery->charged, delivery->deaths);
        break;
    case AS_EXPIRED:
        model_rule(model, RULE_EXPIRED,
                   sink->config.expire_ms > 0 && !delivery->row.replay &&
                       model->unix_max_ms - event->occurred_unix_ms > sink->config.expire_ms,
                   sink, event, "it expired before its time");
        break;
    case AS_SKIPPED:
        model_rule(model, RULE_SKIPPED, sink->skips, sink, event, "nobody skipped it");
        break;
    default:
        model_rule(model, RULE_ONE_STATE, false, sink, event, "it is settled as %d", row->as);
    }
    /* The last attempt is one of these when the verdict is not RETRY. */
    model_rule(model, RULE_CHARGED,
               row->attempts <= delivery->charged + (row->verdict ? 1 : delivery->deaths) &&
                   row->deaths <= delivery->deaths,
               sink, event, "its row says %u attempts and %u deaths; %u and %u were seen",
               row->attempts, row->deaths, delivery->charged, delivery->deaths);
}

/* A replay put it back: it begins anew. */
static void put_back(struct model *model, struct model_sink *sink, const struct known_event *event,
                     struct delivery *delivery)
{
    model_rule(model, RULE_STAYS, sink->replays && delivery->row.replay, sink, event,
               "it was settled or not owed, and waits now, without a replay");
    model_rule(model, RULE_ONCE, delivery->batch == 0, sink, event,
               "it is put back while it is in flight");
    bool superseded = false;
    for (size_t i = 0; i < model->event_count && !sink->superseded_too; i++)
        superseded = superseded || (model->events[i].affiliate == event->affiliate &&
                                    model->events[i].seq > event->seq &&
                                    sink->deliveries[i].place == PLACE_SETTLED &&
                                    sink->deliveries[i].row.as == AS_DELIVERED);
    model_rule(model, RULE_SUPERSEDED, !superseded, sink, event,
               "it is sent again, and a later one of its affiliate was delivered");
    model_forget_delivery(delivery);
}

static void check_waiting(struct model *model, const struct model_sink *sink,
                          const struct known_event *event, const struct delivery *delivery)
{
    model_rule(model, RULE_CHARGED,
               delivery->row.attempts <= delivery->charged &&
                   delivery->row.deaths <= delivery->deaths,
               sink, event, "its row says %u attempts and %u deaths; %u and %u were seen",
               delivery->row.attempts, delivery->row.deaths, delivery->charged, delivery->deaths);
}

void model_move(struct model *model, struct model_sink *sink, const struct known_event *event,
                struct delivery *delivery, const struct row *row)
{
    enum place before = delivery->place;
    const struct row old = delivery->row;
    model_rule(model, RULE_ONE_STATE, !row->waits || row->as == AS_NOTHING, sink, event,
               "it waits and is settled");
    enum place place = row->as ? PLACE_SETTLED : row->waits ? PLACE_WAITING : PLACE_OUT;
    if (place == PLACE_OUT && (before == PLACE_SETTLED || before == PLACE_WAITING)) {
        model_rule(model, RULE_LOST, false, sink, event, "its row is gone");
        return;
    }
    if (place == PLACE_OUT)
        place = place_without_row(model, sink, event, before);
    sink->bare_skips += (place == PLACE_SKIPPED) - (before == PLACE_SKIPPED);
    if (place == PLACE_SETTLED && before == PLACE_SETTLED) {
        model_rule(model, RULE_STAYS,
                   row->as == old.as || (old.as == AS_DEAD && row->as == AS_DROPPED && sink->drops),
                   sink, event, "it was settled as %d, and is as %d", old.as, row->as);
    } else if (place == PLACE_SETTLED) {
        model_rule(model, RULE_STAYS,
                   before == PLACE_PENDING || before == PLACE_WAITING || before == PLACE_UNKNOWN,
                   sink, event, "it was not owed, and is settled");
        check_settled(model, sink, event, delivery, row);
        model_hold_settled(sink, event->seq);
    }
    delivery->place = place;
    if (place == PLACE_WAITING && before != PLACE_WAITING)
        delivery->singly = false; /* only the bus's memory knows it; there it may be gone */
    delivery->row = *row;
    /* What was settled and put back between two readings shows by its mark, or by its verdict. */
    bool written = !model->disk_broken && model->now.mono >= model->disk_well_mono_ms;
    bool judged = delivery->delivered || delivery->may_die;
    bool again =
        row->replay && sink->replays && (!old.replay || (judged && written && sink->asked > 0));
    if (place == PLACE_WAITING &&
        (before == PLACE_SETTLED || before == PLACE_SKIPPED || before == PLACE_OUT || again))
        put_back(model, sink, event, delivery);
    if (place == PLACE_WAITING)
        check_waiting(model, sink, event, delivery);
}
