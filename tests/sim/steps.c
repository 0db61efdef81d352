/* See steps.h. Operators' commands are in orders.c. */
#include "tests/sim/steps.h"

#include <inttypes.h>
#include <stdio.h>

#include "core/base/clock.h"
#include "tests/sim/disk.h"
#include "tests/sim/draw.h"
#include "tests/sim/faults.h"
#include "tests/sim/hosts.h"
#include "tests/sim/life.h"
#include "tests/sim/orders.h"
#include "tests/sim/reactions.h"
#include "tests/sim/run.h"
#include "tests/sim/story.h"
#include "tests/sim/times.h"

#define SECOND_MS INT64_C(1000)
#define MINUTE_MS (60 * SECOND_MS)
#define HOUR_MS   (60 * MINUTE_MS)
#define DAY_MS    (24 * HOUR_MS)

static bool chance(uint32_t per_mille)
{
    return draw_chance(DRAW_STEPS, per_mille);
}

/* ---- Time ---- */

static bool to_next_timer(struct run *run)
{
    int64_t due_ms = life_next_due();
    if (due_ms == TIMES_NEVER)
        return run_pass(run, SECOND_MS);
    return run_pass(run, due_ms > clock_mono_ms() ? due_ms - clock_mono_ms() : 0);
}

static bool a_little(struct run *run)
{
    return run_pass(run, draw_between(DRAW_STEPS, 1, 500));
}

static bool some_seconds(struct run *run)
{
    return run_pass(run, draw_between(DRAW_STEPS, SECOND_MS, 20 * SECOND_MS));
}

static bool long_while(struct run *run)
{
    return run_pass(run, draw_between(DRAW_STEPS, MINUTE_MS, chance(300) ? DAY_MS : HOUR_MS));
}

/* The machine is off for so long that the journal forgets. */
static bool months(struct run *run)
{
    (void)run;
    fault_fired(FAULT_MONTHS);
    times_pass(draw_between(DRAW_STEPS, 31, 95) * DAY_MS);
    return true;
}

/* As when the machine is suspended, or the disk hangs: what is due meanwhile comes at once. */
static bool stand_still(struct run *run)
{
    (void)run;
    fault_fired(FAULT_STANDSTILL);
    times_pass(draw_between(DRAW_STEPS, 100, chance(300) ? MINUTE_MS : 3 * SECOND_MS));
    return true;
}

static bool set_clock(struct run *run)
{
    static const int64_t jumps_ms[] = {SECOND_MS, 10 * MINUTE_MS, HOUR_MS, DAY_MS, 3 * DAY_MS};
    int64_t by_ms = jumps_ms[draw_below(DRAW_STEPS, sizeof jumps_ms / sizeof *jumps_ms)];
    bool back = chance(500);
    (void)run;
    fault_fired(back ? FAULT_CLOCK_BACK : FAULT_CLOCK_FORWARD);
    story_tell("    by %" PRId64 " s", by_ms / SECOND_MS);
    times_set_civil_clock(back ? -by_ms : by_ms);
    return true;
}

/* ---- Events ---- */

static void send_new_event(struct run *run)
{
    struct sent_event event = {.created = chance(600),
                               .occurred_unix_ms =
                                   clock_unix_ms() - draw_between(DRAW_STEPS, 0, SECOND_MS)};
    if (chance(40)) {
        fault_fired(FAULT_EVENT_OLD);
        event.occurred_unix_ms -= draw_between(DRAW_STEPS, 0, 4 * HOUR_MS);
    }
    snprintf(event.email, sizeof event.email, "a%" PRIu32 "@example.com",
             draw_below(DRAW_STEPS, run->affiliates));
    run->events[run->event_count++ % RUN_EVENTS_KEPT] = event;
    bool stays = !chance(10);
    if (!stays)
        fault_fired(FAULT_CLIENT_GONE);
    clients_send_event(&event, stays);
}

static void send_known_event(const struct run *run)
{
    uint32_t kept = run->event_count < RUN_EVENTS_KEPT ? run->event_count : RUN_EVENTS_KEPT;
    if (kept == 0)
        return;
    fault_fired(FAULT_EVENT_TWICE);
    clients_send_event(&run->events[draw_below(DRAW_STEPS, kept)], true);
}

static bool some_events(struct run *run)
{
    uint32_t count = 1 + draw_below(DRAW_STEPS, 4);
    for (uint32_t i = 0; i < count; i++) {
        if (chance(60))
            send_known_event(run);
        else
            send_new_event(run);
    }
    return true;
}

/* Now and then more than a sink's window. */
static bool burst(struct run *run)
{
    uint32_t count = 20 + draw_below(DRAW_STEPS, chance(60) ? 1500 : 80);
    fault_fired(FAULT_BURST);
    for (uint32_t i = 0; i < count; i++)
        send_new_event(run);
    return true;
}

/* ---- Hosts and their far sides ---- */

static bool other_mood(struct run *run)
{
    reactions_change_mood(run->plan.sinks[draw_below(DRAW_STEPS, (uint32_t)run->plan.count)].name);
    return true;
}

static bool host_dies(struct run *run)
{
    struct sim_host *host = hosts_draw();
    (void)run;
    if (host)
        reactions_die_idle(host);
    return true;
}

static bool host_reads_nothing(struct run *run)
{
    struct sim_host *host = hosts_draw();
    (void)run;
    if (host)
        reactions_stop_reading(host);
    return true;
}

/* ---- The disk ---- */

static bool break_disk(struct run *run)
{
    static const int afters[] = {3, 20, 100};
    (void)run;
    disk_break((enum disk_trouble)draw_below(DRAW_STEPS, DISK_TROUBLES),
               (int)draw_below(DRAW_STEPS, (uint32_t)afters[draw_below(DRAW_STEPS, 3)]),
               chance(500) ? 1 : (int)draw_below(DRAW_STEPS, 200) + 1);
    return true;
}

static bool mend_disk(struct run *run)
{
    (void)run;
    disk_mend();
    return true;
}

/* ---- The bus ---- */

static bool kill_bus(struct run *run)
{
    (void)run;
    fault_fired(FAULT_BUS_KILLED);
    life_kill();
    return true;
}

static bool kill_bus_in_write(struct run *run)
{
    (void)run;
    disk_kill_in_write((int)draw_below(DRAW_STEPS, 60));
    return true;
}

static bool stop_bus(struct run *run)
{
    (void)run;
    if (life_is_stopping())
        return true;
    fault_fired(FAULT_BUS_STOPPED);
    life_stop();
    return true;
}

static bool start_bus(struct run *run)
{
    if (chance(300))
        plan_change(&run->plan);
    life_start(&run->plan, run->directory);
    return true;
}

/* ---- The tables ---- */

struct step {
    const char *name;
    uint32_t weight;
    bool (*take)(struct run *run);
};

static const struct step steps[] = {
    {"time goes on to what is due next", 300, to_next_timer},
    {"a moment passes", 130, a_little},
    {"some seconds pass", 80, some_seconds},
    {"a long while passes", 25, long_while},
    {"the bus stands still", 8, stand_still},
    {"the clock is set", 6, set_clock},
    {"events come in", 280, some_events},
    {"many events come in", 4, burst},
    {"a far side changes", 60, other_mood},
    {"something happens to a host", 12, host_dies},
    {"a host does not read", 12, host_reads_nothing},
    {"the disk breaks", 14, break_disk},
    {"the disk is mended", 25, mend_disk},
    {"an operator commands", 70, orders_give},
    {"the bus is killed", 5, kill_bus},
    {"the bus will be killed as it writes", 6, kill_bus_in_write},
    {"the bus is asked to stop", 4, stop_bus},
};

static const struct step steps_without_bus[] = {
    {"some seconds pass", 10, some_seconds},
    {"a long while passes", 2, long_while},
    {"the clock is set", 1, set_clock},
    {"events come in", 5, some_events},
    {"the disk is mended", 10, mend_disk},
    {"the bus is started", 30, start_bus},
    {"months pass", 1, months},
};

static bool take_one(const struct step *table, size_t count, struct run *run)
{
    uint32_t weights[sizeof steps / sizeof *steps];
    for (size_t i = 0; i < count; i++)
        weights[i] = table[i].weight;
    const struct step *step = &table[draw_weighted(DRAW_STEPS, weights, count)];
    story_step("%s", step->name);
    return step->take(run);
}

bool steps_take(struct run *run)
{
    if (life_is_running())
        return take_one(steps, sizeof steps / sizeof *steps, run);
    return take_one(steps_without_bus, sizeof steps_without_bus / sizeof *steps_without_bus, run);
}
