/* See orders.h. */
#include "tests/sim/orders.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/event/event.h"
#include "core/event/timestamp.h"
#include "tests/sim/draw.h"
#include "tests/sim/faults.h"
#include "tests/sim/life.h"
#include "tests/sim/run.h"
#include "tests/sim/story.h"

static bool chance(uint32_t per_mille)
{
    return draw_chance(DRAW_STEPS, per_mille);
}

static const char *some_sink(const struct run *run)
{
    return run->plan.sinks[draw_below(DRAW_STEPS, (uint32_t)run->plan.count)].name;
}

/* One that the configuration names no longer, as likely as not. */
static const char *some_former_sink(const struct run *run)
{
    static char name[PLAN_NAME_BYTES];
    if (chance(800))
        return some_sink(run);
    snprintf(name, sizeof name, "s%u", draw_below(DRAW_STEPS, run->plan.names_given));
    return name;
}

static void some_time(char text[TIMESTAMP_SIZE], int64_t *unix_ms)
{
    *unix_ms = clock_unix_ms() - draw_between(DRAW_STEPS, 0, chance(500) ? 20000 : 3600000);
    timestamp_format(*unix_ms, text);
}

static void send(const struct command *command, char *json)
{
    struct command sent = *command;
    sent.json = json;
    story_tell("    %s", json);
    clients_send_command(&sent);
    free(json);
}

/* ---- Each order ---- */

static void hold(struct run *run)
{
    const char *sink = some_sink(run);
    fault_fired(FAULT_HOLD);
    send(&(struct command){.kind = COMMAND_HOLD, .sink = sink},
         memory_format("{\"command\":\"hold\",\"sink\":\"%s\"}", sink));
}

static void resume(struct run *run)
{
    const char *sink = some_sink(run);
    fault_fired(FAULT_RESUME);
    send(&(struct command){.kind = COMMAND_RESUME, .sink = sink},
         memory_format("{\"command\":\"resume\",\"sink\":\"%s\"}", sink));
}

static void skip(struct run *run)
{
    const char *sink = some_former_sink(run);
    fault_fired(FAULT_SKIP);
    send(&(struct command){.kind = COMMAND_SKIP, .sink = sink},
         memory_format("{\"command\":\"skip\",\"sink\":\"%s\"}", sink));
}

static void skip_until(struct run *run)
{
    const char *sink = some_former_sink(run);
    char time[TIMESTAMP_SIZE];
    struct command command = {.kind = COMMAND_SKIP, .sink = sink};
    some_time(time, &command.until_unix_ms);
    fault_fired(FAULT_SKIP_UNTIL);
    send(&command,
         memory_format("{\"command\":\"skip\",\"sink\":\"%s\",\"until\":\"%s\"}", sink, time));
}

/* Which of the events behind the sink: all, one, or those since a time. */
static char *choice(void)
{
    char time[TIMESTAMP_SIZE];
    int64_t unix_ms;
    const char *id = clients_draw_id();
    if (id && chance(400))
        return memory_format(",\"id\":\"%s\"", id);
    if (chance(300))
        return memory_text("");
    some_time(time, &unix_ms);
    return memory_format(",\"since\":\"%s\"", time);
}

static void replay(struct run *run)
{
    const char *source = some_former_sink(run);
    const char *target = chance(200) ? some_sink(run) : source;
    struct command command = {.kind = COMMAND_REPLAY,
                              .sink = target,
                              .dead_only = chance(500),
                              .superseded = chance(200)};
    char *chosen = choice();
    fault_fired(command.dead_only ? FAULT_REPLAY_DEAD : FAULT_REPLAY);
    if (command.superseded)
        fault_fired(FAULT_REPLAY_SUPERSEDED);
    if (target != source)
        fault_fired(FAULT_REPLAY_TO_OTHER);
    send(&command,
         memory_format("{\"command\":\"replay\",\"sink\":\"%s\",\"to\":\"%s\",\"dead\":%s,"
                       "\"superseded\":%s%s}",
                       source, target, command.dead_only ? "true" : "false",
                       command.superseded ? "true" : "false", chosen));
    free(chosen);
}

static void drop(struct run *run)
{
    const char *sink = some_former_sink(run);
    char *chosen = choice();
    fault_fired(FAULT_DROP);
    send(&(struct command){.kind = COMMAND_DROP, .sink = sink},
         memory_format("{\"command\":\"drop\",\"sink\":\"%s\"%s}", sink, chosen));
    free(chosen);
}

static void look(struct run *run)
{
    const char *id = clients_draw_id();
    struct command command = {.kind = COMMAND_LOOK, .sink = some_sink(run)};
    if (id && chance(500))
        send(&command, memory_format("{\"command\":\"trace\",\"id\":\"%s\"}", id));
    else
        send(&command,
             memory_text(chance(700) ? "{\"command\":\"status\"}" : "{\"command\":\"dead\"}"));
}

/* Mostly of a changed configuration, sometimes of one with a mistake. */
static void reload(struct run *run)
{
    if (life_is_reloading()) {
        fault_fired(FAULT_RELOAD_QUEUED);
    } else {
        bool with_mistake = chance(150);
        if (with_mistake)
            fault_fired(FAULT_RELOAD_MISTAKE);
        else if (chance(800))
            plan_change(&run->plan);
        life_write_config(&run->plan, run->directory, with_mistake);
    }
    send(&(struct command){.kind = COMMAND_RELOAD, .sink = ""},
         memory_text("{\"command\":\"reload\"}"));
}

static const struct order {
    uint32_t weight;
    void (*give)(struct run *run);
} orders[] = {
    {15, hold},   {30, resume}, {8, skip},  {8, skip_until},
    {20, replay}, {5, drop},    {20, look}, {12, reload},
};

bool orders_give(struct run *run)
{
    uint32_t weights[sizeof orders / sizeof *orders];
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++)
        weights[i] = orders[i].weight;
    orders[draw_weighted(DRAW_STEPS, weights, sizeof orders / sizeof *orders)].give(run);
    return true;
}
