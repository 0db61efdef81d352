/*
 * See retention_parts.h; making room. What is settled goes first, then refused inputs, then what
 * senders called events that have gone, then dead letters, then the oldest pending events of the
 * sink that has most, and from the beginning.
 */
#include "core/bus/retention_parts.h"

#include <string.h>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/log.h"
#include "core/bus/bus.h"
#include "core/bus/rest.h"
#include "core/bus/sink_names.h"

#define FULL_WHAT   "given up to make room: the journal had reached `journal_max`"
#define FULL_REMEDY "raise `journal_max` in [bus], or see that this sink gets its events in time"

/* ---- The log ---- */

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

/* ---- What is settled ---- */

bool retention_is_over(const struct bus *bus, int64_t per_cent)
{
    int64_t limit = bus->config.journal_max_bytes;
    return limit > 0 && bus->retention->room.used_bytes > limit / 100 * per_cent;
}

/* The keys are walked once: they take little, and what is looked for is mostly at the beginning. */
static void begin_pruning(struct retention *retention, enum retention_stage stage)
{
    struct key_place keys_looked_at = retention->prune.keys_looked_at;
    retention->prune = (struct prune){
        .retain_ms = 0,
        .retain_dead_ms = stage == RETENTION_ROOM_DEAD ? 0 : RETAIN_FOR_EVER,
        .looked_at = retention->room_after_seq,
        .keys_looked_at = keys_looked_at,
    };
    retention->stage = stage;
}

void retention_begin_room(struct bus *bus, struct retention *retention)
{
    say_full(bus, retention);
    say_expired(retention);
    retention->sink[0] = '\0';
    retention->gained = 0;
    retention->room_after_seq = 0;
    retention->prune.keys_looked_at = (struct key_place){.key = ""};
    begin_pruning(retention, RETENTION_ROOM_SETTLED);
}

/* ---- What is pending ---- */

static struct sink *expiring_sink(struct bus *bus)
{
    const char *name = bus->retention->sink;
    return name[0] ? sink_names_find(bus, name) : NULL;
}

/* 1 when there would be room if nothing were pending, 0 when not; -1 with the error. */
static int would_help(struct bus *bus, const struct retention *retention, struct error *error)
{
    int64_t bytes;
    if (journal_pending_bytes(bus->journal, &bytes, error) < 0)
        return -1;
    return retention->room.used_bytes - bytes < bus->config.journal_max_bytes;
}

/*
 * The sink with most pending events, removed ones too. 1, or 0 when nothing is pending anywhere; -1
 * with the error.
 */
static int choose_sink(struct bus *bus, struct retention *retention, struct error *error)
{
    struct journal_sink now;
    int64_t most = 0;
    const char *name;
    char chosen[NAME_BYTES_MAX] = "";
    for (size_t i = 0; (name = journal_sink_name(bus->journal, i)) != NULL; i++) {
        int known = journal_sink_status(bus->journal, name, &now, error);
        if (known < 0)
            return -1;
        if (known > 0 && now.pending > most) {
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
    retention->rests = rest_begin(sink, SUSPENDED_BY_RETENTION) && rest_reached(sink);
    return retention->rests;
}

void retention_hand_back(struct bus *bus, struct retention *retention)
{
    struct sink *sink = expiring_sink(bus);
    if (sink && sink->suspended == SUSPENDED_BY_RETENTION && !rest_over(sink))
        return; /* again after a pause */
    retention->rests = false;
    retention->stage = retention->next_stage;
    bus->again = true;
}

static void hand_back_then(struct bus *bus, struct retention *retention, enum retention_stage next)
{
    retention->next_stage = next;
    retention->stage = RETENTION_HANDING_BACK;
    retention_hand_back(bus, retention);
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
    int more = retention_in_transaction(bus, expire, error);
    if (more < 0)
        return -1;
    int64_t expired = retention->expiry.events - before;
    retention->gained += expired;
    if (retention->expiry.first_seq > 0)
        retention->room_after_seq = retention->expiry.first_seq - 1;
    if (retention_may_say(retention))
        say_expired(retention);
    return more && expired > 0 && ++retention->expiry_steps < RETENTION_EXPIRE_STEPS;
}

/* ---- Stage by stage ---- */

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
    retention->stage = RETENTION_GIVING_BACK;
}

static void end_room(struct bus *bus, struct retention *retention)
{
    say_expired(retention);
    retention->has_nothing = false;
    hand_back_then(bus, retention, RETENTION_GIVING_BACK);
}

/* When nothing but pending events is left. -1 with the error: nothing is decided. */
static int turn_to_pending(struct bus *bus, struct retention *retention, struct error *error)
{
    int result = would_help(bus, retention, error);
    if (result > 0)
        result = choose_sink(bus, retention, error);
    if (result > 0) {
        retention->has_nothing = false;
        retention->stage = RETENTION_ROOM_EXPIRY;
    } else if (result == 0 && retention->gained == 0) {
        end_in_vain(bus, retention);
    } else if (result == 0) {
        retention_begin_room(bus, retention);
    }
    return result;
}

/* What comes when a stage has no more to do and there is not room enough. -1 with the error. */
static int next_room_stage(struct bus *bus, struct retention *retention, struct error *error)
{
    switch (retention->stage) {
    case RETENTION_ROOM_SETTLED:
        retention->stage = RETENTION_ROOM_REFUSED;
        break;
    case RETENTION_ROOM_REFUSED:
        retention->stage = RETENTION_ROOM_KEYS;
        break;
    case RETENTION_ROOM_KEYS:
        begin_pruning(retention, RETENTION_ROOM_DEAD);
        break;
    case RETENTION_ROOM_DEAD:
        return turn_to_pending(bus, retention, error);
    default:
        begin_pruning(retention, RETENTION_ROOM_SETTLED);
        hand_back_then(bus, retention, RETENTION_ROOM_SETTLED);
        break;
    }
    return 0;
}

/* 1 when this stage has more to do. */
static int room_step(struct bus *bus, struct retention *retention, struct error *error)
{
    if (retention->stage == RETENTION_ROOM_EXPIRY)
        return expire_some(bus, retention, error);
    int64_t before = retention_pruned(retention);
    int more = retention_prune(bus, error);
    retention->gained += retention_pruned(retention) - before;
    return more;
}

int retention_make_room(struct bus *bus, struct retention *retention, struct error *error)
{
    int more = room_step(bus, retention, error);
    bool failed = more < 0 || journal_room(bus->journal, &retention->room, error) < 0;
    if (!failed && !retention_is_over(bus, RETENTION_BELOW))
        end_room(bus, retention);
    else if (!failed && !more)
        failed = next_room_stage(bus, retention, error) < 0;
    if (failed)
        hand_back_then(bus, retention, RETENTION_RESTING);
    return failed ? -1 : 0;
}
