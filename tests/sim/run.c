/* See run.h. */
#include "tests/sim/run.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/memory.h"
#include "tests/sim/disk.h"
#include "tests/sim/draw.h"
#include "tests/sim/hosts.h"
#include "tests/sim/life.h"
#include "tests/sim/reactions.h"
#include "tests/sim/steps.h"
#include "tests/sim/story.h"
#include "tests/sim/tally.h"
#include "tests/sim/times.h"
#include "tests/sim/witness.h"

#define MOMENTS_A_STEP_MAX 40
#define STEPS_LEAST        120
#define STEPS_MOST         320
#define END_MOMENTS_MAX    60000 /* a clock that was ahead by days put off retries as long */
#define END_BEGINS_MS      INT64_C(60000) /* what had begun to go wrong is over then */
#define END_CHECK_EVERY    25             /* moments: what goes out is looked at each time anyway */
#define END_MS_MAX         (INT64_C(100) * 24 * 60 * 60 * 1000)
#define AFFILIATES_MAX     7

/* ---- Moments ---- */

static void tell_disk(struct run *run)
{
    if (run->disk_told == disk_is_broken())
        return;
    run->disk_told = disk_is_broken();
    witness_disk(run->disk_told);
}

static bool let_work(struct run *run)
{
    tell_disk(run);
    if (!life_turns())
        witness_complain("the bus goes on without end");
    tell_disk(run);
    return !witness_complaint()[0];
}

bool run_settle(struct run *run)
{
    return let_work(run) && witness_check();
}

/* To the next moment at which something is due; false when that is later than so. */
static bool pass_to_next(int64_t until_ms)
{
    int64_t due_ms = life_next_due();
    if (due_ms > until_ms)
        return false;
    if (due_ms > clock_mono_ms())
        times_pass(due_ms - clock_mono_ms());
    return true;
}

bool run_pass(struct run *run, int64_t ms)
{
    int64_t until_ms = clock_mono_ms() + ms;
    for (int i = 0; i < MOMENTS_A_STEP_MAX; i++) {
        if (!pass_to_next(until_ms)) {
            if (until_ms > clock_mono_ms())
                times_pass(until_ms - clock_mono_ms());
            return run_settle(run);
        }
        if (!run_settle(run))
            return false;
    }
    return true;
}

/* ---- The end: everything goes well until nothing happens any more ---- */

static bool end_stop(struct run *run)
{
    while (life_is_stopping()) {
        if (!pass_to_next(TIMES_NEVER - 1))
            witness_complain("the bus is to stop and waits for nothing");
        if (!run_settle(run))
            return false;
    }
    return true;
}

static void end_resume(const struct run *run)
{
    for (size_t i = 0; i < run->plan.count; i++) {
        const char *sink = run->plan.sinks[i].name;
        if (!life_is_held(sink))
            continue;
        char *json = memory_format("{\"command\":\"resume\",\"sink\":\"%s\"}", sink);
        clients_send_command(&(struct command){.kind = COMMAND_RESUME, .sink = sink, .json = json});
        free(json);
    }
}

static bool is_all_enabled(const struct plan *plan)
{
    for (size_t i = 0; i < plan->count; i++) {
        if (!plan->sinks[i].told.enabled)
            return false;
    }
    return true;
}

/* The same bus goes on, unless it has to be started anew. */
static bool end_start(struct run *run)
{
    bool anew = !is_all_enabled(&run->plan) || !life_runs_by(&run->plan) ||
                life_has_stopped_sink() || draw_chance(DRAW_STEPS, 200);
    if (life_is_running() && anew)
        life_kill();
    if (anew || !life_is_running())
        plan_enable_all(&run->plan);
    if (!life_is_running() && !life_start(&run->plan, run->directory))
        witness_complain("the bus does not start though nothing fails");
    return run_settle(run);
}

static bool come_to_rest(struct run *run)
{
    int64_t until_ms = clock_mono_ms() + END_MS_MAX;
    for (int i = 1; i < END_MOMENTS_MAX && !life_is_settled() && pass_to_next(until_ms); i++) {
        if (!let_work(run) || (i % END_CHECK_EVERY == 0 && !witness_check()))
            return false;
    }
    story_step(life_is_settled() ? "the bus says that all is settled"
                                 : "the bus does nothing any more");
    return witness_check() && witness_check_end();
}

static bool end_well(struct run *run)
{
    story_step("from here on everything goes well");
    disk_mend();
    disk_join();
    times_put_right();
    reactions_calm_down();
    if (!run_pass(run, END_BEGINS_MS) || !end_stop(run) || !end_start(run))
        return false;
    end_resume(run);
    return run_settle(run) && come_to_rest(run);
}

/* ---- A run ---- */

static void remove_files(const char *directory)
{
    static const char *const names[] = {"journal.db", "journal.db-wal", "journal.db-shm",
                                        "affnotify.ini"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char *path = memory_format("%s/%s", directory, names[i]);
        unlink(path);
        free(path);
    }
}

static bool live(struct run *run)
{
    uint32_t steps = STEPS_LEAST + draw_below(DRAW_STEPS, STEPS_MOST - STEPS_LEAST);
    if (!life_start(&run->plan, run->directory))
        witness_complain("the bus does not start though nothing has failed");
    bool right = run_settle(run);
    for (uint32_t i = 0; i < steps && right; i++)
        right = steps_take(run) && run_settle(run);
    return right && end_well(run);
}

static void print_failure(uint64_t seed)
{
    story_print_end();
    printf("\nseed %" PRIu64 ": %s\n", seed, witness_complaint());
    fflush(stdout);
}

bool run_seed(uint64_t seed, const char *directory, bool aloud, struct tally *tally)
{
    struct run run = {.directory = directory};
    char *journal = memory_format("%s/journal.db", directory);
    draw_begin(seed);
    times_begin();
    story_begin(aloud);
    disk_begin();
    hosts_begin();
    clients_begin();
    plan_draw(&run.plan);
    reactions_begin();
    witness_begin(journal);
    run.affiliates = 1 + draw_below(DRAW_STEPS, AFFILIATES_MAX);
    tally->seed = seed;
    bool right = live(&run);
    if (!right)
        print_failure(seed);
    if (life_is_running())
        life_kill();
    clients_begin();
    tally_add(tally);
    witness_end();
    remove_files(directory);
    free(journal);
    return right;
}
