/* Events between journal, window and host, turn by turn. See sink.h and schedule.h. */
#include <assert.h>
#include <event2/event.h>
#include <stdlib.h>

#include "affnotify/sink.h"
#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/log.h"
#include "core/base/memory.h"
#include "core/bus/sink.h"
#include "core/wire/message.h"

#define READ_EVENTS_MAX 256 /* from the journal at a time */
#define READS_A_TURN    4   /* then the other sinks have their turn */

/* ---- Outcomes ---- */

static void add_outcome(struct sink *sink, const struct outcome *outcome)
{
    if (sink->outcome_count == sink->outcome_capacity) {
        sink->outcome_capacity = sink->outcome_capacity ? 2 * sink->outcome_capacity : 64;
        sink->outcomes =
            memory_resize(sink->outcomes, sink->outcome_capacity, sizeof *sink->outcomes);
    }
    sink->outcomes[sink->outcome_count++] = *outcome;
    schedule_settling(&sink->schedule, outcome->slot);
}

static void clear_outcomes(struct sink *sink)
{
    for (size_t i = 0; i < sink->outcome_count; i++) {
        free(sink->outcomes[i].what);
        free(sink->outcomes[i].remedy);
    }
    sink->outcome_count = 0;
}

static char *text_or_null(const char *text)
{
    return text[0] ? memory_text(text) : NULL;
}

/* The verdict of the event at `index`: its own, else the batch's. items is ascending. */
static void add_event_outcome(struct sink *sink, const struct message_outcome *message,
                              struct slot *slot, const struct message_item *item)
{
    bool delivered = (item ? item->verdict : message->verdict) == AFFN_DELIVERED;
    add_outcome(sink, &(struct outcome){
                          .slot = slot,
                          .verdict = item ? item->verdict : message->verdict,
                          .code = item ? item->code : message->code,
                          .duration_ms = message->duration_ms,
                          .what = text_or_null(item ? item->what : message->what),
                          .remedy = delivered ? NULL : text_or_null(message->remedy),
                      });
}

int sink_take_outcome(struct sink *sink, struct frame *frame, struct error *error)
{
    struct message_outcome message;
    if (message_get_outcome(frame, &message) < 0)
        return -1;
    struct slot *slots[BATCH_EVENTS_MAX];
    uint32_t count = schedule_batch(&sink->schedule, message.batch, slots);
    if (count == 0 || message.taken == 0 || message.taken > count) {
        free(message.items);
        return error_set(error, "sent an outcome for %u events of batch %u, which has %u",
                         message.taken, message.batch, count);
    }
    uint32_t item = 0;
    for (uint32_t i = 0; i < message.taken; i++) {
        bool has_own = item < message.item_count && message.items[item].index == i;
        add_event_outcome(sink, &message, slots[i], has_own ? &message.items[item] : NULL);
        item += has_own;
    }
    for (uint32_t i = message.taken; i < count; i++)
        schedule_put_back(&sink->schedule, slots[i]);
    schedule_batch_done(&sink->schedule);
    sink->progress_mono_ms = clock_mono_ms();
    free(message.items);
    return 0;
}

/* ---- A host's death ---- */

/* Its row in the journal says that it goes alone, and how often it has killed a host. */
static void save_slot(struct sink *sink, struct slot *slot)
{
    sink->unsaved += !slot->unsaved;
    slot->unsaved = true;
}

static void add_death_letter(struct sink *sink, struct slot *slot, const char *reason)
{
    add_outcome(sink, &(struct outcome){
                          .slot = slot,
                          .what = memory_format("the plugin's process died %d times with this "
                                                "event alone in flight: it %s",
                                                DEATHS_MAX, reason),
                          .remedy = memory_text("report it to who wrote the plugin"),
                      });
}

static void add_overrun(struct sink *sink, struct slot *slot, const char *reason)
{
    add_outcome(sink, &(struct outcome){
                          .slot = slot,
                          .verdict = AFFN_RETRY,
                          .duration_ms = sink->tuning.timeout_ms,
                          .what = memory_format("the plugin %s", reason),
                          .remedy = memory_text("raise `timeout`, or see why the far side is slow"),
                      });
}

/*
 * A death with one event in flight is that event's; with several, nobody knows whose. So they go
 * out alone from now on, until the guilty one is found.
 */
void sink_lost_host(struct sink *sink, const char *reason)
{
    struct schedule *schedule = &sink->schedule;
    bool was_alone = schedule->in_flight == 1;
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
        save_slot(sink, slot);
    }
    schedule->batches = 0;
    sink->overrun = false;
}

/* ---- The transaction ---- */

bool sink_has_writes(const struct sink *sink)
{
    return sink->outcome_count > 0 || sink->unsaved > 0;
}

static int settle(struct sink *sink, const struct outcome *outcome, int64_t now_unix_ms,
                  struct error *error)
{
    const struct journal_event *event = &outcome->slot->event;
    struct settlement settlement = {
        .as = outcome->verdict == AFFN_DELIVERED ? SETTLED_DELIVERED : SETTLED_DEAD,
        .verdict = outcome->verdict,
        .code = outcome->code,
        .attempts = event->attempts + (outcome->verdict ? 1 : event->deaths),
        .duration_ms = outcome->duration_ms,
        .at_unix_ms = now_unix_ms,
        .what = outcome->what ? outcome->what : "",
        .remedy = outcome->remedy ? outcome->remedy : "",
    };
    return journal_settle(sink->context->journal, sink->record.number, event, &settlement, error);
}

static int write_waiting(struct sink *sink, struct error *error)
{
    for (struct slot *slot = sink->schedule.first; slot; slot = slot->after) {
        if (slot->unsaved && slot->state != SLOT_SETTLING &&
            journal_wait(sink->context->journal, sink->record.number, &slot->event, error) < 0)
            return -1;
    }
    return 0;
}

int sink_write(struct sink *sink, int64_t now_unix_ms, struct error *error)
{
    for (size_t i = 0; i < sink->outcome_count; i++) {
        if (settle(sink, &sink->outcomes[i], now_unix_ms, error) < 0)
            return -1;
    }
    if (sink->unsaved > 0 && write_waiting(sink, error) < 0)
        return -1;
    return journal_set_cursor(sink->context->journal, sink->record.number,
                              schedule_cursor(&sink->schedule, sink->scanned), error);
}

static void log_dead_letter(const struct sink *sink, const struct outcome *outcome)
{
    log_warning("dead letter", {"sink", .text = sink->config->name},
                {"event", .text = outcome->slot->event.id},
                {"reason", .text = outcome->what ? outcome->what : "not delivered"},
                {"remedy", .text = outcome->remedy ? outcome->remedy : "none known"});
}

static void complain(const struct sink *sink, const struct error *error)
{
    log_error("journal", {"sink", .text = sink->config->name}, {"error", .text = error->text});
}

/* Takes an event from the journal into the window, unless it is there or there is no room. */
static void take_in(struct schedule *schedule, struct journal_event *event)
{
    if (schedule_room(schedule) > 0 && !schedule_find(schedule, event->seq))
        schedule_add(schedule, event);
    else
        journal_event_finish(event);
}

/* Events that waited behind one that has left the window. */
static void bring_waiting(struct sink *sink, int64_t affiliate)
{
    struct journal_event events[READ_EVENTS_MAX];
    struct schedule *schedule = &sink->schedule;
    int room = (int)schedule_room(schedule);
    int max = room < READ_EVENTS_MAX ? room : READ_EVENTS_MAX;
    if (schedule->by_affiliate && (uint32_t)max > schedule->batch_events_max)
        max = (int)schedule->batch_events_max; /* more could not go out together anyway */
    struct error error;
    int count = journal_waiting_of(sink->context->journal, sink->record.number, affiliate, events,
                                   max, &error);
    if (count < 0) {
        complain(sink, &error);
        sink->heads_read = false; /* they are found again from the front */
        sink->heads_after = 0;
        return;
    }
    for (int i = 0; i < count; i++)
        take_in(schedule, &events[i]);
    if (count < max)
        schedule_unblock(schedule, affiliate);
}

void sink_committed(struct sink *sink)
{
    struct schedule *schedule = &sink->schedule;
    struct slot *after;
    for (struct slot *slot = schedule->first; slot && sink->unsaved > 0; slot = after) {
        after = slot->after;
        if (!slot->unsaved)
            continue;
        slot->unsaved = false;
        sink->unsaved--;
        if (slot->state == SLOT_SETTLING)
            continue;
        sink->waiting += !slot->event.waiting;
        slot->event.waiting = true;
        if (slot->put_aside)
            schedule_remove(schedule, slot);
    }
    for (size_t i = 0; i < sink->outcome_count; i++) {
        struct outcome *outcome = &sink->outcomes[i];
        int64_t affiliate = outcome->slot->event.affiliate;
        bool waited = outcome->slot->event.waiting;
        if (outcome->verdict != AFFN_DELIVERED)
            log_dead_letter(sink, outcome);
        sink->waiting -= waited;
        schedule_remove(schedule, outcome->slot);
        if (sink->waiting > 0)
            bring_waiting(sink, affiliate);
        else if (waited)
            schedule_unblock(schedule, affiliate);
    }
    if (sink->outcome_count > 0)
        sink->failures = 0;
    clear_outcomes(sink);
}

/* ---- From the journal ---- */

/* What went aside before the bus was started: suspects first, then the oldest of each affiliate. */
static int read_heads(struct sink *sink, struct journal_event *events, int max)
{
    struct error error;
    struct journal *journal = sink->context->journal;
    int count;
    if (sink->heads_after == 0) {
        struct journal_event *alone = memory_new(SINK_WINDOW_EVENTS, sizeof *alone);
        count =
            journal_waiting_alone(journal, sink->record.number, alone, SINK_WINDOW_EVENTS, &error);
        for (int i = 0; i < count; i++)
            take_in(&sink->schedule, &alone[i]);
        free(alone);
        if (count < 0)
            complain(sink, &error);
    }
    int room = (int)schedule_room(&sink->schedule);
    if (room < max)
        max = room;
    count =
        journal_waiting_heads(journal, sink->record.number, sink->heads_after, events, max, &error);
    if (count < 0) {
        complain(sink, &error);
        return -1;
    }
    for (int i = 0; i < count; i++) {
        sink->heads_after = events[i].affiliate;
        take_in(&sink->schedule, &events[i]);
    }
    sink->heads_read = count < max;
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
            save_slot(sink, slot);
        }
    }
    sink->schedule.blocked = 0;
}

/* ---- To the host ---- */

static void put_batch(struct sink *sink, struct slot *const *slots, uint32_t count)
{
    struct message_event events[BATCH_EVENTS_MAX];
    for (uint32_t i = 0; i < count; i++) {
        const struct journal_event *event = &slots[i]->event;
        events[i] = (struct message_event){
            .id = event->id,
            .canonical = event->canonical,
            .canonical_bytes = event->canonical_bytes,
            .attempt = event->attempts + 1,
        };
    }
    struct message_deliver deliver = {
        .batch = slots[0]->batch, .event_count = count, .events = events};
    int result = message_put_deliver(host_process_out(&sink->host), &deliver);
    assert(result == 0); /* a window of the longest events fits, see limits.h */
    (void)result;
}

static void watch_progress(struct sink *sink)
{
    sink->progress_mono_ms = clock_mono_ms();
    if (!evtimer_pending(sink->overrun_timer, NULL))
        sink_start_timer(sink->overrun_timer, sink->tuning.timeout_ms + OVERRUN_GRACE_MS);
}

bool sink_pump(struct sink *sink)
{
    if (sink->state != SINK_OPEN || host_process_is_ending(&sink->host))
        return false; /* what a dying host is given would be blamed for its death */
    bool more = fill_window(sink);
    struct slot *slots[BATCH_EVENTS_MAX];
    uint32_t count;
    while ((count = schedule_take(&sink->schedule, slots)) > 0) {
        if (sink->schedule.in_flight == count)
            watch_progress(sink);
        put_batch(sink, slots, count);
    }
    host_process_send(&sink->host);
    if (schedule_crowded(&sink->schedule) && sink->unsaved == 0) {
        put_blocked_aside(sink);
        more = more || sink->unsaved > 0;
    }
    return more;
}

void sink_forget_window(struct sink *sink)
{
    clear_outcomes(sink);
    schedule_finish(&sink->schedule);
    sink->unsaved = 0;
}
