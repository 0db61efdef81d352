/*
 * See replay.h. Sinks are looked up by their names at each step, for one that is no longer
 * configured may be forgotten meanwhile.
 */
#include "core/bus/replay.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/error.h"
#include "core/base/limits.h"
#include "core/base/log.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/bus/answer.h"
#include "core/bus/bus.h"
#include "core/bus/client.h"
#include "core/bus/member.h"
#include "core/bus/reload.h"
#include "core/bus/rest.h"
#include "core/bus/sink_names.h"
#include "core/event/email.h"
#include "core/event/event.h"
#include "core/event/timestamp.h"
#include "core/journal/replay.h"

struct replaying {
    struct client *client;
    char source[NAME_BYTES_MAX];
    char target[NAME_BYTES_MAX];
    bool drops;            /* dead letters are dropped, and nothing is sent */
    bool dry;              /* only counted */
    const char *log_email; /* how a table shows addresses */
    bool rests;            /* the target has nothing in its window and is given nothing */
    struct replay replay;
    json_t *failure; /* what to answer instead */
    bool done;       /* but for what the sink is to know of it */
    struct replaying *next;
};

/* ---- What the client said: each reader gives NULL, or the refusal ---- */

/* The last event that came in before the time; *seq stays when the member is absent. */
static json_t *read_time(struct bus *bus, const json_t *command, const char *name, int64_t *seq)
{
    const char *text;
    int64_t unix_ms;
    struct error error;
    if (!json_object_get(command, name))
        return NULL;
    json_t *wrong = member_read_text(command, name, &text);
    if (wrong || timestamp_parse(text, &unix_ms) < 0) {
        json_decref(wrong);
        return answer_refusal(name, "type",
                              "%s: must be a time like 2026-03-18T12:00:00Z; leave it out for all",
                              name);
    }
    if (journal_seq_received_at(bus->journal, unix_ms, seq, &error) < 0)
        return answer_unavailable(error.text);
    return NULL;
}

static json_t *read_id(struct bus *bus, const json_t *command, struct replay_filter *filter)
{
    const char *id;
    struct journal_event event;
    enum event_via via;
    struct error error;
    json_t *wrong = member_read_text(command, "id", &id);
    if (wrong || !id)
        return wrong;
    int found = event_id_valid(id) ? journal_find(bus->journal, id, &event, &via, &error) : 0;
    if (found < 0)
        return answer_unavailable(error.text);
    if (found == 0)
        return answer_refusal("id", "unknown_id", "id: no event in the journal has this ID");
    if (event.seq <= filter->after_seq || event.seq > filter->until_seq)
        filter->until_seq = filter->after_seq; /* none: the times leave it out */
    else
        filter->after_seq = (filter->until_seq = event.seq) - 1;
    filter->whatever = true;
    journal_event_finish(&event);
    return NULL;
}

static json_t *read_email(struct bus *bus, const json_t *command, struct replay_filter *filter)
{
    const char *email;
    char trimmed[EMAIL_BYTES_MAX + 1], email_key[EMAIL_BYTES_MAX + 1];
    struct refusal refusal;
    struct affiliate affiliate;
    struct error error;
    json_t *wrong = member_read_text(command, "email", &email);
    if (wrong || !email)
        return wrong;
    if (email_parse(email, trimmed, email_key, &refusal) < 0)
        return answer_refusal_of(&refusal);
    int found = journal_affiliate(bus->journal, email_key, &affiliate, &error);
    if (found < 0)
        return answer_unavailable(error.text);
    if (found == 0)
        return answer_refusal("email", "unknown_email", "email: no event of this address came in");
    filter->affiliate = affiliate.number;
    return NULL;
}

static json_t *read_sinks(struct bus *bus, const json_t *command, struct replaying *asked)
{
    const char *source, *target;
    json_t *wrong = sink_names_read(command, &source);
    if (wrong)
        return wrong;
    if (!sink_names_in_journal(bus, source))
        return sink_names_refuse(bus, source, true);
    wrong = member_read_text(command, "to", &target);
    if (wrong)
        return wrong;
    if (!target)
        target = source;
    if (!asked->drops && !sink_names_find(bus, target))
        return target == source
                   ? answer_refusal("sink", "not_configured",
                                    "sink: %s is no longer configured; say to which sink its "
                                    "events are to go",
                                    source)
                   : answer_refusal("to", "unknown_sink", "to: no sink has this name");
    memcpy(asked->source, source, strlen(source) + 1); /* both are a known sink's */
    memcpy(asked->target, target, strlen(target) + 1);
    return NULL;
}

static json_t *read_filter(struct bus *bus, const json_t *command, struct replay_filter *filter)
{
    json_t *wrong = read_time(bus, command, "since", &filter->after_seq);
    if (!wrong)
        wrong = read_time(bus, command, "until", &filter->until_seq);
    if (!wrong)
        wrong = read_id(bus, command, filter);
    if (!wrong)
        wrong = read_email(bus, command, filter);
    if (!wrong)
        wrong = member_read_bool(command, "dead", &filter->only_dead);
    if (!wrong)
        wrong = member_read_bool(command, "superseded", &filter->with_superseded);
    return wrong;
}

static json_t *read_question(struct bus *bus, const json_t *command, struct replaying *asked)
{
    struct replay_filter *filter = &asked->replay.filter;
    filter->until_seq = journal_last_seq(bus->journal);
    asked->log_email = answer_log_email(&bus->config, command);
    json_t *wrong = read_sinks(bus, command, asked);
    if (!wrong)
        wrong = read_filter(bus, command, filter);
    if (!wrong)
        wrong = member_read_bool(command, "dry", &asked->dry);
    asked->replay.looked_at = filter->after_seq;
    return wrong;
}

/* ---- Beginning ---- */

static json_t *begin(struct bus *bus, struct client *client, const json_t *command, bool drops)
{
    struct replaying asked = {.client = client, .drops = drops};
    json_t *wrong = read_question(bus, command, &asked);
    if (!wrong)
        wrong = reload_refuse_busy(bus, asked.source);
    if (!wrong)
        wrong = reload_refuse_busy(bus, asked.target);
    if (wrong)
        return wrong;
    struct sink *target = sink_names_find(bus, asked.target);
    if (!drops && !asked.dry) {
        wrong = rest_refuse_busy(target);
        if (wrong)
            return wrong;
        rest_begin(target, SUSPENDED_BY_REPLAY);
    }
    struct replaying *begun = memory_new(1, sizeof *begun);
    *begun = asked;
    begun->next = bus->replays;
    bus->replays = begun;
    bus->again = true;
    return NULL;
}

bool replay_works_at(const struct bus *bus, const char *name)
{
    const struct replaying *replaying = bus->replays;
    while (replaying && !text_equal(replaying->source, name) &&
           !text_equal(replaying->target, name))
        replaying = replaying->next;
    return replaying != NULL;
}

json_t *replay_run(struct bus *bus, struct client *client, const json_t *command)
{
    return begin(bus, client, command, false);
}

json_t *replay_drop_run(struct bus *bus, struct client *client, const json_t *command)
{
    return begin(bus, client, command, true);
}

/* ---- The steps ---- */

/* False while something of the target is in flight or to be written. */
static bool bring_to_rest(struct replaying *replaying, struct sink *target)
{
    if (replaying->drops || replaying->dry || replaying->rests)
        return true;
    replaying->rests = rest_reached(target);
    return replaying->rests;
}

static int find_number(struct bus *bus, const char *name, int64_t *number, struct error *error)
{
    struct journal_sink record;
    int known = journal_sink_status(bus->journal, name, &record, error);
    if (known == 0)
        return error_set(error, "sink %s was forgotten meanwhile", name);
    *number = record.number;
    return known < 0 ? -1 : 0;
}

static int look(struct bus *bus, struct replaying *replaying, struct error *error)
{
    int (*const run)(struct journal *, struct replay *, bool, int, struct error *) =
        replaying->drops ? journal_drop : journal_replay;
    return run(bus->journal, &replaying->replay, !replaying->dry, REPLAY_STEP_EVENTS, error);
}

/* 1 when there is more, 0 when it was the last, -1 with the error. */
static int step(struct bus *bus, struct replaying *replaying, struct error *error)
{
    struct replay_filter *filter = &replaying->replay.filter;
    if (find_number(bus, replaying->source, &filter->source, error) < 0 ||
        find_number(bus, replaying->target, &filter->target, error) < 0)
        return -1;
    if (replaying->dry)
        return look(bus, replaying, error);
    if (journal_begin(bus->journal, error) < 0)
        return -1;
    int more = look(bus, replaying, error);
    if (more >= 0 && journal_commit(bus->journal, error) == 0)
        return more;
    journal_rollback(bus->journal);
    return -1;
}

/* True when the target knows what it has now, and goes on. */
static bool hand_back(struct bus *bus, const struct replaying *replaying)
{
    struct sink *target = sink_names_find(bus, replaying->target);
    return replaying->drops || replaying->dry || !target || rest_over(target);
}

/* True when it is over. */
static bool advance(struct bus *bus, struct replaying *replaying)
{
    struct error error;
    struct sink *target = sink_names_find(bus, replaying->target);
    if (!replaying->done) {
        if (target && !bring_to_rest(replaying, target))
            return false; /* what comes back from its host is a turn of the loop */
        int more = step(bus, replaying, &error);
        if (more < 0)
            replaying->failure = answer_unavailable(error.text);
        replaying->done = more <= 0;
        bus->again = true;
    }
    return replaying->done && hand_back(bus, replaying);
}

/* ---- The answer ---- */

static json_t *describe_superseded(const struct replay *replay)
{
    json_t *list = json_array();
    for (int i = 0; i < replay->listed_count; i++) {
        const struct superseded_event *event = &replay->listed[i];
        json_array_append_new(list, json_pack("{s:s,s:s,s:s}", "id", event->id, "email",
                                              event->email, "by", event->by));
    }
    return list;
}

static json_t *describe(const struct replaying *replaying)
{
    const struct replay *replay = &replaying->replay;
    if (replaying->drops)
        return json_pack("{s:b,s:s,s:I,s:b}", "ok", 1, "sink", replaying->source, "dropped",
                         (json_int_t)replay->events, "dry", replaying->dry);
    return json_pack("{s:b,s:s,s:s,s:I,s:I,s:o,s:b,s:I,s:I,s:b,s:s}", "ok", 1, "sink",
                     replaying->source, "to", replaying->target, "events",
                     (json_int_t)replay->events, "superseded", (json_int_t)replay->superseded,
                     "superseded_events", describe_superseded(replay), "more",
                     replay->superseded > replay->listed_count, "pending",
                     (json_int_t)replay->pending, "not_taken", (json_int_t)replay->not_taken, "dry",
                     replaying->dry, "log_email", replaying->log_email);
}

static void finish(struct replaying *replaying)
{
    json_t *answer = replaying->failure ? replaying->failure : describe(replaying);
    if (!replaying->dry && !replaying->failure)
        log_info(replaying->drops ? "dead letters dropped" : "events sent again",
                 {"sink", .text = replaying->target}, {"by", .text = replaying->source},
                 {"events", .number = replaying->replay.events});
    client_answer_command(replaying->client, answer);
    json_decref(answer);
    free(replaying);
}

void replay_step_all(struct bus *bus)
{
    struct replaying **link = &bus->replays;
    while (*link) {
        struct replaying *replaying = *link;
        if (!advance(bus, replaying)) {
            link = &replaying->next;
            continue;
        }
        *link = replaying->next;
        finish(replaying);
    }
}

void replay_stop_all(struct bus *bus)
{
    while (bus->replays) {
        struct replaying *replaying = bus->replays;
        bus->replays = replaying->next;
        json_decref(replaying->failure);
        free(replaying);
    }
}
