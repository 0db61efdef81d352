/*
 * What the journal knows of a sink, as it is found at the start and after others have worked at it:
 * its cursor, what waits, its hold, the name that it had before. See sink.h.
 */
#include "core/base/log.h"
#include "core/bus/sink.h"

/* `was`: what the sink had under its former name is its own from now on. */
static int take_over(const struct sink *sink, struct error *error)
{
    const struct config *config = sink->context->config;
    const char *was = sink->tuning.was;
    if (!was[0] || config_sink(config, was))
        return 0;
    int renamed = journal_rename_sink(sink->context->journal, was, sink->config->name, error);
    if (renamed > 0)
        log_info("sink renamed", {"sink", .text = sink->config->name}, {"was", .text = was});
    return renamed;
}

int sink_read_record(struct sink *sink, const struct sink_start_rule *start, struct error *error)
{
    if (journal_open_sink(sink->context->journal, sink->config->name, sink->tuning.event_mask,
                          start, &sink->record, error) < 0)
        return -1;
    sink->scanned = sink->record.cursor;
    sink->waiting = sink->record.waiting;
    sink->heads_after = 0;
    sink->heads_read = sink->waiting == 0;
    sink->next_due_unix_ms = sink->waiting > 0; /* to be looked for at once */
    sink->due_after_unix_ms = 0;
    sink->due_after_seq = 0;
    sink->paused_until_mono_ms = 0;
    return 0;
}

int sink_open_record(struct sink *sink, struct error *error)
{
    static const enum sink_start_kind kinds[] = {
        [SINK_START_NOW] = START_NOW,
        [SINK_START_BEGINNING] = START_BEGINNING,
        [SINK_START_DATE] = START_RECEIVED,
    };
    const struct sink_tuning *tuning = &sink->tuning;
    struct sink_start_rule start = {kinds[tuning->start], tuning->start_unix_ms};
    if (take_over(sink, error) < 0 || sink_read_record(sink, &start, error) < 0)
        return -1;
    if (sink->record.held)
        gate_hold(&sink->gate);
    return 0;
}
