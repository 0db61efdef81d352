/*
 * A sink's window: events come into it from the journal, what waits there as well as what is new,
 * and what is stuck goes back. Sends nothing: that is delivery.c's. See sink.h and schedule.h.
 */
#include <stdlib.h>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/log.h"
#include "core/base/memory.h"
#include "core/bus/sink.h"

#define READ_EVENTS_MAX 256 /* from the journal at a time */
#define READS_A_TURN    4   /* then the other sinks have their turn */

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

/* With `order = journal` all come in order, see read_in_order. */
void sink_bring_due(struct sink *sink)
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

bool sink_window_is_whole(const struct sink *sink)
{
    return schedule_room(&sink->schedule) < READ_EVENTS_MAX ||
           (sink->heads_read && sink->scanned >= journal_last_seq(sink->context->journal));
}

bool sink_fill_window(struct sink *sink)
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

void sink_put_blocked_aside(struct sink *sink)
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

void sink_forget_window(struct sink *sink)
{
    sink_clear_outcomes(sink);
    schedule_finish(&sink->schedule);
    sink->unsaved = 0;
}
