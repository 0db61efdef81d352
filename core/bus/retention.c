/* See retention.h and retention_parts.h; passes over what is old, and one stage after the other. */
#include "core/bus/retention.h"

#include <event2/event.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/log.h"
#include "core/base/memory.h"
#include "core/bus/bus.h"
#include "core/bus/retention_parts.h"
#include "core/bus/timer.h"

/* ---- The timer ---- */

static void on_timer(evutil_socket_t fd, short what, void *argument)
{
    (void)fd;
    (void)what;
    struct retention *retention = argument;
    retention->is_due = true; /* the turn that it begins goes on */
}

void retention_start(struct bus *bus)
{
    struct retention *retention = memory_new(1, sizeof *retention);
    retention->timer = evtimer_new(bus->base, on_timer, retention);
    retention->next_pass_mono_ms = clock_mono_ms();
    bus->retention = retention;
    timer_start(retention->timer, RETENTION_FIRST_MS);
}

void retention_stop(struct bus *bus)
{
    if (!bus->retention)
        return;
    event_free(bus->retention->timer);
    free(bus->retention);
    bus->retention = NULL;
}

static int64_t now_unix_ms(struct retention *retention)
{
    return believed_now(&retention->clock, clock_unix_ms(), clock_mono_ms());
}

/* ---- The log ---- */

bool retention_may_say(struct retention *retention)
{
    int64_t now_ms = clock_mono_ms();
    if (retention->said_mono_ms != 0 && now_ms - retention->said_mono_ms < RETENTION_SAY_MS)
        return false;
    retention->said_mono_ms = now_ms;
    return true;
}

/*
 * It rests for a while: a full disk is not filled by asking it again and again. A sink that could
 * not go on yet does not wait for so long.
 */
static void complain(struct retention *retention, const struct error *error)
{
    if (strcmp(retention->complaint, error->text) != 0 || retention_may_say(retention))
        log_error("retention", {"error", .text = error->text},
                  {"remedy", .text = "it is tried again in a minute; nothing is lost, and the "
                                     "journal keeps more than it should"});
    snprintf(retention->complaint, sizeof retention->complaint, "%s", error->text);
    bool keeps_sink = retention->stage == RETENTION_HANDING_BACK;
    timer_start(retention->timer, keeps_sink ? RETENTION_PAUSE_MAX_MS : RETENTION_SAY_MS);
}

/* ---- Transactions ---- */

int retention_in_transaction(struct bus *bus, retention_work *work, struct error *error)
{
    struct retention *retention = bus->retention;
    struct prune prune_before = retention->prune;
    struct expiry expiry_before = retention->expiry;
    if (journal_begin(bus->journal, error) == 0) {
        int more = work(bus, retention, error);
        if (more >= 0 && journal_commit(bus->journal, error) == 0)
            return more;
    }
    journal_rollback(bus->journal);
    retention->prune = prune_before;
    retention->expiry = expiry_before;
    return -1;
}

static int prune(struct bus *bus, struct retention *retention, struct error *error)
{
    retention->prune.now_unix_ms = now_unix_ms(retention);
    return journal_prune(bus->journal, &retention->prune, PRUNE_STEP_EVENTS, error);
}

static int prune_refused(struct bus *bus, struct retention *retention, struct error *error)
{
    retention->prune.now_unix_ms = now_unix_ms(retention);
    return journal_prune_refused(bus->journal, &retention->prune, PRUNE_STEP_REFUSED, error);
}

static int prune_keys(struct bus *bus, struct retention *retention, struct error *error)
{
    retention->prune.now_unix_ms = now_unix_ms(retention);
    return journal_prune_keys(bus->journal, &retention->prune, PRUNE_STEP_KEYS, error);
}

static retention_work *const prunes[] = {
    [RETENTION_PASS] = prune,
    [RETENTION_PASS_REFUSED] = prune_refused,
    [RETENTION_PASS_KEYS] = prune_keys,
    [RETENTION_ROOM_SETTLED] = prune,
    [RETENTION_ROOM_REFUSED] = prune_refused,
    [RETENTION_ROOM_KEYS] = prune_keys,
    [RETENTION_ROOM_DEAD] = prune,
};

int retention_prune(struct bus *bus, struct error *error)
{
    return retention_in_transaction(bus, prunes[bus->retention->stage], error);
}

int64_t retention_pruned(const struct retention *retention)
{
    return retention->prune.events + retention->prune.refused + retention->prune.keys;
}

static int give_back(struct bus *bus, struct retention *retention, struct error *error)
{
    (void)retention;
    return journal_give_back(bus->journal, error);
}

/* ---- The pass ---- */

static int64_t span_of(int64_t configured_ms)
{
    return configured_ms == 0 ? RETAIN_FOR_EVER : configured_ms;
}

/*
 * What was kept by the pass before, for it is pending or a dead letter, may be a million events: it
 * is looked at again once a day, and the passes between go on behind it.
 */
static void begin_pass(struct bus *bus, struct retention *retention)
{
    bool full = retention->passes == 0;
    retention->passes = (retention->passes + 1) % RETENTION_FULL_PASSES;
    retention->next_pass_mono_ms = clock_mono_ms() + RETENTION_PASS_MS;
    retention->prune = (struct prune){
        .retain_ms = span_of(bus->config.retain_ms),
        .retain_dead_ms = span_of(bus->config.retain_dead_ms),
        .looked_at = full ? 0 : retention->kept_seq,
        .latest_unix_ms = full ? 0 : retention->kept_latest_ms,
        .keys_latest_unix_ms = full ? 0 : retention->kept_key_latest_ms,
    };
    if (!full)
        retention->prune.keys_looked_at = retention->kept_key;
    retention->stage = RETENTION_PASS;
}

static void end_pass(struct retention *retention)
{
    const struct prune *prune = &retention->prune;
    retention->kept_key = prune->keys_looked_at;
    retention->kept_key_latest_ms = prune->keys_latest_unix_ms;
    if (retention_pruned(retention) > 0)
        log_info("pruned", {"events", .number = prune->events},
                 {"refused", .number = prune->refused}, {"keys", .number = prune->keys});
    retention->stage = RETENTION_GIVING_BACK;
}

/* What comes when a stage of the pass has no more to do. */
static void next_pass_stage(struct retention *retention)
{
    switch (retention->stage) {
    case RETENTION_PASS:
        retention->kept_seq = retention->prune.looked_at;
        retention->kept_latest_ms = retention->prune.latest_unix_ms;
        retention->stage = RETENTION_PASS_REFUSED;
        break;
    case RETENTION_PASS_REFUSED:
        retention->stage = RETENTION_PASS_KEYS;
        break;
    default:
        end_pass(retention);
    }
}

/* ---- One after the other ---- */

static int look(struct bus *bus, struct retention *retention, struct error *error)
{
    if (journal_room(bus->journal, &retention->room, error) < 0)
        return -1;
    if (!retention_is_over(bus, RETENTION_BELOW))
        retention->is_full = retention->has_nothing = false;
    now_unix_ms(retention); /* so that a step of the clock is seen when it comes */
    if (retention_is_over(bus, 100))
        retention_begin_room(bus, retention);
    else if (clock_mono_ms() >= retention->next_pass_mono_ms)
        begin_pass(bus, retention);
    return 0;
}

/* Free pages beyond those that are kept go back; when none does, the file is of another make. */
static int give_back_some(struct bus *bus, struct retention *retention, struct error *error)
{
    if (journal_room(bus->journal, &retention->room, error) < 0)
        return -1;
    int64_t before = retention->room.free_pages;
    if (before > RETENTION_SPARE_PAGES) {
        if (retention_in_transaction(bus, give_back, error) < 0 ||
            journal_room(bus->journal, &retention->room, error) < 0)
            return -1;
    }
    if (retention->room.free_pages <= RETENTION_SPARE_PAGES || retention->room.free_pages >= before)
        retention->stage = RETENTION_RESTING;
    return 0;
}

/* A pass that meets the limit is given up, and begins anew when there is room. */
static int pass_step(struct bus *bus, struct retention *retention, struct error *error)
{
    if (journal_room(bus->journal, &retention->room, error) < 0)
        return -1;
    if (retention_is_over(bus, 100)) {
        retention->passes = 0;
        retention->next_pass_mono_ms = clock_mono_ms();
        retention_begin_room(bus, retention);
        return 0;
    }
    int more = retention_prune(bus, error);
    if (more == 0)
        next_pass_stage(retention);
    return more;
}

/* What was said of another limit may not hold for this one. */
static void heed_limit(const struct bus *bus, struct retention *retention)
{
    if (retention->limit_bytes == bus->config.journal_max_bytes)
        return;
    retention->limit_bytes = bus->config.journal_max_bytes;
    retention->has_nothing = false;
    retention->is_full = retention->is_full && retention_is_over(bus, RETENTION_BELOW);
}

static int go_on(struct bus *bus, struct retention *retention, struct error *error)
{
    switch (retention->stage) {
    case RETENTION_RESTING:
        return look(bus, retention, error);
    case RETENTION_PASS:
    case RETENTION_PASS_REFUSED:
    case RETENTION_PASS_KEYS:
        return pass_step(bus, retention, error);
    case RETENTION_HANDING_BACK:
        retention_hand_back(bus, retention);
        return 0;
    case RETENTION_GIVING_BACK:
        return give_back_some(bus, retention, error);
    default:
        return retention_make_room(bus, retention, error);
    }
}

/*
 * The next step comes when the loop has had nine times as long for everything else; while room is
 * made, as long. At rest, when it is time for another look.
 */
static void pause_for(struct retention *retention, int64_t took_ms)
{
    bool makes_room =
        retention->stage >= RETENTION_ROOM_SETTLED && retention->stage <= RETENTION_ROOM_EXPIRY;
    int64_t pause_ms = makes_room ? took_ms : 9 * took_ms;
    if (pause_ms < RETENTION_PAUSE_MIN_MS)
        pause_ms = RETENTION_PAUSE_MIN_MS;
    if (pause_ms > RETENTION_PAUSE_MAX_MS || retention->stage == RETENTION_HANDING_BACK)
        pause_ms = RETENTION_PAUSE_MAX_MS; /* a sink could not go on: not at once again */
    timer_start(retention->timer,
                retention->stage == RETENTION_RESTING ? RETENTION_LOOK_MS : pause_ms);
}

void retention_step(struct bus *bus)
{
    struct retention *retention = bus->retention;
    struct error error;
    if (!retention || !retention->is_due || bus->stopping)
        return;
    retention->is_due = false;
    if (bus->journal_gone) {
        timer_start(retention->timer, RETENTION_LOOK_MS);
        return;
    }
    int64_t began_ms = clock_mono_ms();
    heed_limit(bus, retention);
    if (go_on(bus, retention, &error) < 0)
        complain(retention, &error);
    else
        pause_for(retention, clock_mono_ms() - began_ms);
}

/* ---- Status ---- */

/* What is given up; to be freed, NULL for nothing. The limit may be another since the last step. */
static char *describe_room(const struct retention *retention, int64_t used_bytes, int64_t limit)
{
    bool is_over = limit > 0 && used_bytes > limit / 100 * RETENTION_BELOW;
    const char *what = ": what is settled goes before its time";
    if (!retention->is_full || !is_over)
        return NULL;
    if (retention->has_nothing && limit == retention->limit_bytes)
        what = ", and nothing can go that would help";
    else if (retention->sink[0])
        what = ": the oldest pending events expire, of the sink that has most";
    return memory_format("the journal is at its limit of %lld bytes%s; raise `journal_max` or "
                         "lower `retain` in [bus]",
                         (long long)limit, what);
}

void retention_describe(const struct bus *bus, json_t *described)
{
    const struct retention *retention = bus->retention;
    struct journal_room room;
    struct error error;
    int64_t limit = bus->config.journal_max_bytes;
    if (!retention || journal_room(bus->journal, &room, &error) < 0)
        return;
    char *note = describe_room(retention, room.used_bytes, limit);
    json_object_set_new(described, "journal_bytes", json_integer(room.used_bytes));
    json_object_set_new(described, "journal_max", limit > 0 ? json_integer(limit) : json_null());
    json_object_set_new(described, "note", note ? json_string(note) : json_null());
    free(note);
}
