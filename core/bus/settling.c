/*
 * A sink's part of the transaction: outcomes and waiting rows are written, and what was written
 * leaves the window. Called by turn.c, once a turn of the loop. See sink.h.
 */
#include <assert.h>
#include <stdlib.h>

#include "affnotify/sink.h"
#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/log.h"
#include "core/bus/sink.h"

/* ---- Writing ---- */

bool sink_has_writes(const struct sink *sink)
{
    return sink->outcome_count > 0 || sink->unsaved > 0;
}

/* One that is settled, or an attempt that failed and is made again. */
static int write_outcome(struct sink *sink, const struct outcome *outcome, int64_t now_unix_ms,
                         struct error *error)
{
    struct journal *journal = sink->context->journal;
    const struct journal_event *event = &outcome->slot->event;
    struct settlement settlement = {
        .as = outcome->as,
        .verdict = outcome->verdict,
        .code = outcome->code,
        .attempts = outcome->attempts,
        .duration_ms = outcome->duration_ms,
        .at_unix_ms = now_unix_ms,
        .what = outcome->what ? outcome->what : "",
        .remedy = outcome->remedy ? outcome->remedy : "",
    };
    return outcome->as ? journal_settle(journal, sink->record.number, event, &settlement, error)
                       : journal_attempt(journal, sink->record.number, event, &settlement, error);
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
        if (write_outcome(sink, &sink->outcomes[i], now_unix_ms, error) < 0)
            return -1;
    }
    if (sink->unsaved > 0 && write_waiting(sink, error) < 0)
        return -1;
    return journal_set_cursor(sink->context->journal, sink->record.number,
                              schedule_cursor(&sink->schedule, sink->scanned), error);
}

/* ---- After the commit ---- */

static void log_dead_letter(const struct sink *sink, const struct outcome *outcome)
{
    log_warning("dead letter", {"sink", .text = sink->config->name},
                {"event", .text = outcome->slot->event.id},
                {"reason", .text = outcome->what ? outcome->what : "not delivered"},
                {"remedy", .text = outcome->remedy ? outcome->remedy : "none known"});
}

/* What waits for its next attempt is found again when that is due; its affiliate waits with it. */
static void leave_for_later(struct sink *sink, struct slot *slot)
{
    int64_t due_unix_ms = slot->event.due_unix_ms;
    int64_t affiliate = slot->event.affiliate;
    int64_t seq = slot->event.seq;
    schedule_remove(&sink->schedule, slot);
    if (due_unix_ms == 0)
        return;
    schedule_block(&sink->schedule, affiliate, seq);
    if (due_unix_ms <= sink->due_after_unix_ms) {
        /* The civil clock was set back: what is due is looked for from the front again. */
        sink->due_after_unix_ms = 0;
        sink->due_after_seq = 0;
    }
    if (sink->next_due_unix_ms == 0 || due_unix_ms < sink->next_due_unix_ms)
        sink->next_due_unix_ms = due_unix_ms;
}

static void saved(struct sink *sink)
{
    struct slot *after;
    for (struct slot *slot = sink->schedule.first; slot && sink->unsaved > 0; slot = after) {
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
            leave_for_later(sink, slot);
    }
}

static void settled(struct sink *sink, const struct outcome *outcome)
{
    struct slot *slot = outcome->slot;
    int64_t affiliate = slot->event.affiliate;
    bool waited = slot->event.waiting;
    if (outcome->as == SETTLED_DEAD)
        log_dead_letter(sink, outcome);
    sink->waiting -= waited;
    schedule_remove(&sink->schedule, slot);
    if (sink->waiting > 0 && !sink->schedule.strictly) /* there they come by seq, and all of them */
        sink_bring_waiting(sink, affiliate);
    else if (waited)
        schedule_unblock(&sink->schedule, affiliate, INT64_MAX);
}

/* Whether the last error that the journal keeps is old news, and whether all is error. */
static void count_since_error(struct sink *sink, const struct outcome *outcome)
{
    bool failed = outcome->as == 0 || outcome->as == SETTLED_DEAD;
    if (outcome->verdict)
        failing_hear(&sink->failing, outcome->verdict, clock_mono_ms());
    if (failed)
        sink->delivered_since = 0;
    else
        sink->delivered_since += outcome->as == SETTLED_DELIVERED;
}

static void count(struct sink *sink, const struct outcome *outcome)
{
    const struct journal_event *event = &outcome->slot->event;
    if (outcome->as == 0)
        return;
    assert(outcome->as < SETTLED_WAYS);
    sink->metrics.settled[outcome->as][outcome->verdict]++;
    if (outcome->as == SETTLED_DELIVERED && !event->replay)
        histogram_observe(&sink->metrics.latency, HISTOGRAM_LATENCY,
                          (clock_unix_ms() - event->received_unix_ms) * 1000);
}

void sink_committed(struct sink *sink)
{
    saved(sink);
    for (size_t i = 0; i < sink->outcome_count; i++) {
        count_since_error(sink, &sink->outcomes[i]);
        count(sink, &sink->outcomes[i]);
    }
    for (size_t i = 0; i < sink->outcome_count; i++) {
        if (sink->outcomes[i].as)
            settled(sink, &sink->outcomes[i]);
    }
    if (sink->outcome_count > 0)
        sink->failures = 0;
    sink_clear_outcomes(sink);
}

void sink_clear_outcomes(struct sink *sink)
{
    for (size_t i = 0; i < sink->outcome_count; i++) {
        free(sink->outcomes[i].what);
        free(sink->outcomes[i].remedy);
    }
    sink->outcome_count = 0;
}
