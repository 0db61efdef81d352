/* See reactions.h. The handshake and the end; what a host does with a batch is verdicts.c's. */
#include "tests/sim/reactions.h"

#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "affnotify/sink.h"
#include "core/base/clock.h"
#include "core/wire/message.h"
#include "tests/sim/children.h"
#include "tests/sim/draw.h"
#include "tests/sim/faults.h"
#include "tests/sim/hosts.h"
#include "tests/sim/plan.h"
#include "tests/sim/verdicts.h"

#define FRAME_BYTES 4096 /* of those that are made here */

static bool calm;

void reactions_begin(void)
{
    calm = false;
    children_set_calm(false);
    verdicts_begin();
}

void reactions_calm_down(void)
{
    calm = true;
    children_set_calm(true);
    verdicts_calm_down();
}

void reactions_change_mood(const char *sink)
{
    verdicts_change_mood(sink);
}

/* ---- Drawing ---- */

static bool chance(uint32_t per_mille)
{
    return !calm && draw_chance(DRAW_HOSTS, per_mille);
}

static int64_t moment(void)
{
    return draw_between(DRAW_HOSTS, 0, 30);
}

static struct buffer new_frame(void)
{
    struct buffer buffer;
    buffer_init(&buffer, FRAME_BYTES);
    return buffer;
}

static int some_death(void)
{
    static const int deaths[] = {W_EXITCODE(0, SIGSEGV), W_EXITCODE(0, SIGABRT),
                                 W_EXITCODE(0, SIGKILL), W_EXITCODE(3, 0)};
    return deaths[draw_below(DRAW_HOSTS, sizeof deaths / sizeof *deaths)];
}

/* ---- Start ---- */

bool reactions_refuse_start(void)
{
    if (!chance(20))
        return false;
    fault_fired(FAULT_START_IMPOSSIBLE);
    return true;
}

static void send_table(struct sim_host *host)
{
    struct buffer bytes = new_frame();
    struct message_table table = {.name = "simulated",
                                  .version = "1",
                                  .summary = "Does what is drawn.",
                                  .defaults = "",
                                  .revision = 1,
                                  .requests = host->requests};
    message_put_table(&bytes, &table);
    hosts_will_send(host, moment(), bytes, NULL);
}

void reactions_to_start(struct sim_host *host)
{
    host->requests = plan_makes_requests(host->sink);
    if (chance(20)) {
        fault_fired(FAULT_DEATH_AT_START);
        hosts_will_die(host, moment(), some_death());
    } else if (chance(5)) {
        struct buffer bytes = new_frame();
        fault_fired(FAULT_NOT_LOADED);
        message_put_failed(&bytes, "cannot be loaded");
        hosts_will_send(host, moment(), bytes, NULL);
    } else if (chance(10)) {
        fault_fired(FAULT_HANG_AT_START);
        host->hangs = true;
    } else {
        send_table(host);
    }
}

/* ---- The handshake ---- */

static void take_options(struct sim_host *host, struct frame *frame)
{
    struct message_options options;
    int read = message_get_options(frame, &options);
    assert(read == 0);
    host->timeout_ms = options.timeout_ms;
    free(options.values);
    struct buffer bytes = new_frame();
    message_put_checked(&bytes, &(struct message_checked){.mistake_count = 0});
    hosts_will_send(host, moment(), bytes, NULL);
}

static void refuse_to_open(struct sim_host *host)
{
    static const int32_t verdicts[] = {AFFN_DOWN, AFFN_MISSET, AFFN_RETRY};
    struct buffer bytes = new_frame();
    fault_fired(FAULT_NOT_OPENED);
    struct message_opened opened = {.verdict = verdicts[draw_below(DRAW_HOSTS, 3)],
                                    .what = draw_chance(DRAW_HOSTS, 500) ? "not today" : "",
                                    .remedy = ""};
    message_put_opened(&bytes, &opened);
    hosts_will_send(host, moment(), bytes, NULL);
}

static void take_open(struct sim_host *host)
{
    if (chance(15)) {
        fault_fired(FAULT_DEATH_AT_OPEN);
        hosts_will_die(host, moment(), some_death());
    } else if (chance(8)) {
        fault_fired(FAULT_HANG_AT_OPEN);
        host->hangs = true;
    } else if (chance(50)) {
        refuse_to_open(host);
    } else {
        struct buffer bytes = new_frame();
        struct message_opened opened = {.verdict = AFFN_DELIVERED, .what = "", .remedy = ""};
        message_put_opened(&bytes, &opened);
        hosts_will_send(host, moment(), bytes, &(struct told){.opened = true});
    }
}

/* What was begun is finished, or dropped when that takes long. */
static void take_close(struct sim_host *host)
{
    int64_t left_ms = host->last_answer_ms - clock_mono_ms();
    int64_t patience_ms = chance(300) ? moment() : 4000;
    if (host->hangs || chance(100)) {
        fault_fired(FAULT_NO_END);
        return;
    }
    bool dies = chance(100);
    if (dies)
        fault_fired(FAULT_DEATH_AT_END);
    if (left_ms < 0)
        left_ms = 0;
    hosts_will_die(host, left_ms < patience_ms ? left_ms : patience_ms,
                   dies ? some_death() : W_EXITCODE(0, 0));
}

void reactions_to_frame(struct sim_host *host, struct frame *frame)
{
    switch (frame->type) {
    case MESSAGE_OPTIONS:
        take_options(host, frame);
        return;
    case MESSAGE_OPEN:
        take_open(host);
        return;
    case MESSAGE_DELIVER:
        verdicts_to_batch(host, frame);
        return;
    case MESSAGE_CLOSE:
        take_close(host);
        return;
    default:
        assert(!"the bus sends this to no host that delivers");
    }
}

/* ---- What nobody asked for ---- */

void reactions_die_idle(struct sim_host *host)
{
    fault_fired(FAULT_DEATH_IDLE);
    if (draw_chance(DRAW_HOSTS, 300)) {
        fault_fired(FAULT_SOCKET_CLOSED_FIRST);
        hosts_will_close(host, 0);
        hosts_will_die(host, draw_between(DRAW_HOSTS, 1, 300), some_death());
    } else if (draw_chance(DRAW_HOSTS, 200)) {
        hosts_will_close(host, 0);
    } else if (draw_chance(DRAW_HOSTS, 300)) {
        fault_fired(FAULT_EXIT);
        hosts_will_die(host, 0, W_EXITCODE(0, 0));
    } else {
        hosts_will_die(host, 0, some_death());
    }
}

void reactions_stop_reading(struct sim_host *host)
{
    size_t bytes = draw_below(DRAW_HOSTS, 2000) + host->socket.len;
    hosts_stop_reading(host, draw_between(DRAW_HOSTS, 10, 20000), bytes);
}
