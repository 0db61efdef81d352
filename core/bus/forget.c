/*
 * See forget.h.
 *
 *     all sinks come to rest ─► events ─► the sinks go on ─► refused ─► texts ─► keys
 *         ─► the log is emptied
 *
 * A question that only counts begins with the events, disturbs no sink, and ends with refused.
 */
#include "core/bus/forget.h"

#include <event2/event.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/limits.h"
#include "core/base/log.h"
#include "core/base/memory.h"
#include "core/bus/answer.h"
#include "core/bus/bus.h"
#include "core/bus/client.h"
#include "core/bus/member.h"
#include "core/bus/rest.h"
#include "core/bus/timer.h"
#include "core/event/email.h"
#include "core/event/refusal.h"
#include "core/journal/address.h"
#include "core/journal/forget.h"
#include "core/journal/retention.h"

enum forget_stage {
    FORGET_BEGINNING,
    FORGET_EVENTS,
    FORGET_HANDING_BACK,
    FORGET_REFUSED,
    FORGET_TEXTS,
    FORGET_KEYS, /* what senders called the events that have gone, these and others */
    FORGET_LOG,
    FORGET_DONE,
};

struct forget {
    struct client *client;
    enum forget_stage stage;
    struct forgetting forgetting;
    struct prune keys;
    bool has_sinks;      /* they are suspended by us */
    json_t *failure;     /* what to answer instead */
    struct event *timer; /* before the log is tried again */
    int log_tries;
    bool log_is_empty;
};

/* ---- Beginning ---- */

static void on_timer(evutil_socket_t fd, short what, void *argument)
{
    (void)fd;
    (void)what;
    (void)argument; /* the turn that it begins goes on */
}

static json_t *read_email(const json_t *command, char email_key[EMAIL_BYTES_MAX + 1])
{
    const char *email;
    char trimmed[EMAIL_BYTES_MAX + 1];
    struct refusal refusal;
    json_t *wrong = member_read_text(command, "email", &email);
    if (wrong)
        return wrong;
    if (!email)
        return answer_refusal("email", "missing", "email: an e-mail address is needed, as text");
    if (email_parse(email, trimmed, email_key, &refusal) < 0)
        return answer_refusal_of(&refusal);
    return NULL;
}

json_t *forget_run(struct bus *bus, struct client *client, const json_t *command)
{
    struct forgetting asked = {.email_key = ""};
    bool dry;
    json_t *wrong = read_email(command, asked.email_key);
    if (!wrong)
        wrong = member_read_bool(command, "dry", &dry);
    if (wrong)
        return wrong;
    if (bus->forget)
        return answer_refusal("email", "busy",
                              "email: another address is being forgotten; try again when that has "
                              "been answered");
    asked.erases = !dry;
    bus->forget = memory_new(1, sizeof *bus->forget);
    *bus->forget = (struct forget){
        .client = client,
        .stage = dry ? FORGET_EVENTS : FORGET_BEGINNING,
        .forgetting = asked,
        .timer = evtimer_new(bus->base, on_timer, NULL),
    };
    bus->again = true;
    return NULL;
}

/* ---- The sinks ---- */

/*
 * All of them are taken at once: while somebody else is at one, none is, so that nobody waits for
 * the other. One that a reload brings meanwhile is taken too, once nobody else is at it.
 */
static bool take_sinks(struct bus *bus, struct forget *forget)
{
    for (size_t i = 0; i < bus->sink_count && !forget->has_sinks; i++) {
        if (bus->sinks[i]->suspended)
            return false;
    }
    forget->has_sinks = true;
    bool at_rest = true;
    for (size_t i = 0; i < bus->sink_count; i++) {
        struct sink *sink = bus->sinks[i];
        at_rest = rest_begin(sink, SUSPENDED_BY_FORGET) && rest_reached(sink) && at_rest;
    }
    return at_rest;
}

/* What they have in memory may name the person, too. */
static void blot(struct sink *sink, const char *email_key)
{
    char *texts[] = {sink->held_what, sink->held_remedy, sink->problem, sink->remedy};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (address_in(texts[i], strlen(texts[i]), email_key))
            texts[i][0] = '\0';
    }
}

/* True when all go on. */
static bool hand_back(struct bus *bus, struct forget *forget)
{
    bool all = true;
    for (size_t i = 0; i < bus->sink_count && forget->has_sinks; i++) {
        struct sink *sink = bus->sinks[i];
        if (sink->suspended != SUSPENDED_BY_FORGET)
            continue; /* it was handed back before, and may be somebody else's by now */
        blot(sink, forget->forgetting.email_key);
        all = rest_over(sink) && all;
    }
    forget->has_sinks = !all;
    return all;
}

/* ---- The steps ---- */

static int look(struct bus *bus, struct forget *forget, struct error *error)
{
    struct forgetting *forgetting = &forget->forgetting;
    switch (forget->stage) {
    case FORGET_EVENTS:
        return journal_forget_events(bus->journal, forgetting, PRUNE_STEP_EVENTS, clock_unix_ms(),
                                     error);
    case FORGET_REFUSED:
        return journal_forget_refused(bus->journal, forgetting, PRUNE_STEP_REFUSED, error);
    case FORGET_KEYS:
        return journal_prune_keys(bus->journal, &forget->keys, PRUNE_STEP_KEYS, error);
    default:
        return journal_forget_texts(bus->journal, forgetting, FORGET_STEP_ROWS, error);
    }
}

/* 1 when the stage has more to do, 0 when not, -1 with the error. */
static int step(struct bus *bus, struct forget *forget, struct error *error)
{
    if (!forget->forgetting.erases)
        return look(bus, forget, error);
    if (journal_begin(bus->journal, error) < 0)
        return -1;
    int more = look(bus, forget, error);
    if (more >= 0 && journal_commit(bus->journal, error) == 0)
        return more;
    journal_rollback(bus->journal);
    return -1;
}

static enum forget_stage stage_after(const struct forget *forget)
{
    bool erases = forget->forgetting.erases;
    switch (forget->stage) {
    case FORGET_BEGINNING:
        return FORGET_EVENTS;
    case FORGET_EVENTS:
        return erases ? FORGET_HANDING_BACK : FORGET_REFUSED;
    case FORGET_HANDING_BACK:
        return forget->failure ? FORGET_DONE : FORGET_REFUSED;
    case FORGET_REFUSED:
        return erases ? FORGET_TEXTS : FORGET_DONE;
    case FORGET_TEXTS:
        return FORGET_KEYS;
    case FORGET_KEYS:
        return FORGET_LOG;
    default:
        return FORGET_DONE;
    }
}

/* True when the log is empty, or another program will not let go of it. */
static bool empty_log(struct bus *bus, struct forget *forget, struct error *error)
{
    if (evtimer_pending(forget->timer, NULL))
        return false;
    int got = journal_empty_log(bus->journal, error);
    forget->log_is_empty = got > 0;
    if (forget->log_is_empty || ++forget->log_tries == FORGET_LOG_TRIES)
        return true;
    timer_start(forget->timer, 1000);
    return false;
}

static void fail(struct forget *forget, const struct error *error)
{
    forget->failure = answer_unavailable(error->text);
    forget->stage = forget->has_sinks ? FORGET_HANDING_BACK : FORGET_DONE;
}

/* What a stage waits for comes with a turn of the loop; what has more to do asks for one. */
static void advance(struct bus *bus, struct forget *forget)
{
    struct error error;
    int more = 0;
    bool is_over = true;
    switch (forget->stage) {
    case FORGET_BEGINNING:
        is_over = take_sinks(bus, forget);
        break;
    case FORGET_HANDING_BACK:
        is_over = hand_back(bus, forget);
        break;
    case FORGET_LOG:
        is_over = empty_log(bus, forget, &error);
        break;
    default:
        if (forget->has_sinks && !take_sinks(bus, forget))
            return; /* a reload has brought one */
        more = step(bus, forget, &error);
        break;
    }
    if (more < 0) {
        fail(forget, &error);
        bus->again = true;
    } else if (is_over) {
        forget->stage = more ? forget->stage : stage_after(forget);
        bus->again = true;
    }
}

/* ---- The answer ---- */

static bool found_anything(const struct forgetting *forgetting)
{
    return forgetting->is_known || forgetting->refused > 0 || forgetting->texts > 0;
}

static json_t *describe(const struct forget *forget)
{
    const struct forgetting *forgetting = &forget->forgetting;
    if (!found_anything(forgetting))
        return answer_refusal("email", "unknown_email",
                              "email: the journal holds nothing of this address");
    json_t *answer =
        json_pack("{s:b,s:s,s:o,s:I,s:I,s:I,s:b}", "ok", 1, "email_key", forgetting->email_key,
                  "affiliate_id", answer_text_or_null(forgetting->affiliate_id), "events",
                  (json_int_t)forgetting->events, "pending", (json_int_t)forgetting->pending,
                  "refused", (json_int_t)forgetting->refused, "dry", !forgetting->erases);
    if (forgetting->erases) {
        json_object_set_new(answer, "texts", json_integer(forgetting->texts));
        json_object_set_new(answer, "complete", json_boolean(forget->log_is_empty));
    }
    return answer;
}

static void finish(struct bus *bus, struct forget *forget)
{
    const struct forgetting *forgetting = &forget->forgetting;
    json_t *answer = forget->failure ? forget->failure : describe(forget);
    if (forgetting->erases && !forget->failure && found_anything(forgetting))
        log_info("affiliate forgotten", {"affiliate_id", .text = forgetting->affiliate_id},
                 {"events", .number = forgetting->events},
                 {"pending", .number = forgetting->pending},
                 {"refused", .number = forgetting->refused});
    client_answer_command(forget->client, answer);
    json_decref(answer);
    event_free(forget->timer);
    free(forget);
    bus->forget = NULL;
}

void forget_step(struct bus *bus)
{
    if (!bus->forget)
        return;
    advance(bus, bus->forget);
    if (bus->forget->stage == FORGET_DONE)
        finish(bus, bus->forget);
}

void forget_stop(struct bus *bus)
{
    if (!bus->forget)
        return;
    json_decref(bus->forget->failure);
    event_free(bus->forget->timer);
    free(bus->forget);
    bus->forget = NULL;
}
