/*
 * Events from a sink's window to its host: as the gate, the rate, the digest and the order let them.
 * The window is window.c's, what comes back is outcomes.c's. See sink.h and schedule.h.
 */
#include <assert.h>
#include <event2/event.h>

#include "affnotify/sink.h"
#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/bus/sink.h"
#include "core/bus/timer.h"
#include "core/event/event.h"
#include "core/wire/message.h"

#define WAKE_MS_MAX 60000 /* the civil clock may be set meanwhile */

/*
 * An event that waited too long is settled instead of sent. Takes those out of the batch and
 * returns how many are left in it.
 */
static uint32_t drop_expired(struct sink *sink, struct slot **slots, uint32_t count)
{
    uint32_t left = 0;
    struct event event;
    for (uint32_t i = 0; i < count; i++) {
        const struct journal_event *journaled = &slots[i]->event;
        bool expired =
            !journaled->replay && /* whoever sends it again knows how old it is */
            event_decode(journaled->canonical, journaled->canonical_bytes, &event) == 0 &&
            clock_unix_ms() - event.occurred_unix_ms > sink->tuning.expire_ms;
        if (!expired) {
            slots[left++] = slots[i];
            continue;
        }
        sink_settle(sink, &(struct outcome){
                              .slot = slots[i],
                              .as = SETTLED_EXPIRED,
                              .what = memory_text("it was older than the sink's `expire`"),
                          });
    }
    return left;
}

static void put_batch(struct sink *sink, struct slot *const *slots, uint32_t count)
{
    struct message_event events[BATCH_EVENTS_MAX];
    for (uint32_t i = 0; i < count; i++) {
        const struct journal_event *event = &slots[i]->event;
        events[i] = (struct message_event){
            .id = event->id,
            .canonical = event->canonical,
            .canonical_bytes = event->canonical_bytes,
            .flags = event->replay ? AFFN_EVENT_REPLAY : 0,
            .attempt = event->attempts + 1,
        };
    }
    struct message_deliver deliver = {
        .batch = slots[0]->batch, .heard = sink->heard, .event_count = count, .events = events};
    int result = message_put_deliver(host_process_out(&sink->host), &deliver);
    assert(result == 0); /* a window of the longest events fits, see limits.h */
}

static void watch_progress(struct sink *sink)
{
    sink->progress_mono_ms = clock_mono_ms();
    if (!evtimer_pending(sink->overrun_timer, NULL))
        timer_start(sink->overrun_timer, sink->tuning.timeout_ms + OVERRUN_GRACE_MS);
}

/*
 * The next batch as the gate allows it; 0 for none. For a comparison rather an event that has not
 * failed before: else two bad ones would speak for each other. Probes go round, so that a few bad
 * ones do not keep the sink from being found open.
 */
static uint32_t take_passing(struct sink *sink, enum gate_pass pass, struct slot **slots)
{
    struct schedule *schedule = &sink->schedule;
    const struct gate *gate = &sink->gate;
    struct schedule_wish wish = {.only = 0}, else_wish = {.only = 0};
    if (pass == PASS_OTHER) {
        wish = (struct schedule_wish){.without = gate->suspect, .fresh = true, .single = true};
        else_wish = (struct schedule_wish){.without = gate->suspect, .single = true};
    } else if (pass == PASS_PROBE) {
        wish = (struct schedule_wish){.only = gate->suspect, .after = gate->tried};
    }
    uint32_t count = schedule_take(schedule, &wish, slots);
    return count > 0 || pass == PASS_BATCHES ? count : schedule_take(schedule, &else_wish, slots);
}

/*
 * Whether a fuller batch is waited for. Not before a probe; nor when something that may go went out
 * before, as a suspect has: it has been gathered once.
 */
static bool is_gathering(const struct sink *sink, enum gate_pass pass)
{
    uint32_t ready = 0;
    if (sink->tuning.digest_ms == 0 || pass != PASS_BATCHES)
        return false;
    for (const struct slot *slot = sink->schedule.first; slot; slot = slot->after) {
        if (slot->state != SLOT_READY || slot->put_aside || slot->event.blocked)
            continue;
        if (slot->batch != 0 || slot->event.attempts > 0 || slot->event.alone)
            return false;
        ready++;
    }
    return ready > 0 && ready < sink->schedule.batch_events_max;
}

/*
 * With `order = journal` nothing goes before the first, which may have its next attempt to wait for.
 * Its time becomes a pause, once, so that an operator can end that.
 */
static void pause_for_first(struct sink *sink, int64_t now_ms)
{
    struct slot *first = sink->schedule.first;
    if (!sink->schedule.strictly || !first || first->state != SLOT_READY || first->unsaved ||
        first->event.due_unix_ms == 0)
        return;
    int64_t left_ms = first->event.due_unix_ms - clock_unix_ms();
    if (left_ms > 0) {
        sink->paused_until_mono_ms = now_ms + left_ms;
        sink->paused_until_unix_ms = first->event.due_unix_ms;
    }
    first->event.due_unix_ms = 0;
}

/* The civil clock may have been set when that was measured, or since: the shorter of both counts. */
static int64_t pause_ms(const struct sink *sink, int64_t now_ms)
{
    int64_t by_mono_ms = sink->paused_until_mono_ms - now_ms;
    int64_t by_unix_ms = sink->paused_until_unix_ms - clock_unix_ms();
    return by_mono_ms < by_unix_ms ? by_mono_ms : by_unix_ms;
}

/* How long until more may go: 0 for now. */
static int64_t wait_ms(struct sink *sink, enum gate_pass pass, int64_t now_ms)
{
    int64_t wait = bucket_wait_ms(&sink->bucket, now_ms);
    pause_for_first(sink, now_ms);
    int64_t pause = pause_ms(sink, now_ms);
    if (pause > wait)
        wait = pause;
    if (!is_gathering(sink, pass)) {
        sink->gathering_since_mono_ms = 0;
        return wait;
    }
    if (sink->gathering_since_mono_ms == 0)
        sink->gathering_since_mono_ms = now_ms;
    int64_t gathered_ms = sink->gathering_since_mono_ms + sink->tuning.digest_ms - now_ms;
    return gathered_ms > wait ? gathered_ms : wait;
}

static void wake_in(struct sink *sink, int64_t delay_ms, int64_t *least_ms)
{
    if (*least_ms >= 0 && delay_ms >= *least_ms)
        return;
    *least_ms = delay_ms;
    timer_start(sink->wake_timer, delay_ms > WAKE_MS_MAX ? WAKE_MS_MAX : delay_ms);
}

/* Sends what may go; returns how long to wait before more may, or -1 when something else decides. */
static int64_t send_batches(struct sink *sink)
{
    struct slot *slots[BATCH_EVENTS_MAX];
    if (sink->schedule.in_flight == 0 &&
        clock_mono_ms() - sink->progress_mono_ms >= FAR_SIDE_KNOWN_MS)
        gate_begin(&sink->gate);
    for (;;) {
        int64_t now_ms = clock_mono_ms();
        enum gate_pass pass = gate_pass(&sink->gate, now_ms);
        if (pass == PASS_NOTHING)
            return sink->gate.state == GATE_HELD && !sink->gate.by_hand
                       ? sink->gate.until_ms - now_ms
                       : -1;
        int64_t wait = wait_ms(sink, pass, now_ms);
        if (wait > 0)
            return wait;
        uint32_t count = take_passing(sink, pass, slots);
        if (count == 0) {
            if (sink->schedule.settling == 0) /* else those behind what expired were gathered too */
                sink->gathering_since_mono_ms = 0;
            if (pass != PASS_OTHER || sink->schedule.in_flight + sink->schedule.settling > 0 ||
                !sink_window_is_whole(sink))
                return -1;
            sink_hold_without_other(sink);
            continue;
        }
        if (pass == PASS_PROBE && sink_renew_once(sink)) {
            sink_put_back(sink, slots, count); /* it goes with the new secrets */
            return -1;
        }
        uint32_t batch = slots[0]->batch;
        if (sink->tuning.expire_ms > 0)
            count = drop_expired(sink, slots, count);
        if (count == 0) {
            schedule_batch_done(&sink->schedule);
            continue;
        }
        bucket_take(&sink->bucket, now_ms);
        gate_sent(&sink->gate, batch);
        if (sink->schedule.in_flight == count)
            watch_progress(sink);
        sink->gathering_since_mono_ms = 0;
        put_batch(sink, slots, count);
    }
}

bool sink_pump(struct sink *sink)
{
    if (sink->renewing) {
        sink_renew_step(sink);
        return false;
    }
    if (sink->state != SINK_OPEN || sink->suspended || sink_notice_blocks(sink) ||
        host_process_is_ending(&sink->host))
        return false; /* what a dying host is given would be blamed for its death */
    int64_t least_ms = -1;
    size_t outcomes = sink->outcome_count;
    sink_bring_due(sink);
    bool more = sink_fill_window(sink);
    int64_t wait = send_batches(sink);
    if (sink->renewing)
        sink_renew_step(sink);
    if (wait >= 0)
        wake_in(sink, wait, &least_ms);
    if (sink->next_due_unix_ms > 0 && schedule_room(&sink->schedule) > 0) {
        int64_t due_ms = sink->next_due_unix_ms - clock_unix_ms();
        wake_in(sink, due_ms > 0 ? due_ms : 0, &least_ms);
    }
    host_process_send(&sink->host);
    if (schedule_crowded(&sink->schedule) && sink->unsaved == 0) {
        sink_put_blocked_aside(sink);
        more = more || sink->unsaved > 0;
    }
    return more || sink->outcome_count > outcomes;
}
