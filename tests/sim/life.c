/* See life.h. */
#include "tests/sim/life.h"

#include <assert.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/limits.h"
#include "core/base/memory.h"
#include "core/bus/bus.h"
#include "core/bus/client.h"
#include "core/bus/doorkeeper.h"
#include "core/bus/forget.h"
#include "core/bus/notice.h"
#include "core/bus/own_child.h"
#include "core/bus/reload.h"
#include "core/bus/reload_parts.h"
#include "core/bus/replay.h"
#include "core/bus/retention.h"
#include "core/bus/skip.h"
#include "core/bus/spool.h"
#include "core/bus/timer.h"
#include "core/bus/turn.h"
#include "core/config/keyring.h"
#include "tests/sim/disk.h"
#include "tests/sim/faults.h"
#include "tests/sim/hosts.h"
#include "tests/sim/loop.h"
#include "tests/sim/plan.h"
#include "tests/sim/story.h"
#include "tests/sim/times.h"
#include "tests/sim/witness.h"

#define TURNS_MAX 5000 /* in a row; a skip of all that a run has takes a few */

static struct bus bus;
static bool runs;
static struct plan in_force;         /* of the bus that runs */
static const struct plan *next_plan; /* of the file as it lies there */

/* ---- Start ---- */

static char *write_file(const struct plan *plan, const char *directory, bool with_mistake)
{
    char *path = memory_format("%s/affnotify.ini", directory);
    plan_write(plan, directory, path, with_mistake);
    return path;
}

static int load(const struct plan *plan, const char *directory)
{
    char *path = write_file(plan, directory, false);
    config_load(path, &bus.config);
    keyring_load(&bus.config, &bus.config.mistakes);
    free(path);
    for (size_t i = 0; i < bus.config.mistakes.count; i++) {
        char *text = mistake_text(&bus.config.mistakes.items[i]);
        witness_complain("the drawn configuration has a mistake: %s", text);
        free(text);
    }
    return bus.config.usable ? 0 : -1;
}

static int open_journal(struct error *error)
{
    struct stat status;
    bus.journal_path = memory_format("%s/journal.db", bus.config.state);
    bus.journal = journal_open(bus.journal_path, error);
    if (!bus.journal)
        return -1;
    if (stat(bus.journal_path, &status) < 0)
        return error_set_errno(error, "%s", bus.journal_path);
    bus.journal_inode = status.st_ino;
    return 0;
}

static int init_sinks(struct error *error)
{
    bus.context = (struct sink_context){
        .base = bus.base, .journal = bus.journal, .config = &bus.config, .host_program_fd = -1};
    bus.sinks = memory_new(SINKS_MAX, sizeof(struct sink *));
    for (size_t i = 0; i < bus.config.sink_count; i++) {
        struct sink *sink = memory_new(1, sizeof *sink);
        bus.sinks[bus.sink_count++] = sink;
        if (sink_init(sink, &bus.context, &bus.config.sinks[i], error) < 0)
            return -1;
    }
    return 0;
}

static void on_write_retry(evutil_socket_t fd, short what, void *argument)
{
    (void)fd;
    (void)what;
    (void)argument; /* the turn that this timer starts writes again */
}

static void on_stop_timer(evutil_socket_t fd, short what, void *argument)
{
    (void)fd;
    (void)what;
    (void)argument;
    for (size_t i = 0; i < bus.sink_count; i++)
        sink_kill(bus.sinks[i]);
}

static int start(const struct plan *plan, const char *directory, struct error *error)
{
    bus = (struct bus){.lock_fd = -1, .host_program_fd = -1, .own_program_fd = -1};
    bus.started_unix_ms = clock_unix_ms();
    if (load(plan, directory) < 0)
        return error_set(error, "the configuration is not usable");
    if (open_journal(error) < 0)
        return -1;
    bus.base = event_base_new();
    bus.stop_timer = evtimer_new(bus.base, on_stop_timer, NULL);
    bus.write_retry = evtimer_new(bus.base, on_write_retry, NULL);
    if (doorkeeper_init(&bus.door, bus.base, &bus.config, error) < 0 || init_sinks(error) < 0)
        return -1;
    witness_bus_started(plan_tell(plan));
    retention_start(&bus);
    for (size_t i = 0; i < bus.sink_count; i++)
        sink_start(bus.sinks[i]);
    return 0;
}

/* ---- End ---- */

static void finish(void)
{
    own_child_stop_all(&bus);
    skip_stop_all(&bus);
    replay_stop_all(&bus);
    notice_stop(&bus);
    forget_stop(&bus);
    retention_stop(&bus);
    reload_finish(&bus);
    doorkeeper_finish(&bus.door);
    client_free_all(&bus);
    for (size_t i = 0; i < bus.sink_count; i++) {
        sink_finish(bus.sinks[i]);
        free(bus.sinks[i]);
    }
    free(bus.sinks);
    free(bus.answers);
    journal_close(bus.journal);
    free(bus.journal_path);
    struct event *events[] = {bus.stop_timer, bus.write_retry};
    for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
        if (events[i])
            event_free(events[i]);
    }
    if (bus.base)
        event_base_free(bus.base);
    config_finish(&bus.config);
    runs = false;
}

static void end(void)
{
    finish();
    disk_join();
    witness_bus_ended();
}

bool life_start(const struct plan *plan, const char *directory)
{
    struct error error;
    assert(!runs);
    in_force = *plan;
    story_tell("    the bus starts");
    if (start(plan, directory, &error) < 0) {
        story_tell("    %s", error.text);
        fault_fired(FAULT_BUS_NOT_STARTED);
        end();
        return false;
    }
    runs = true;
    return true;
}

void life_kill(void)
{
    assert(runs);
    disk_cut_off();
    end();
}

void life_stop(void)
{
    assert(runs);
    witness_bus_stopping();
    bus.stopping = true;
    for (size_t i = 0; i < bus.sink_count; i++)
        sink_stop(bus.sinks[i]);
    timer_start(bus.stop_timer, STOP_GRACE_MS);
}

bool life_is_running(void)
{
    return runs;
}

bool life_is_stopping(void)
{
    return runs && bus.stopping;
}

bool life_has_stopped_sink(void)
{
    for (size_t i = 0; runs && i < bus.sink_count; i++) {
        if (bus.sinks[i]->state == SINK_STOPPED && bus.sinks[i]->config->enabled)
            return true;
    }
    return false;
}

bool life_is_settled(void)
{
    for (size_t i = 0; runs && i < bus.sink_count; i++) {
        struct journal_sink record;
        struct error error;
        if (journal_sink_status(bus.journal, bus.sinks[i]->config->name, &record, &error) < 1 ||
            record.pending > 0)
            return false;
    }
    return true;
}

bool life_is_held(const char *sink)
{
    for (size_t i = 0; runs && i < bus.sink_count; i++) {
        if (strcmp(bus.sinks[i]->config->name, sink) == 0)
            return bus.sinks[i]->gate.by_hand;
    }
    return false;
}

/* ---- Reload ---- */

void life_write_config(const struct plan *plan, const char *directory, bool with_mistake)
{
    next_plan = plan;
    free(write_file(plan, directory, with_mistake));
}

bool life_is_reloading(void)
{
    return runs && bus.reload && (bus.reload->stage != RELOAD_IDLE || bus.reload->asked);
}

bool life_runs_by(const struct plan *plan)
{
    return runs && in_force.changes == plan->changes;
}

/* ---- Turns ---- */

int64_t life_next_due(void)
{
    int64_t timer_ms = loop_next_due(), host_ms = hosts_next_due();
    return timer_ms < host_ms ? timer_ms : host_ms;
}

static bool is_down(void)
{
    for (size_t i = 0; i < bus.sink_count; i++) {
        if (!sink_is_down(bus.sinks[i]))
            return false;
    }
    return bus.stopping;
}

/* A new configuration took the place of the old in this turn; `before` were the sinks until then. */
static void adopt_plan(struct sink *const *before, size_t count)
{
    in_force = *next_plan;
    for (size_t i = 0; i < bus.sink_count; i++) {
        size_t at = 0;
        while (at < count && before[at] != bus.sinks[i])
            at++;
        plan_set_anew(&in_force, i, at == count);
    }
    fault_fired(FAULT_RELOAD);
    witness_reloaded(plan_tell(&in_force));
}

static void turn(void)
{
    const struct sink_config *config_before = bus.config.sinks;
    struct sink *before[SINKS_MAX];
    size_t count = bus.sink_count;
    memcpy(before, bus.sinks, count * sizeof *before);
    bus.again = false;
    loop_fire();
    hosts_act();
    client_read_all(&bus);
    turn_end(&bus);
    client_sweep(&bus);
    if (bus.config.sinks != config_before)
        adopt_plan(before, count);
}

bool life_turns(void)
{
    for (int turns = 0; runs; turns++) {
        if (turns == TURNS_MAX)
            return false;
        turn();
        if (disk_is_cut_off()) {
            end();
            return true;
        }
        if (is_down()) {
            turn_end(&bus); /* the outcomes that came with the last host's end */
            end();
            return true;
        }
        if (!bus.again && life_next_due() > clock_mono_ms())
            return true;
    }
    return true;
}

/* ---- What no simulated bus has ---- */

void spool_take(struct bus *unused)
{
    (void)unused;
}

void spool_committed(struct bus *unused)
{
    (void)unused;
}

void spool_forget(struct bus *unused)
{
    (void)unused;
}
