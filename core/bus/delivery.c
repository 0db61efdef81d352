/*
 * Events from the journal into a sink's window, and from there to its host: as the gate, the rate,
 * the digest and the order let them. What comes back is outcomes.c's. See sink.h and schedule.h.
 */
#include <assert.h>
#include <event2/event.h>
#include <stdlib.h>

#include "affnotify/sink.h"
#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/log.h"
#include "core/base/memory.h"
#include "core/bus/sink.h"
#include "core/bus/timer.h"
#include "core/event/event.h"
#include "core/wire/message.h"

#define READ_EVENTS_MAX 256   /* from the journal at a time */
#define READS_A_TURN    4     /* then the other sinks have their turn */
#define WAKE_MS_MAX     60000 /* the civil clock may be set meanwhile */

/* ---- From the journal ---- */

static void complain(const struct sink *sink, const struct error *error)
{
    log_error("journal", {"sink", .text = sink->config->name}, {"error", .text = error->text});
}

/* Takes an event from the journal into the window, unless it is there or there is no room. */
static void take_in(struct sink *sink, struct journal_event *event)
{
    struct schedule *schedule = &sink->schedule;
    if (schedule_room(schedule) == 0 || schedule_find(schedule, event->seq)) {
        journal_event_finish(event);
        return;
    }
    if (!schedule->strictly)
        event->due_unix_ms = 0;
    schedule_add(schedule, event);
}

/* Whether it is to be left in the journal until its next attempt is due. */
static bool is_left(const struct sink *sink, const struct journal_event *event)
{
    return !sink->schedule.strictly && event->due_unix_ms > clock_unix_ms();
}

/*
 * Of one affiliate, oldest first, as many as were asked for or all that wait. Returns the seq up to
 * which nothing is left in the journal: until there, its events in the window may go.
 */
static int64_t take_in_waiting(struct sink *sink, struct journal_event *events, int count, int max)
{
    int64_t free_seq = count < max ? INT64_MAX : count > 0 ? events[count - 1].seq : 0;
    bool held_up = false;
    for (int i = 0; i < count; i++) {
        bool known = schedule_find(&sink->schedule, events[i].seq) != NULL;
        bool left = !known && is_left(sink, &events[i]);
        if (left && sink->schedule.by_affiliate && !held_up) {
            held_up = true;
            free_seq = events[i].seq - 1;
        }
        if (held_up || left)
            journal_event_finish(&events[i]);
        else
            take_in(sink, &events[i]);
    }
    return free_seq;
}

void sink_bring_waiting(struct sink *sink, int64_t affiliate)
{
    struct journal_event events[READ_EVENTS_MAX];
    struct schedule *schedule = &sink->schedule;
    int room = (int)schedule_room(schedule);
    int max = room < READ_EVENTS_MAX ? room : READ_EVENTS_MAX;
    if (schedule->by_affiliate && (uint32_t)max > schedule->batch_events_max)
        max = (int)schedule->batch_events_max; /* more could not go out together anyway */
    struct error error;
    int count = journal_waiting_of(sink->context->journal, sink->record.number, affiliate,
                                   INT64_MAX, events, max, &error);
    if (count < 0) {
        complain(sink, &error);
        sink->heads_read = false; /* they are found again from the front */
        sink->heads_after = 0;
        return;
    }
    schedule_unblock(schedule, affiliate, take_in_waiting(sink, events, count, max));
}

/* Attempts that are due now. With `order = journal` all come in order, see read_in_order. */
static void bring_due(struct sink *sink)
{
    if (sink->schedule.strictly)
        sink->next_due_unix_ms = 0;
    struct journal_event events[READ_EVENTS_MAX];
    struct journal *journal = sink->context->journal;
    int64_t now_unix_ms = clock_unix_ms();
    struct error error;
    while (sink->next_due_unix_ms > 0 && sink->next_due_unix_ms <= now_unix_ms) {
        int room = (int)schedule_room(&sink->schedule);
        int max = room < READ_EVENTS_MAX ? room : READ_EVENTS_MAX;
        if (max == 0)
            return; /* again when there is room */
        int count = journal_waiting_due(journal, sink->record.number, sink->due_after_unix_ms,
                                        sink->due_after_seq, now_unix_ms, events, max, &error);
        for (int i = 0; i < count; i++) {
            sink->due_after_unix_ms = events[i].due_unix_ms;
            sink->due_after_seq = events[i].seq;
            take_in(sink, &events[i]);
        }
        if (count == max)
            continue;
        if (count < 0 || journal_next_due(journal, sink->record.number, now_unix_ms,
                                          &sink->next_due_unix_ms, &error) < 0) {
            complain(sink, &error);
            sink->next_due_unix_ms = now_unix_ms + 1000;
        }
    }
}

/*
 * What a host's death put aside goes alone, before all others; but for what is behind an earlier one
 * of its affiliate, which may be when there was no order then and is now: it comes after that one.
 */
static void read_alone(struct sink *sink)
{
    struct error error;
    struct journal_event *alone = memory_new(SINK_WINDOW_EVENTS, sizeof *alone);
    int count = journal_waiting_alone(sink->context->journal, sink->record.number, alone,
                                      SINK_WINDOW_EVENTS, &error);
    for (int i = 0; i < count; i++) {
        if (alone[i].blocked && sink->schedule.by_affiliate)
            journal_event_finish(&alone[i]);
        else
            take_in(sink, &alone[i]);
    }
    free(alone);
    if (count < 0)
        complain(sink, &error);
}

/* The next of those that wait, each with those before it in the window: order is the journal's. */
static int read_in_order(struct sink *sink, struct journal_event *events, int max,
                         int64_t *looked_at, struct error *error)
{
    int count = journal_waiting_after(sink->context->journal, sink->record.number,
                                      sink->heads_after, events, max, error);
    if (count == max)
        *looked_at = events[count - 1].seq;
    else if (count >= 0)
        *looked_at = INT64_MAX;
    return count;
}

/*
 * What went aside before the bus was started, or was put back for a replay: suspects first, then
 * the oldest of each affiliate; without such an order all that is due.
 */
static int read_heads(struct sink *sink, struct journal_event *events, int max)
{
    struct error error;
    if (sink->heads_after == 0 && !sink->schedule.strictly)
        read_alone(sink);
    int room = (int)schedule_room(&sink->schedule);
    if (room == 0)
        return 0;
    if (room < max)
        max = room;
    int64_t looked_at = sink->heads_after;
    bool by_affiliate = sink->schedule.by_affiliate && !sink->schedule.strictly;
    int count = !by_affiliate ? read_in_order(sink, events, max, &looked_at, &error)
                              : journal_waiting_heads(sink->context->journal, sink->record.number,
                                                      sink->heads_after, clock_unix_ms(), events,
                                                      max, &looked_at, &error);
    if (count < 0) {
        complain(sink, &error);
        return -1;
    }
    for (int i = 0; i < count; i++) {
        if (is_left(sink, &events[i]))
            journal_event_finish(&events[i]);
        else
            take_in(sink, &events[i]);
    }
    sink->heads_after = looked_at;
    sink->heads_read = looked_at == INT64_MAX;
    return count;
}

static int read_new(struct sink *sink, struct journal_event *events, int max)
{
    struct error error;
    int64_t before = sink->scanned;
    int count = journal_scan(sink->context->journal, sink->record.number, sink->scanned, events,
                             max, &sink->scanned, &error);
    if (count < 0) {
        complain(sink, &error);
        return -1;
    }
    for (int i = 0; i < count; i++) {
        if (sink->tuning.event_mask & 1u << events[i].type)
            schedule_add(&sink->schedule, &events[i]);
        else
            journal_event_finish(&events[i]);
    }
    return sink->scanned > before;
}

/* True when the journal has more that would fit. */
static bool fill_window(struct sink *sink)
{
    struct journal_event events[READ_EVENTS_MAX];
    for (int i = 0; i < READS_A_TURN; i++) {
        if (schedule_room(&sink->schedule) < READ_EVENTS_MAX)
            return false;
        bool heads = !sink->heads_read;
        if (!heads && sink->scanned >= journal_last_seq(sink->context->journal))
            return false;
        int read = heads ? read_heads(sink, events, READ_EVENTS_MAX)
                         : read_new(sink, events, READ_EVENTS_MAX);
        if (read < 0)
            return false;
    }
    return true;
}

/* Events stuck behind their affiliates wait in the journal, so that others get their place. */
static void put_blocked_aside(struct sink *sink)
{
    for (struct slot *slot = sink->schedule.first; slot; slot = slot->after) {
        if (slot->state != SLOT_READY || slot->event.alone)
            continue;
        if (slot->event.blocked || schedule_is_behind(&sink->schedule, slot)) {
            slot->put_aside = true;
            sink_save_slot(sink, slot);
        }
    }
    sink->schedule.blocked = 0;
}

/* ---- To the host ---- */

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
            if (pass != PASS_OTHER || sink->schedule.in_flight + sink->schedule.settling > 0)
                return -1;
            sink_hold_without_other(sink);
            continue;
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
    if (sink->state != SINK_OPEN || sink->suspended || sink_notice_blocks(sink) ||
        host_process_is_ending(&sink->host))
        return false; /* what a dying host is given would be blamed for its death */
    int64_t least_ms = -1;
    size_t outcomes = sink->outcome_count;
    bring_due(sink);
    bool more = fill_window(sink);
    int64_t wait = send_batches(sink);
    if (wait >= 0)
        wake_in(sink, wait, &least_ms);
    if (sink->next_due_unix_ms > 0 && schedule_room(&sink->schedule) > 0) {
        int64_t due_ms = sink->next_due_unix_ms - clock_unix_ms();
        wake_in(sink, due_ms > 0 ? due_ms : 0, &least_ms);
    }
    host_process_send(&sink->host);
    if (schedule_crowded(&sink->schedule) && sink->unsaved == 0) {
        put_blocked_aside(sink);
        more = more || sink->unsaved > 0;
    }
    return more || sink->outcome_count > outcomes;
}

void sink_forget_window(struct sink *sink)
{
    sink_clear_outcomes(sink);
    schedule_finish(&sink->schedule);
    sink->unsaved = 0;
}
