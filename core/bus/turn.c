/* See turn.h. */
#include "core/bus/turn.h"

#include <event2/event.h>
#include <jansson.h>
#include <stdio.h>
#include <sys/stat.h>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/log.h"
#include "core/bus/answer.h"
#include "core/bus/bus.h"
#include "core/bus/client.h"
#include "core/bus/control.h"
#include "core/bus/control_ready.h"
#include "core/bus/forget.h"
#include "core/bus/intake.h"
#include "core/bus/notice.h"
#include "core/bus/reload.h"
#include "core/bus/replay.h"
#include "core/bus/retention.h"
#include "core/bus/skip.h"
#include "core/bus/spool.h"
#include "core/bus/timer.h"

#define WRITE_RETRY_MS 1000

void turn_watch_journal(struct bus *bus)
{
    struct stat status;
    bool gone = stat(bus->journal_path, &status) < 0 || status.st_ino != bus->journal_inode;
    if (gone && !bus->journal_gone)
        log_error("journal",
                  {"error", .text = "the file was removed or replaced while it was in use"},
                  {"file", .text = bus->journal_path},
                  {"remedy", .text = "put it back, or restart affnotifyd to begin a new one; until "
                                     "then no event is accepted"});
    bus->journal_gone = gone;
}

/* ---- Answers ---- */

static void send_accepted(const struct answer *answer)
{
    char line[128];
    int length = snprintf(line, sizeof line, "{\"ok\":true,\"id\":\"%s\",\"new\":%s}\n", answer->id,
                          answer->is_new ? "true" : "false");
    client_send(answer->client, line, (size_t)length);
}

static void send_answer(struct bus *bus, struct answer *answer)
{
    json_t *json = answer->json;
    answer->json = NULL;
    if (!answer->client) {
        json_decref(json);
        return;
    }
    if (answer->kind == ANSWER_ACCEPTED && !bus->broken) {
        send_accepted(answer);
        return;
    }
    bool is_unavailable = answer->kind == ANSWER_ACCEPTED || answer->kind == ANSWER_UNAVAILABLE ||
                          (answer->kind == ANSWER_KEPT && bus->broken);
    if (is_unavailable) {
        json_decref(json);
        json = answer_unavailable(bus->broken_text);
        bus->metrics.unavailable++;
    }
    if (answer->kind == ANSWER_COMMAND)
        control_run(bus, answer->client, json); /* it answers, now or later */
    else
        client_send_json(answer->client, json);
    json_decref(json);
}

static void send_answers(struct bus *bus)
{
    for (size_t i = 0; i < bus->answer_count; i++)
        send_answer(bus, &bus->answers[i]);
    bus->answer_count = 0;
}

/* ---- The transaction ---- */

static bool sinks_have_writes(const struct bus *bus)
{
    for (size_t i = 0; i < bus->sink_count; i++) {
        if (sink_has_writes(bus->sinks[i]))
            return true;
    }
    return false;
}

static void write_sinks(struct bus *bus)
{
    struct error error;
    bus->sinks_written = true;
    for (size_t i = 0; i < bus->sink_count && !bus->broken; i++) {
        if (sink_has_writes(bus->sinks[i]) &&
            sink_write(bus->sinks[i], clock_unix_ms(), &error) < 0)
            intake_break(bus, error.text);
    }
}

/* True when the transaction is on disk. */
static bool commit(struct bus *bus)
{
    struct error error;
    if (!bus->in_transaction)
        return false;
    int64_t began_us = clock_mono_us();
    if (!bus->broken && journal_commit(bus->journal, &error) < 0)
        intake_break(bus, error.text);
    if (bus->broken)
        journal_rollback(bus->journal);
    else
        histogram_observe(&bus->metrics.commit, HISTOGRAM_COMMIT, clock_mono_us() - began_us);
    metrics_end_turn(&bus->metrics, !bus->broken);
    bus->in_transaction = false;
    return !bus->broken;
}

static void after_commit(struct bus *bus)
{
    for (size_t i = 0; i < bus->sink_count && bus->sinks_written; i++) {
        if (sink_has_writes(bus->sinks[i]))
            sink_committed(bus->sinks[i]);
    }
}

/*
 * The journal would not take it. Outcomes stay in memory and are written again, by themselves, in a
 * second: what the senders keep handing in must not keep them from being settled.
 */
static void complain(struct bus *bus)
{
    if (evtimer_pending(bus->write_retry, NULL))
        return; /* it was said */
    log_error("journal", {"error", .text = bus->broken_text},
              {"remedy", .text = "nothing accepted is lost, and it goes on by itself once the disk "
                                 "has room or another tool has let go of the file"});
    timer_start(bus->write_retry, WRITE_RETRY_MS);
}

static void write_outcomes_alone(struct bus *bus)
{
    if (!sinks_have_writes(bus))
        return;
    bus->broken = false;
    if (intake_begin(bus))
        write_sinks(bus);
    if (commit(bus))
        after_commit(bus);
    bus->broken = true;
}

void turn_end(struct bus *bus)
{
    bool had_transaction = bus->in_transaction;
    bus->sinks_written = false;
    bool retrying = evtimer_pending(bus->write_retry, NULL);
    if (sinks_have_writes(bus) && !retrying && intake_begin(bus))
        write_sinks(bus);
    if (commit(bus)) {
        after_commit(bus);
        spool_committed(bus);
    }
    spool_forget(bus);
    if (bus->broken) {
        control_ready_failed(bus, bus->broken_text);
        complain(bus);
        if (had_transaction && !retrying)
            write_outcomes_alone(bus);
    }
    send_answers(bus);
    bus->broken = false;
    skip_step_all(bus);
    replay_step_all(bus);
    retention_step(bus);
    forget_step(bus);
    notice_step(bus);
    reload_step(bus);
    for (size_t i = 0; i < bus->sink_count; i++)
        bus->again = sink_pump(bus->sinks[i]) || bus->again;
}
