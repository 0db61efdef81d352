/*
 * What comes back from a sink's host: an outcome, or its end. Each event gets its fate, and the
 * gate hears of it. Nothing is written here: that is settling.c's. See sink.h.
 */
#include <assert.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "affnotify/sink.h"
#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/log.h"
#include "core/base/memory.h"
#include "core/bus/fate.h"
#include "core/bus/retry.h"
#include "core/bus/sink.h"
#include "core/wire/message.h"

/* ---- What is to be written ---- */

static void add_outcome(struct sink *sink, const struct outcome *outcome)
{
    if (sink->outcome_count == sink->outcome_capacity) {
        sink->outcome_capacity = sink->outcome_capacity ? 2 * sink->outcome_capacity : 64;
        sink->outcomes =
            memory_resize(sink->outcomes, sink->outcome_capacity, sizeof *sink->outcomes);
    }
    const struct journal_event *event = &outcome->slot->event;
    struct outcome *added = &sink->outcomes[sink->outcome_count++];
    *added = *outcome;
    added->attempts = event->attempts + (outcome->verdict ? 1 : event->deaths);
}

void sink_settle(struct sink *sink, const struct outcome *outcome)
{
    assert(outcome->as != 0);
    schedule_settling(&sink->schedule, outcome->slot);
    gate_forget(&sink->gate, outcome->slot->event.seq);
    add_outcome(sink, outcome);
}

static char *text_or_null(const char *text)
{
    return text[0] ? memory_text(text) : NULL;
}

void sink_save_slot(struct sink *sink, struct slot *slot)
{
    sink->unsaved += !slot->unsaved;
    slot->unsaved = true;
}

/* ---- One event ---- */

/* A failed attempt that was charged; the event is tried again when its delay is over. */
static void try_later(struct sink *sink, struct slot *slot)
{
    struct journal_event *event = &slot->event;
    event->attempts++;
    int64_t delay_ms = retry_delay_ms(&sink->tuning, event->attempts, arc4random());
    assert(delay_ms != RETRY_NEVER);
    event->due_unix_ms = clock_unix_ms() + delay_ms;
    schedule_put_back(&sink->schedule, slot);
    sink_save_slot(sink, slot);
    if (!sink->schedule.strictly) {
        slot->put_aside = true; /* others have its place in the window until then */
        return;
    }
    if (slot != sink->schedule.first)
        return; /* it has its pause when it has become the first */
    sink->paused_until_mono_ms = clock_mono_ms() + delay_ms;
    sink->paused_until_unix_ms = event->due_unix_ms;
}

/* `outcome` is what was said of it, with its texts' ownership; what becomes of it follows. */
static void decide(struct sink *sink, struct outcome *outcome, enum fate fate)
{
    struct slot *slot = outcome->slot;
    switch (fate) {
    case FATE_DELIVERED:
        outcome->as = SETTLED_DELIVERED;
        sink_settle(sink, outcome);
        return;
    case FATE_DEAD:
        outcome->as = SETTLED_DEAD;
        sink_settle(sink, outcome);
        return;
    case FATE_LATER:
        add_outcome(sink, outcome);
        try_later(sink, slot);
        return;
    case FATE_SINGLY:
        slot->singly = true;
        break;
    case FATE_AGAIN:
        break;
    }
    add_outcome(sink, outcome);
    schedule_put_back(&sink->schedule, slot);
}

/* ---- A batch ---- */

struct batch_back {
    const struct message_outcome *message;
    struct slot *slots[BATCH_EVENTS_MAX];
    uint32_t count;
    bool got_through; /* at least one event was delivered */
    int32_t worst;    /* the verdict that says most about the sink */
    int32_t worst_code;
    const char *worst_what;
};

/* The more a verdict says about the sink, the higher. */
static int weight(int32_t verdict)
{
    static const int weights[] = {
        [AFFN_DELIVERED] = 1, [AFFN_REFUSED] = 2, [AFFN_RETRY] = 3,
        [AFFN_MISSET] = 4,    [AFFN_DOWN] = 5,
    };
    return weights[verdict];
}

static const struct message_item *item_of(const struct message_outcome *message, uint32_t index,
                                          uint32_t *next)
{
    if (*next == message->item_count || message->items[*next].index != index)
        return NULL;
    return &message->items[(*next)++];
}

static bool any_got_through(const struct message_outcome *message)
{
    uint32_t next = 0;
    bool any = false;
    for (uint32_t i = 0; i < message->taken; i++) {
        const struct message_item *item = item_of(message, i, &next);
        any |= (item ? item->verdict : message->verdict) == AFFN_DELIVERED;
    }
    return any;
}

/* Where one got through, what was said of another's settings is about that event alone. */
static void weigh(struct batch_back *back)
{
    const struct message_outcome *message = back->message;
    uint32_t next = 0;
    back->got_through = any_got_through(message);
    back->worst = AFFN_DELIVERED;
    back->worst_what = message->what;
    for (uint32_t i = 0; i < message->taken; i++) {
        const struct message_item *item = item_of(message, i, &next);
        int32_t verdict = item ? item->verdict : message->verdict;
        bool its_own = back->got_through && (verdict == AFFN_MISSET || verdict == AFFN_REFUSED);
        if (its_own || weight(verdict) <= weight(back->worst))
            continue;
        back->worst = verdict;
        back->worst_code = item ? item->code : message->code;
        back->worst_what = item && item->what[0] ? item->what : message->what;
    }
}

static void hear_event(struct sink *sink, const struct batch_back *back, uint32_t index,
                       const struct message_item *item)
{
    const struct message_outcome *message = back->message;
    struct slot *slot = back->slots[index];
    int32_t verdict = item ? item->verdict : message->verdict;
    const struct fate_attempt attempt = {
        .verdict = verdict,
        .own = item || message->taken == 1,
        .got_through = back->got_through,
        .attempts = slot->event.attempts,
        .retries = sink->tuning.retry_count,
    };
    struct outcome outcome = {
        .slot = slot,
        .verdict = verdict,
        .code = item ? item->code : message->code,
        .duration_ms = message->duration_ms,
        .what = text_or_null(item ? item->what : message->what),
        .remedy = verdict == AFFN_DELIVERED ? NULL : text_or_null(message->remedy),
    };
    sink->metrics.attempts[verdict]++;
    decide(sink, &outcome, fate_of(&attempt));
}

/* ---- The gate ---- */

/* The MISSET that another event has shown to be this event's own fault. */
static void refuse_suspect(struct sink *sink)
{
    struct slot *slot = schedule_find(&sink->schedule, sink->gate.suspect);
    if (slot && slot->state == SLOT_READY && !slot->put_aside)
        sink_settle(sink, &(struct outcome){
                              .slot = slot,
                              .as = SETTLED_DEAD,
                              .verdict = AFFN_REFUSED,
                              .code = sink->held_code,
                              .what = memory_format("%s; another event got through right after, so "
                                                    "it is this event",
                                                    sink->held_what),
                              .remedy = text_or_null(sink->held_remedy),
                          });
    gate_forget(&sink->gate, sink->gate.suspect);
}

/* What came back, and what was said of it. */
static void tell_gate(struct sink *sink, const struct gate_answer *answer, const char *what,
                      const char *remedy)
{
    struct gate *gate = &sink->gate;
    const struct gate before = *gate;
    enum gate_ruling ruling = gate_answer(gate, answer, clock_mono_ms());
    bool compares = gate->state == GATE_COMPARING && before.state != GATE_COMPARING;
    bool holds = gate->state == GATE_HELD &&
                 (before.state != GATE_HELD || before.until_ms != gate->until_ms);
    bool is_first = gate_is_open(&before) && (compares || holds);
    if (answer->verdict == AFFN_MISSET && (sink->renewing || (is_first && sink_renew_once(sink)))) {
        /* It was refused with secrets that are out of date: nothing is known of the new ones. */
        *gate = before;
        if (gate->batch == answer->batch)
            gate_lost(gate, clock_mono_ms());
        return;
    }
    if (ruling == GATE_SUSPECT_REFUSED)
        refuse_suspect(sink);
    if (holds || answer->verdict == AFFN_DELIVERED)
        sink->renewed = false;
    if (compares || holds) {
        snprintf(sink->held_what, sizeof sink->held_what, "%s", what);
        snprintf(sink->held_remedy, sizeof sink->held_remedy, "%s", remedy);
        sink->held_code = answer->code;
        sink->held_verdict = answer->verdict;
    }
    if (holds)
        sink_log_held(sink);
    if (gate->state == GATE_OPEN && sink->held_told) {
        sink->held_told = false;
        log_info("sink open again", {"sink", .text = sink->config->name});
    }
}

static void hear_gate(struct sink *sink, const struct batch_back *back)
{
    const struct message_outcome *message = back->message;
    const struct gate_answer answer = {
        .batch = message->batch,
        .verdict = back->worst,
        .code = back->worst_code,
        .retry_after_ms = back->worst == AFFN_RETRY ? message->retry_after_ms : 0,
        .first_seq = back->slots[0]->event.seq,
        .single = message->taken == 1,
        .no_retries = sink->tuning.retry_count == 0,
        .has_others = back->worst == AFFN_MISSET && /* it walks the window */
                      schedule_has_other(&sink->schedule, back->slots[0]),
    };
    tell_gate(sink, &answer, back->worst_what, message->remedy);
}

void sink_put_back(struct sink *sink, struct slot *const *slots, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        schedule_put_back(&sink->schedule, slots[i]);
        slots[i]->batch = 0;
    }
    schedule_batch_done(&sink->schedule);
}

/* A batch that the host has not begun. */
static void take_back(struct sink *sink, const struct batch_back *back)
{
    sink_put_back(sink, back->slots, back->count);
    sink->progress_mono_ms = clock_mono_ms();
    if (sink->gate.batch == back->message->batch)
        gate_lost(&sink->gate, clock_mono_ms());
}

int sink_take_outcome(struct sink *sink, struct frame *frame, struct error *error)
{
    struct message_outcome message;
    if (message_get_outcome(frame, &message) < 0)
        return -1;
    struct batch_back back = {.message = &message};
    back.count = schedule_batch(&sink->schedule, message.batch, back.slots);
    if (back.count == 0 || message.taken > back.count) {
        free(message.items);
        return error_set(error, "sent an outcome for %u events of batch %u, which has %u",
                         message.taken, message.batch, back.count);
    }
    sink->heard++;
    if (message.taken == 0) {
        free(message.items);
        take_back(sink, &back);
        return 0;
    }
    weigh(&back);
    uint32_t next = 0;
    histogram_observe(&sink->metrics.batch, HISTOGRAM_BATCH, message.duration_ms * 1000);
    for (uint32_t i = 0; i < message.taken; i++)
        hear_event(sink, &back, i, item_of(&message, i, &next));
    for (uint32_t i = message.taken; i < back.count; i++)
        schedule_put_back(&sink->schedule, back.slots[i]);
    schedule_batch_done(&sink->schedule);
    sink->progress_mono_ms = clock_mono_ms();
    hear_gate(sink, &back);
    free(message.items);
    return 0;
}

/* ---- A host's death ---- */

static void add_death_letter(struct sink *sink, struct slot *slot, const char *reason)
{
    sink_settle(sink, &(struct outcome){
                          .slot = slot,
                          .as = SETTLED_DEAD,
                          .what = memory_format("the plugin's process died %d times with this "
                                                "event alone in flight: it %s",
                                                DEATHS_MAX, reason),
                          .remedy = memory_text("report it to who wrote the plugin"),
                      });
}

static void add_overrun(struct sink *sink, struct slot *slot, const char *reason)
{
    const struct fate_attempt attempt = {.verdict = AFFN_RETRY,
                                         .own = true,
                                         .attempts = slot->event.attempts,
                                         .retries = sink->tuning.retry_count};
    struct outcome outcome = {
        .slot = slot,
        .verdict = AFFN_RETRY,
        .duration_ms = sink->tuning.timeout_ms,
        .what = memory_format("the plugin %s", reason),
        .remedy = memory_text("raise `timeout`, or see why the far side is slow"),
    };
    const struct gate_answer answer = {.batch = slot->batch,
                                       .verdict = AFFN_RETRY,
                                       .first_seq = slot->event.seq,
                                       .single = true,
                                       .no_retries = sink->tuning.retry_count == 0};
    sink->metrics.attempts[AFFN_RETRY]++;
    histogram_observe(&sink->metrics.batch, HISTOGRAM_BATCH, outcome.duration_ms * 1000);
    tell_gate(sink, &answer, outcome.what, outcome.remedy); /* before they are handed on */
    decide(sink, &outcome, fate_of(&attempt));
}

/*
 * A death with one event in flight is that event's; with several, nobody knows whose. So they go
 * out alone from now on, until the guilty one is found.
 */
void sink_lost_host(struct sink *sink, const char *reason)
{
    struct schedule *schedule = &sink->schedule;
    bool was_alone = schedule->in_flight == 1 && !sink->notice.out;
    for (struct slot *slot = schedule->first; slot; slot = slot->after) {
        if (slot->state != SLOT_IN_FLIGHT)
            continue;
        if (was_alone && sink->overrun) {
            add_overrun(sink, slot, reason);
            continue;
        }
        if (was_alone && ++slot->event.deaths >= DEATHS_MAX) {
            add_death_letter(sink, slot, reason);
            continue;
        }
        schedule_put_back(schedule, slot);
        schedule_isolate(schedule, slot);
        sink_save_slot(sink, slot);
    }
    schedule->batches = 0;
    gate_lost(&sink->gate, clock_mono_ms());
    sink->overrun = false;
}
