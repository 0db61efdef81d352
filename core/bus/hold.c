/*
 * Holds as operators see and make them: by hand, and in `status`. What makes and ends the other
 * holds is gate.c's. See sink.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "affnotify/sink.h"
#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/limits.h"
#include "core/base/log.h"
#include "core/bus/remedy.h"
#include "core/bus/sink.h"

int sink_set_held(struct sink *sink, bool held, struct error *error)
{
    struct journal *journal = sink->context->journal;
    bool is_held = !gate_is_open(&sink->gate) || sink->unusable;
    bool changes = held ? !sink->gate.by_hand : is_held;
    if (journal_begin(journal, error) < 0)
        return -1;
    if (journal_hold_sink(journal, sink->record.number, held, error) < 0 ||
        journal_commit(journal, error) < 0) {
        journal_rollback(journal);
        return -1;
    }
    if (sink->gate.by_hand && !held) {
        sink->held_what[0] = sink->held_remedy[0] = '\0'; /* of a hold before this one */
        sink->held_verdict = 0;
    }
    if (held)
        gate_hold(&sink->gate);
    else
        gate_resume(&sink->gate, clock_mono_ms());
    if (!held)
        changes = sink_look_again(sink) || changes;
    sink->paused_until_mono_ms = 0;
    if (changes)
        log_info(held ? "sink held by hand" : "sink resumed", {"sink", .text = sink->config->name});
    return changes;
}

void sink_hold_without_other(struct sink *sink)
{
    gate_no_other(&sink->gate, clock_mono_ms());
    sink_log_held(sink);
}

void sink_log_held(struct sink *sink)
{
    if (sink->held_told)
        return;
    sink->held_told = true;
    sink->held_since_mono_ms = clock_mono_ms();
    struct sink_view view;
    sink_view(sink, &view);
    char *remedy = remedy_of_sink(sink, &view);
    log_warning("sink held", {"sink", .text = sink->config->name},
                {"reason", .text = sink->held_what},
                {"remedy", .text = remedy[0] ? remedy : "none needed"},
                {"for_ms", .number = sink->gate.until_ms - clock_mono_ms()});
    free(remedy);
}

/*
 * A far side that is down for seconds is not worth a walk. What waits for its own time to be over
 * is looked at before that; what is held for our settings goes on being held.
 */
static bool needs_somebody(const struct sink *sink, const struct sink_view *view)
{
    bool is_over = view->until_unix_ms > 0 && view->until_unix_ms <= clock_unix_ms();
    int64_t held_ms = sink->held_told ? clock_mono_ms() - sink->held_since_mono_ms : 0;
    if (sink->state == SINK_STOPPED && !sink->unusable)
        return sink->config->enabled;
    if (sink->state != SINK_OPEN)
        return sink->failures >= FAILURES_OF_NOTE;
    return view->by_hand || view->failing_ms >= HOLD_OF_NOTE_MS ||
           (!is_over && (view->by_settings || held_ms >= HOLD_OF_NOTE_MS));
}

/* The moment on the civil clock of one on the monotonic. */
static int64_t unix_ms_of(int64_t mono_ms)
{
    return clock_unix_ms() + mono_ms - clock_mono_ms();
}

/* It has no host, or one that has not looked yet. */
static void view_unusable(const struct sink *sink, struct sink_view *view)
{
    view->state = "held";
    if (sink->gate.by_hand) {
        view->what = "held by hand";
        view->remedy = "";
        return;
    }
    view->by_settings = true;
    if (sink->state == SINK_STOPPED)
        view->until_unix_ms = unix_ms_of(sink->again_mono_ms);
}

void sink_view(const struct sink *sink, struct sink_view *view)
{
    const struct gate *gate = &sink->gate;
    *view = (struct sink_view){.state = sink_state_name(sink->state),
                               .what = sink->problem,
                               .remedy = sink->remedy,
                               .by_hand = gate->by_hand,
                               .failing_ms = -1};
    if (sink->state == SINK_OPEN && gate_is_open(gate))
        view->failing_ms = failing_ms(&sink->failing, clock_mono_ms());
    if (sink->next_due_unix_ms > 1)
        view->next_due_unix_ms = sink->next_due_unix_ms;
    if (sink->paused_until_mono_ms > clock_mono_ms())
        view->next_due_unix_ms = unix_ms_of(sink->paused_until_mono_ms);
    bool held = gate->state == GATE_HELD || gate->state == GATE_PROBING;
    if (sink->state == SINK_OPEN && held) {
        view->state = "held";
        view->what = gate->by_hand ? "held by hand" : sink->held_what;
        view->remedy = gate->by_hand ? "" : sink->held_remedy;
        view->by_settings = !gate->by_hand && sink->held_verdict == AFFN_MISSET;
        if (!gate->by_hand && gate->state == GATE_HELD)
            view->until_unix_ms = unix_ms_of(gate->until_ms);
    }
    if (sink->unusable)
        view_unusable(sink, view);
    view->needs_somebody = needs_somebody(sink, view);
}
