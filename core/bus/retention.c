/*
 * See retention.h.
 *
 *     resting ─► pass ─► refused ─────────────────────────────► giving back ─► resting
 *        │                                                           ▲
 *        └─ over journal_max ─► settled ─► refused ─► dead ─► expiry ┤ below 90 % of it
 *                                  ▲                            │    │ or nothing is left
 *                                  └────────────────────────────┘────┘
 */
#include "core/bus/retention.h"

#include <event2/event.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/limits.h"
#include "core/base/log.h"
#include "core/base/memory.h"
#include "core/bus/answer.h"
#include "core/bus/believed.h"
#include "core/bus/bus.h"
#include "core/bus/rest.h"
#include "core/bus/sink_names.h"
#include "core/bus/timer.h"
#include "core/journal/retention.h"

#define FULL_WHAT   "given up to make room: the journal had reached `journal_max`"
#define FULL_REMEDY "raise `journal_max` in [bus], or see that this sink gets its events in time"

enum stage {
    STAGE_RESTING,
    STAGE_PASS,
    STAGE_PASS_REFUSED,
    STAGE_ROOM_SETTLED,
    STAGE_ROOM_REFUSED,
    STAGE_ROOM_DEAD,
    STAGE_ROOM_EXPIRY,
    STAGE_HANDING_BACK, /* a sink that was at rest goes on */
    STAGE_GIVING_BACK,
};

struct retention {
    struct event *timer;
    bool is_due; /* the timer has fired */
    enum stage stage;
    struct believed clock;
    struct journal_room room; /* as it was seen last */
    int64_t next_pass_mono_ms;
    int64_t said_mono_ms; /* when the log was told of room, or of what failed; 0: not yet */
    char complaint[TEXT_BYTES_MAX];

    struct prune prune;
    int passes;             /* since one that began at the oldest */
    int64_t kept_seq;       /* how far the last pass came */
    int64_t kept_latest_ms; /* and the latest time up to there */

    /* Making room. */
    bool is_full;              /* said in the log */
    bool has_nothing;          /* is left to give up */
    int64_t gained;            /* events pruned or expired since it began with settled ones */
    char sink[NAME_BYTES_MAX]; /* whose events expire; "" for none */
    bool is_ours;              /* it is suspended by us … */
    bool rests;                /* … and at rest */
    enum stage next_stage;     /* when it goes on */
    int expiry_steps;
    struct expiry expiry;   /* of this sink, since the log was told */
    int64_t room_after_seq; /* where to look for what can be pruned now */
};

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

static bool may_say(struct retention *retention)
{
    int64_t now_ms = clock_mono_ms();
    if (retention->said_mono_ms != 0 && now_ms - retention->said_mono_ms < RETENTION_SAY_MS)
        return false;
    retention->said_mono_ms = now_ms;
    return true;
}

static void say_expired(struct retention *retention)
{
    if (retention->expiry.events == 0)
        return;
    log_warning("events expired to make room", {"sink", .text = retention->sink},
                {"events", .number = retention->expiry.events}, {"remedy", .text = FULL_REMEDY});
    retention->expiry.events = 0;
}

static void say_full(struct bus *bus, struct retention *retention)
{
    if (retention->is_full)
        return;
    retention->is_full = true;
    log_warning("the journal is at its limit", {"bytes", .number = retention->room.used_bytes},
                {"journal_max", .number = bus->config.journal_max_bytes},
                {"remedy", .text = "what is settled goes before its time, then the oldest pending "
                                   "events of the sink that has most; raise `journal_max` or lower "
                                   "`retain` in [bus]"});
}

/* It rests for a while: a full disk is not filled by asking it again and again. */
static void complain(struct retention *retention, const struct error *error)
{
    if (strcmp(retention->complaint, error->text) != 0 || may_say(retention))
        log_error("retention", {"error", .text = error->text},
                  {"remedy", .text = "it is tried again in a minute; nothing is lost, and the "
                                     "journal keeps more than it should"});
    snprintf(retention->complaint, sizeof retention->complaint, "%s", error->text);
    timer_start(retention->timer, RETENTION_SAY_MS);
}

/* ---- Transactions ---- */

/* Runs a step of the journal in one. 1 and 0 are the step's own. */
typedef int step_function(struct bus *bus, struct retention *retention, struct error *error);

static int in_transaction(struct bus *bus, step_function *step, struct error *error)
{
    struct retention *retention = bus->retention;
    struct prune prune_before = retention->prune;
    struct expiry expiry_before = retention->expiry;
    if (journal_begin(bus->journal, error) == 0) {
        int more = step(bus, retention, error);
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
    };
    retention->stage = STAGE_PASS;
}

static void end_pass(struct retention *retention)
{
    const struct prune *prune = &retention->prune;
    if (prune->events + prune->refused > 0)
        log_info("pruned", {"events", .number = prune->events},
                 {"refused", .number = prune->refused});
    retention->stage = STAGE_GIVING_BACK;
}

/* ---- Making room ---- */

static bool is_over(const struct bus *bus, int64_t per_cent)
{
    int64_t limit = bus->config.journal_max_bytes;
    return limit > 0 && bus->retention->room.used_bytes > limit / 100 * per_cent;
}

static void begin_room(struct retention *retention, enum stage stage)
{
    retention->prune = (struct prune){
        .retain_ms = 0,
        .retain_dead_ms = stage == STAGE_ROOM_DEAD ? 0 : RETAIN_FOR_EVER,
        .looked_at = retention->room_after_seq,
    };
    retention->stage = stage;
}

/* From the oldest event on. */
static void begin_making_room(struct bus *bus, struct retention *retention)
{
    say_full(bus, retention);
    retention->gained = 0;
    retention->room_after_seq = 0;
    begin_room(retention, STAGE_ROOM_SETTLED);
}

static struct sink *expiring_sink(struct bus *bus)
{
    const char *name = bus->retention->sink;
    return name[0] ? sink_names_find(bus, name) : NULL;
}

/* Whether there would be room if nothing were pending. */
static bool would_help(struct bus *bus, const struct retention *retention)
{
    int64_t bytes;
    struct error error;
    return journal_pending_bytes(bus->journal, &bytes, &error) == 0 &&
           retention->room.used_bytes - bytes < bus->config.journal_max_bytes;
}

/* The sink with most pending events, removed ones too. False when nothing is pending anywhere. */
static bool choose_sink(struct bus *bus, struct retention *retention)
{
    struct journal_sink now;
    struct error error;
    int64_t most = 0;
    const char *name;
    char chosen[NAME_BYTES_MAX] = "";
    for (size_t i = 0; (name = journal_sink_name(bus->journal, i)) != NULL; i++) {
        if (journal_sink_status(bus->journal, name, &now, &error) == 1 && now.pending > most) {
            most = now.pending;
            memcpy(chosen, name, strlen(name) + 1);
        }
    }
    if (strcmp(chosen, retention->sink) != 0)
        say_expired(retention);
    memcpy(retention->sink, chosen, sizeof chosen);
    retention->expiry.first_seq = 0;
    retention->expiry_steps = 0;
    retention->rests = false;
    return most > 0;
}

/* True when nothing of the sink is in flight. One that was removed rests always. */
static bool bring_to_rest(struct bus *bus, struct retention *retention)
{
    struct sink *sink = expiring_sink(bus);
    if (retention->rests || !sink)
        return true;
    if (!retention->is_ours) {
        if (sink->suspended)
            return false; /* somebody else is at it */
        sink->suspended = retention->is_ours = true;
    }
    retention->rests = rest_reached(sink);
    return retention->rests;
}

static void hand_back(struct bus *bus, struct retention *retention)
{
    struct sink *sink = expiring_sink(bus);
    if (retention->is_ours && sink && !rest_over(sink))
        return; /* again after a pause */
    retention->is_ours = retention->rests = false;
    retention->stage = retention->next_stage;
    bus->again = true;
}

static void hand_back_then(struct bus *bus, struct retention *retention, enum stage next)
{
    retention->next_stage = next;
    retention->stage = STAGE_HANDING_BACK;
    hand_back(bus, retention);
}

static int expire(struct bus *bus, struct retention *retention, struct error *error)
{
    struct journal_sink now;
    int known = journal_sink_status(bus->journal, retention->sink, &now, error);
    if (known <= 0)
        return known;
    return journal_expire(bus->journal, now.number, clock_unix_ms(), FULL_WHAT, FULL_REMEDY,
                          &retention->expiry, PRUNE_STEP_EVENTS, error);
}

/* 1 when there is more to expire at this sink before it goes on, 0 when it may, -1: failed. */
static int expire_some(struct bus *bus, struct retention *retention, struct error *error)
{
    int64_t before = retention->expiry.events;
    if (!bring_to_rest(bus, retention))
        return 1;
    int more = in_transaction(bus, expire, error);
    if (more < 0)
        return -1;
    int64_t expired = retention->expiry.events - before;
    retention->gained += expired;
    if (retention->expiry.first_seq > 0)
        retention->room_after_seq = retention->expiry.first_seq - 1;
    if (may_say(retention))
        say_expired(retention);
    return more && expired > 0 && ++retention->expiry_steps < RETENTION_EXPIRE_STEPS;
}

/* Nothing more can be given up that would help: what is left is mostly affiliates. */
static void end_in_vain(struct bus *bus, struct retention *retention)
{
    if (!retention->has_nothing)
        log_warning(
            "the journal is over its limit, and nothing can go",
            {"bytes", .number = retention->room.used_bytes},
            {"journal_max", .number = bus->config.journal_max_bytes},
            {"remedy", .text =
                           "raise `journal_max` in [bus]: affiliates are never pruned, and what is "
                           "pending is not given up where that would not help"});
    retention->has_nothing = true;
    retention->stage = STAGE_GIVING_BACK;
}

static void end_room(struct bus *bus, struct retention *retention)
{
    say_expired(retention);
    retention->has_nothing = false;
    hand_back_then(bus, retention, STAGE_GIVING_BACK);
}

/* What comes when a stage has no more to do and there is not room enough. */
static void next_room_stage(struct bus *bus, struct retention *retention)
{
    switch (retention->stage) {
    case STAGE_ROOM_SETTLED:
        retention->stage = STAGE_ROOM_REFUSED;
        break;
    case STAGE_ROOM_REFUSED:
        begin_room(retention, STAGE_ROOM_DEAD);
        break;
    case STAGE_ROOM_DEAD:
        if (would_help(bus, retention) && choose_sink(bus, retention))
            retention->stage = STAGE_ROOM_EXPIRY;
        else if (retention->gained == 0)
            end_in_vain(bus, retention);
        else
            begin_making_room(bus, retention);
        break;
    default:
        begin_room(retention, STAGE_ROOM_SETTLED);
        hand_back_then(bus, retention, STAGE_ROOM_SETTLED);
        break;
    }
}

/* 1 when this stage has more to do. */
static int room_step(struct bus *bus, struct retention *retention, struct error *error)
{
    if (retention->stage == STAGE_ROOM_EXPIRY)
        return expire_some(bus, retention, error);
    int64_t before = retention->prune.events + retention->prune.refused;
    int more =
        in_transaction(bus, retention->stage == STAGE_ROOM_REFUSED ? prune_refused : prune, error);
    retention->gained += retention->prune.events + retention->prune.refused - before;
    return more;
}

static int make_room(struct bus *bus, struct retention *retention, struct error *error)
{
    int more = room_step(bus, retention, error);
    if (more < 0 || journal_room(bus->journal, &retention->room, error) < 0) {
        hand_back_then(bus, retention, STAGE_RESTING);
        return -1;
    }
    if (!is_over(bus, RETENTION_BELOW))
        end_room(bus, retention);
    else if (!more)
        next_room_stage(bus, retention);
    return 0;
}

/* ---- One after the other ---- */

static int look(struct bus *bus, struct retention *retention, struct error *error)
{
    if (journal_room(bus->journal, &retention->room, error) < 0)
        return -1;
    if (!is_over(bus, RETENTION_BELOW))
        retention->is_full = retention->has_nothing = false;
    now_unix_ms(retention); /* so that a step of the clock is seen when it comes */
    if (is_over(bus, 100))
        begin_making_room(bus, retention);
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
        if (in_transaction(bus, give_back, error) < 0 ||
            journal_room(bus->journal, &retention->room, error) < 0)
            return -1;
    }
    if (retention->room.free_pages <= RETENTION_SPARE_PAGES || retention->room.free_pages >= before)
        retention->stage = STAGE_RESTING;
    return 0;
}

/* A pass that meets the limit is given up, and begins anew when there is room. */
static int pass_step(struct bus *bus, struct retention *retention, struct error *error)
{
    bool at_events = retention->stage == STAGE_PASS;
    if (journal_room(bus->journal, &retention->room, error) < 0)
        return -1;
    if (is_over(bus, 100)) {
        retention->passes = 0;
        retention->next_pass_mono_ms = clock_mono_ms();
        begin_making_room(bus, retention);
        return 0;
    }
    int more = in_transaction(bus, at_events ? prune : prune_refused, error);
    if (more == 0 && at_events) {
        retention->kept_seq = retention->prune.looked_at;
        retention->kept_latest_ms = retention->prune.latest_unix_ms;
        retention->stage = STAGE_PASS_REFUSED;
    } else if (more == 0) {
        end_pass(retention);
    }
    return more;
}

static int go_on(struct bus *bus, struct retention *retention, struct error *error)
{
    switch (retention->stage) {
    case STAGE_RESTING:
        return look(bus, retention, error);
    case STAGE_PASS:
    case STAGE_PASS_REFUSED:
        return pass_step(bus, retention, error);
    case STAGE_HANDING_BACK:
        hand_back(bus, retention);
        return 0;
    case STAGE_GIVING_BACK:
        return give_back_some(bus, retention, error);
    default:
        return make_room(bus, retention, error);
    }
}

/*
 * The next step comes when the loop has had nine times as long for everything else; while room is
 * made, as long. At rest, when it is time for another look.
 */
static void pause_for(struct retention *retention, int64_t took_ms)
{
    bool makes_room =
        retention->stage >= STAGE_ROOM_SETTLED && retention->stage <= STAGE_ROOM_EXPIRY;
    int64_t pause_ms = makes_room ? took_ms : 9 * took_ms;
    if (pause_ms < RETENTION_PAUSE_MIN_MS)
        pause_ms = RETENTION_PAUSE_MIN_MS;
    if (pause_ms > RETENTION_PAUSE_MAX_MS)
        pause_ms = RETENTION_PAUSE_MAX_MS;
    timer_start(retention->timer, retention->stage == STAGE_RESTING ? RETENTION_LOOK_MS : pause_ms);
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
    if (go_on(bus, retention, &error) < 0)
        complain(retention, &error);
    else
        pause_for(retention, clock_mono_ms() - began_ms);
}

/* ---- Status ---- */

void retention_describe(const struct bus *bus, json_t *described)
{
    const struct retention *retention = bus->retention;
    struct journal_room room;
    struct error error;
    int64_t limit = bus->config.journal_max_bytes;
    if (!retention || journal_room(bus->journal, &room, &error) < 0)
        return;
    char *note = NULL;
    if (retention->is_full)
        note = memory_format("the journal is at its limit of %lld bytes%s; raise `journal_max` or "
                             "lower `retain` in [bus]",
                             (long long)limit,
                             retention->has_nothing ? ", and nothing can go that would help"
                             : retention->sink[0]
                                 ? ": the oldest pending events expire, of the sink that has most"
                                 : ": what is settled goes before its time");
    json_object_set_new(described, "journal_bytes", json_integer(room.used_bytes));
    json_object_set_new(described, "journal_max", limit > 0 ? json_integer(limit) : json_null());
    json_object_set_new(described, "note", note ? json_string(note) : json_null());
    free(note);
}
