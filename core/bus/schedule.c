/*
 * See schedule.h. Lists are walked from the front: the window is at most SINK_WINDOW_EVENTS long.
 */
#include "core/bus/schedule.h"

#include <assert.h>
#include <stdlib.h>

#include "core/base/memory.h"

void schedule_init(struct schedule *schedule)
{
    *schedule = (struct schedule){.batches_max = 1, .batch_events_max = 1, .by_affiliate = true};
}

void schedule_finish(struct schedule *schedule)
{
    if (!schedule)
        return;
    while (schedule->first)
        schedule_remove(schedule, schedule->first);
}

uint32_t schedule_room(const struct schedule *schedule)
{
    return SINK_WINDOW_EVENTS - schedule->count;
}

void schedule_add(struct schedule *schedule, const struct journal_event *event)
{
    assert(schedule->count < SINK_WINDOW_EVENTS);
    struct slot *slot = memory_new(1, sizeof *slot);
    slot->event = *event;
    struct slot *before = schedule->last;
    while (before && before->event.seq > event->seq)
        before = before->before;
    assert(!before || before->event.seq != event->seq);
    slot->before = before;
    slot->after = before ? before->after : schedule->first;
    *(before ? &before->after : &schedule->first) = slot;
    *(slot->after ? &slot->after->before : &schedule->last) = slot;
    schedule->count++;
    schedule->alone += event->alone;
}

struct slot *schedule_find(const struct schedule *schedule, int64_t seq)
{
    struct slot *slot = schedule->first;
    while (slot && slot->event.seq < seq)
        slot = slot->after;
    return slot && slot->event.seq == seq ? slot : NULL;
}

/* The affiliates that a later event has to stay behind, gathered on a walk from the front. */
struct held_affiliates {
    int64_t numbers[SINK_WINDOW_EVENTS];
    uint32_t count;
};

static bool is_held(const struct held_affiliates *held, int64_t affiliate)
{
    for (uint32_t i = 0; i < held->count; i++) {
        if (held->numbers[i] == affiliate)
            return true;
    }
    return false;
}

static void hold_affiliate(struct held_affiliates *held, int64_t affiliate)
{
    if (!is_held(held, affiliate))
        held->numbers[held->count++] = affiliate;
}

static void launch(struct schedule *schedule, struct slot *slot)
{
    slot->state = SLOT_IN_FLIGHT;
    slot->batch = schedule->last_batch;
    schedule->in_flight++;
}

static bool is_wished(const struct slot *slot, const struct schedule_wish *wish)
{
    int64_t seq = slot->event.seq;
    if (wish->only)
        return seq == wish->only;
    return seq != wish->without && seq > wish->after && !(wish->fresh && slot->batch != 0);
}

/*
 * Of what goes alone, the oldest that is wished for, once nothing else is in flight. *has_any: one
 * could go or is under way, so nothing else goes. One that is behind an earlier event of its
 * affiliate keeps nobody waiting, for that may take hours; nor does one that another is to be
 * compared with.
 */
static uint32_t take_alone(struct schedule *schedule, const struct schedule_wish *wish,
                           struct slot **slots, bool *has_any)
{
    struct held_affiliates held = {.count = 0};
    *has_any = false;
    for (struct slot *slot = schedule->first; slot; slot = slot->after) {
        bool behind = schedule->by_affiliate &&
                      (slot->event.blocked || is_held(&held, slot->event.affiliate));
        bool ready = slot->state == SLOT_READY && !slot->put_aside && !behind;
        if (slot->event.alone && slot->event.seq != wish->without &&
            (ready || slot->state == SLOT_IN_FLIGHT || slot->put_aside))
            *has_any = true;
        if (slot->event.alone && ready && is_wished(slot, wish)) {
            slots[0] = slot;
            return schedule->in_flight == 0;
        }
        if (schedule->by_affiliate)
            hold_affiliate(&held, slot->event.affiliate);
    }
    return 0;
}

static uint32_t take_in_order(struct schedule *schedule, const struct schedule_wish *wish,
                              struct slot **slots)
{
    struct held_affiliates held = {.count = 0};
    uint32_t taken = 0;
    uint32_t most = wish->single || wish->only ? 1 : schedule->batch_events_max;
    size_t bytes = 0;
    /* Strictly in order, what an event is behind is in the window, and goes before it anyway. */
    bool keeps_apart = schedule->by_affiliate && !schedule->strictly;
    schedule->blocked = 0;
    for (struct slot *slot = schedule->first; slot && taken < most; slot = slot->after) {
        if (slot->state != SLOT_READY || slot->put_aside || !is_wished(slot, wish)) {
            if (keeps_apart)
                hold_affiliate(&held, slot->event.affiliate);
            continue;
        }
        if (keeps_apart && (slot->event.blocked || is_held(&held, slot->event.affiliate))) {
            hold_affiliate(&held, slot->event.affiliate);
            schedule->blocked++;
            continue;
        }
        bool by_itself = slot->singly || slot->event.alone;
        bytes += slot->event.canonical_bytes;
        bool has_its_time = schedule->strictly && slot->event.due_unix_ms != 0;
        if (taken > 0 && (by_itself || has_its_time || bytes > BATCH_BYTES_MAX))
            break;
        slots[taken++] = slot;
        if (by_itself)
            break;
    }
    return taken;
}

uint32_t schedule_take(struct schedule *schedule, const struct schedule_wish *wish,
                       struct slot **slots)
{
    static const struct schedule_wish any = {.only = 0};
    if (schedule->strictly)
        wish = &any;
    if (schedule->batches >= schedule->batches_max)
        return 0;
    if (schedule->batches_max == 1 && schedule->settling > 0)
        return 0; /* the next batch waits until the last one's outcome is committed */
    bool suspects_first = schedule->alone > 0 && !schedule->strictly;
    uint32_t taken = suspects_first ? take_alone(schedule, wish, slots, &suspects_first) : 0;
    if (taken == 0 && !suspects_first)
        taken = take_in_order(schedule, wish, slots);
    if (taken == 0)
        return 0;
    schedule->last_batch++;
    schedule->batches++;
    for (uint32_t i = 0; i < taken; i++)
        launch(schedule, slots[i]);
    return taken;
}

bool schedule_has_other(const struct schedule *schedule, const struct slot *slot)
{
    if (schedule->strictly)
        return false;
    for (const struct slot *other = schedule->first; other; other = other->after) {
        bool behind = schedule->by_affiliate && other->event.affiliate == slot->event.affiliate;
        bool ready = other->state == SLOT_READY && !other->put_aside && !other->event.blocked;
        if (other != slot && !behind && (ready || other->state == SLOT_IN_FLIGHT))
            return true;
    }
    return false;
}

uint32_t schedule_batch(const struct schedule *schedule, uint32_t batch, struct slot **slots)
{
    uint32_t count = 0;
    for (struct slot *slot = schedule->first; slot; slot = slot->after) {
        if (slot->state == SLOT_IN_FLIGHT && slot->batch == batch)
            slots[count++] = slot;
    }
    return count;
}

void schedule_batch_done(struct schedule *schedule)
{
    assert(schedule->batches > 0);
    schedule->batches--;
}

void schedule_settling(struct schedule *schedule, struct slot *slot)
{
    assert(slot->state != SLOT_SETTLING);
    schedule->in_flight -= slot->state == SLOT_IN_FLIGHT;
    slot->state = SLOT_SETTLING;
    schedule->settling++;
}

void schedule_put_back(struct schedule *schedule, struct slot *slot)
{
    assert(slot->state == SLOT_IN_FLIGHT);
    slot->state = SLOT_READY;
    schedule->in_flight--;
}

void schedule_isolate(struct schedule *schedule, struct slot *slot)
{
    schedule->alone += !slot->event.alone;
    slot->event.alone = true;
}

void schedule_remove(struct schedule *schedule, struct slot *slot)
{
    *(slot->before ? &slot->before->after : &schedule->first) = slot->after;
    *(slot->after ? &slot->after->before : &schedule->last) = slot->before;
    schedule->count--;
    schedule->in_flight -= slot->state == SLOT_IN_FLIGHT;
    schedule->settling -= slot->state == SLOT_SETTLING;
    schedule->alone -= slot->event.alone;
    journal_event_finish(&slot->event);
    free(slot);
}

bool schedule_crowded(const struct schedule *schedule)
{
    return schedule->blocked > SINK_WINDOW_EVENTS / 2;
}

bool schedule_is_behind(const struct schedule *schedule, const struct slot *slot)
{
    for (const struct slot *earlier = schedule->first; earlier != slot; earlier = earlier->after) {
        if (earlier->event.affiliate == slot->event.affiliate)
            return true;
    }
    return false;
}

void schedule_block(struct schedule *schedule, int64_t affiliate, int64_t seq)
{
    for (struct slot *slot = schedule->first; slot && schedule->by_affiliate; slot = slot->after) {
        if (slot->event.affiliate == affiliate && slot->event.seq > seq)
            slot->event.blocked = true;
    }
}

void schedule_unblock(struct schedule *schedule, int64_t affiliate, int64_t until_seq)
{
    for (struct slot *slot = schedule->first; slot; slot = slot->after) {
        if (slot->event.affiliate == affiliate && slot->event.seq <= until_seq)
            slot->event.blocked = false;
    }
}

int64_t schedule_cursor(const struct schedule *schedule, int64_t scanned)
{
    const struct slot *slot = schedule->first;
    while (slot && (slot->event.waiting || slot->unsaved || slot->state == SLOT_SETTLING))
        slot = slot->after;
    return slot ? slot->event.seq - 1 : scanned;
}
