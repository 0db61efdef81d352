/* See skip.h. */
#include "core/bus/skip.h"

#include <assert.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
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
#include "core/event/timestamp.h"

struct skip {
    struct client *client;
    struct sink *sink; /* NULL for one that is no longer configured */
    char name[NAME_BYTES_MAX];
    int64_t number;
    int64_t until_seq;
    bool forgets;           /* a removed sink goes, once it owes nothing */
    int64_t skipped_before; /* the sink's count at the beginning */
    json_t *failure;        /* what to answer instead */
    bool done;              /* but for what the sink is to know of it */
    struct skip *next;
};

/* ---- What the client said ---- */

struct skip_question {
    const char *name;
    struct journal_sink record;
    int64_t until_seq;
    bool has_until;
    bool dry;
};

static json_t *read_sink(struct bus *bus, const json_t *command, struct skip_question *question)
{
    struct error error;
    json_t *wrong = sink_names_read(command, &question->name);
    if (wrong)
        return wrong;
    int known = journal_sink_status(bus->journal, question->name, &question->record, &error);
    if (known < 0)
        return answer_unavailable(error.text);
    return known ? NULL : sink_names_refuse(bus, question->name, true);
}

static json_t *read_until(struct bus *bus, const json_t *command, struct skip_question *question)
{
    const json_t *member = json_object_get(command, "until");
    const char *text = json_string_value(member);
    int64_t unix_ms;
    struct error error;
    question->has_until = member != NULL;
    question->until_seq = journal_last_seq(bus->journal);
    if (!member)
        return NULL;
    if (!text || strlen(text) != json_string_length(member) || timestamp_parse(text, &unix_ms) < 0)
        return answer_refusal("until", "type",
                              "until: must be a time like 2026-03-18T12:00:00Z; leave it out to "
                              "skip all");
    if (journal_seq_received_at(bus->journal, unix_ms, &question->until_seq, &error) < 0)
        return answer_unavailable(error.text);
    return NULL;
}

static json_t *read_question(struct bus *bus, const json_t *command, struct skip_question *question)
{
    *question = (struct skip_question){.dry = false};
    json_t *wrong = read_sink(bus, command, question);
    if (!wrong)
        wrong = read_until(bus, command, question);
    if (!wrong)
        wrong = member_read_bool(command, "dry", &question->dry);
    return wrong;
}

/* ---- The count alone ---- */

static json_t *count(struct bus *bus, const struct skip_question *question)
{
    struct error error;
    int64_t skippable;
    int more = journal_skippable(bus->journal, question->record.number, question->until_seq,
                                 &skippable, &error);
    if (more < 0)
        return answer_unavailable(error.text);
    bool configured = sink_names_find(bus, question->name) != NULL;
    return json_pack("{s:b,s:s,s:I,s:b,s:b,s:I,s:b}", "ok", 1, "sink", question->name, "skipped",
                     (json_int_t)skippable, "more", more > 0, "configured", configured, "dead",
                     (json_int_t)question->record.dead, "dry", 1);
}

/* ---- Beginning ---- */

bool skip_works_at(const struct bus *bus, const char *name)
{
    const struct skip *skip = bus->skips;
    while (skip && !text_equal(skip->name, name))
        skip = skip->next;
    return skip != NULL;
}

static json_t *refuse_busy(const struct bus *bus, const struct sink *sink,
                           const struct skip_question *question)
{
    if (skip_works_at(bus, question->name))
        return answer_refusal("sink", "busy", "sink: %s is being skipped already", question->name);
    if (sink && sink->suspended)
        return rest_refuse_busy(sink);
    if (sink && !rest_is_quiet(sink))
        return answer_refusal("sink", "busy",
                              "sink: %s has events in flight; hold it first: affnotify hold %s",
                              question->name, question->name);
    return NULL;
}

static void begin(struct bus *bus, struct client *client, struct sink *sink,
                  const struct skip_question *question)
{
    struct skip *skip = memory_new(1, sizeof *skip);
    *skip = (struct skip){
        .client = client,
        .sink = sink,
        .number = question->record.number,
        .until_seq = question->until_seq,
        .forgets = !sink && !question->has_until,
        .skipped_before = question->record.skipped,
        .next = bus->skips,
    };
    memcpy(skip->name, question->name, strlen(question->name) + 1); /* it is a known sink's */
    bus->skips = skip;
    bus->again = true;
    if (!sink)
        return;
    bool at_rest = rest_begin(sink, SUSPENDED_BY_SKIP) && rest_reached(sink);
    assert(at_rest); /* else it was refused */
}

json_t *skip_run(struct bus *bus, struct client *client, const json_t *command)
{
    struct skip_question question;
    json_t *wrong = read_question(bus, command, &question);
    if (wrong)
        return wrong;
    if (question.dry)
        return count(bus, &question);
    struct sink *sink = sink_names_find(bus, question.name);
    wrong = reload_refuse_busy(bus, question.name);
    if (!wrong)
        wrong = refuse_busy(bus, sink, &question);
    if (!wrong)
        begin(bus, client, sink, &question);
    return wrong;
}

/* ---- The steps ---- */

/* 1 when there is more, 0 when all is skipped, -1 with the error. */
static int step(struct bus *bus, const struct skip *skip, struct error *error)
{
    if (journal_begin(bus->journal, error) < 0)
        return -1;
    int more = journal_skip(bus->journal, skip->number, skip->until_seq, clock_unix_ms(),
                            SKIP_STEP_EVENTS, error);
    if (more >= 0 && journal_commit(bus->journal, error) == 0)
        return more;
    journal_rollback(bus->journal);
    return -1;
}

static json_t *describe(struct bus *bus, const struct skip *skip)
{
    struct journal_sink now;
    struct error error;
    if (journal_sink_status(bus->journal, skip->name, &now, &error) < 0)
        return answer_unavailable(error.text);
    int64_t skipped = now.skipped - skip->skipped_before;
    int removed = skip->forgets ? journal_remove_sink(bus->journal, skip->number, &error) : 0;
    if (removed < 0)
        return answer_unavailable(error.text);
    log_info("sink skipped", {"sink", .text = skip->name}, {"events", .number = skipped});
    return json_pack("{s:b,s:s,s:I,s:b}", "ok", 1, "sink", skip->name, "skipped",
                     (json_int_t)skipped, "forgotten", removed > 0);
}

/* True when it is over. */
static bool advance(struct bus *bus, struct skip *skip)
{
    struct error error;
    if (!skip->done) {
        int more = step(bus, skip, &error);
        if (more < 0)
            skip->failure = answer_unavailable(error.text);
        skip->done = more <= 0;
    }
    return skip->done && (!skip->sink || rest_over(skip->sink));
}

static void finish(struct bus *bus, struct skip *skip)
{
    json_t *answer = skip->failure ? skip->failure : describe(bus, skip);
    client_answer_command(skip->client, answer);
    json_decref(answer);
    free(skip);
}

void skip_step_all(struct bus *bus)
{
    struct skip **link = &bus->skips;
    while (*link) {
        struct skip *skip = *link;
        bus->again = bus->again || !skip->done;
        if (!advance(bus, skip)) {
            link = &skip->next;
            continue;
        }
        *link = skip->next;
        finish(bus, skip);
    }
}

void skip_stop_all(struct bus *bus)
{
    while (bus->skips) {
        struct skip *skip = bus->skips;
        bus->skips = skip->next;
        json_decref(skip->failure);
        free(skip);
    }
}
