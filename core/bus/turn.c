/* See turn.h. */
#include "core/bus/turn.h"

#include <event2/event.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/log.h"
#include "core/base/memory.h"
#include "core/bus/answer.h"
#include "core/bus/bus.h"
#include "core/bus/client.h"
#include "core/bus/control.h"
#include "core/bus/spool.h"
#include "core/event/affiliate_id.h"

#define ANSWERS_A_TURN_MAX 8192
#define WRITE_RETRY_MS     1000

/* What one request gets back. */
enum answer_kind {
    ANSWER_ACCEPTED,    /* true only once the transaction is committed */
    ANSWER_UNAVAILABLE, /* the journal could not take it */
    ANSWER_REFUSED,
    ANSWER_COMMAND, /* carried out after the commit, so that it sees what came before it */
};

struct answer {
    struct client *client; /* NULL when it has gone */
    enum answer_kind kind;
    bool is_new;
    char id[EVENT_ID_SIZE];
    json_t *json; /* the refusal's answer, or the command */
};

/* ---- Events in ---- */

void turn_break(struct bus *bus, const char *reason)
{
    if (bus->broken)
        return;
    bus->broken = true;
    snprintf(bus->broken_text, sizeof bus->broken_text, "%s", reason);
}

void turn_watch_journal(struct bus *bus)
{
    struct stat status;
    bool gone = stat(bus->journal_path, &status) < 0 || status.st_ino != bus->journal_inode;
    if (gone && !bus->journal_gone)
        log_error("journal",
                  {"error", .text = "the file was removed or replaced while it was in use"},
                  {"file", .text = bus->journal_path},
                  {"remedy", .text = "put it back, or restart affnotifyd to begin a new one; until "
                                     "then no event is accepted"});
    bus->journal_gone = gone;
}

bool turn_begin(struct bus *bus)
{
    struct error error;
    if (bus->journal_gone)
        turn_break(bus, "the journal was removed or replaced; put it back, or restart affnotifyd");
    if (bus->broken || bus->in_transaction)
        return !bus->broken;
    if (journal_begin(bus->journal, &error) < 0)
        turn_break(bus, error.text);
    else
        bus->in_transaction = true;
    return bus->in_transaction;
}

static void report_collisions(const struct event *event, const struct arrival *arrival)
{
    if (arrival->id_has_other_email)
        log_warning(
            "one affiliate ID, two e-mails: the events are delivered as they came; find out "
            "which is right",
            {"affiliate_id", .text = event->affiliate_id}, {"seq", .number = arrival->seq});
    if (arrival->email_has_other_id)
        log_warning(
            "one e-mail, two affiliate IDs: the events are delivered as they came; find out "
            "which is right",
            {"affiliate_id", .text = event->affiliate_id}, {"before", .text = arrival->other_id},
            {"seq", .number = arrival->seq});
}

bool turn_take_event(struct bus *bus, const struct event_input *input, char id[EVENT_ID_SIZE],
                     bool *is_new)
{
    if (!turn_begin(bus))
        return false;
    struct error error;
    struct affiliate known;
    int found = journal_affiliate(bus->journal, input->email_key, &known, &error);
    if (found < 0) {
        turn_break(bus, error.text);
        return false;
    }
    struct event event;
    char canonical[EVENT_CANONICAL_BYTES_MAX + 1];
    int64_t now_unix_ms = clock_unix_ms();
    event_complete(input, found ? known.affiliate_id : NULL, found ? known.deep_link : NULL,
                   now_unix_ms, &event);
    size_t length = event_encode(&event, canonical);
    event_id(canonical, length, id);
    struct arrival arrival;
    if (journal_append(bus->journal, &event, input->email_key, id, canonical, length, input->via,
                       now_unix_ms, &arrival, &error) < 0) {
        turn_break(bus, error.text);
        return false;
    }
    report_collisions(&event, &arrival);
    *is_new = arrival.is_new;
    return true;
}

/* ---- Answers ---- */

bool turn_has_room(const struct bus *bus)
{
    return bus->answer_count < ANSWERS_A_TURN_MAX;
}

static struct answer *add_answer(struct bus *bus, struct client *client, enum answer_kind kind)
{
    if (bus->answer_count == bus->answer_capacity) {
        bus->answer_capacity = bus->answer_capacity ? 2 * bus->answer_capacity : 64;
        bus->answers = memory_resize(bus->answers, bus->answer_capacity, sizeof *bus->answers);
    }
    struct answer *answer = &bus->answers[bus->answer_count++];
    *answer = (struct answer){.client = client, .kind = kind};
    return answer;
}

void turn_answer_accepted(struct bus *bus, struct client *client, const char *id, bool is_new)
{
    struct answer *answer = add_answer(bus, client, ANSWER_ACCEPTED);
    snprintf(answer->id, sizeof answer->id, "%s", id);
    answer->is_new = is_new;
}

void turn_answer_unavailable(struct bus *bus, struct client *client)
{
    add_answer(bus, client, ANSWER_UNAVAILABLE);
}

void turn_answer_refused(struct bus *bus, struct client *client, const struct refusal *refusal)
{
    add_answer(bus, client, ANSWER_REFUSED)->json =
        answer_refusal(refusal->field, refusal->rule, refusal->message);
}

void turn_answer_command(struct bus *bus, struct client *client, json_t *command)
{
    add_answer(bus, client, ANSWER_COMMAND)->json = command;
}

void turn_forget_client(struct bus *bus, const struct client *client)
{
    for (size_t i = 0; i < bus->answer_count; i++) {
        if (bus->answers[i].client == client)
            bus->answers[i].client = NULL;
    }
}

static void send_accepted(const struct answer *answer)
{
    char line[128];
    int length = snprintf(line, sizeof line, "{\"ok\":true,\"id\":\"%s\",\"new\":%s}\n", answer->id,
                          answer->is_new ? "true" : "false");
    client_send(answer->client, line, (size_t)length);
}

static void send_answer(struct bus *bus, struct answer *answer)
{
    json_t *json = answer->json;
    answer->json = NULL;
    if (!answer->client) {
        json_decref(json);
        return;
    }
    if (answer->kind == ANSWER_ACCEPTED && !bus->broken) {
        send_accepted(answer);
        return;
    }
    if (answer->kind == ANSWER_ACCEPTED || answer->kind == ANSWER_UNAVAILABLE)
        json = answer_refusal("", "unavailable", bus->broken_text);
    if (answer->kind == ANSWER_COMMAND)
        control_run(bus, answer->client, json); /* it answers, now or later */
    else
        client_send_json(answer->client, json);
    json_decref(json);
}

static void send_answers(struct bus *bus)
{
    for (size_t i = 0; i < bus->answer_count; i++)
        send_answer(bus, &bus->answers[i]);
    bus->answer_count = 0;
}

/* ---- The transaction ---- */

static bool sinks_have_writes(const struct bus *bus)
{
    for (size_t i = 0; i < bus->sink_count; i++) {
        if (sink_has_writes(&bus->sinks[i]))
            return true;
    }
    return false;
}

static void write_sinks(struct bus *bus)
{
    struct error error;
    bus->sinks_written = true;
    for (size_t i = 0; i < bus->sink_count && !bus->broken; i++) {
        if (sink_has_writes(&bus->sinks[i]) &&
            sink_write(&bus->sinks[i], clock_unix_ms(), &error) < 0)
            turn_break(bus, error.text);
    }
}

/* True when the transaction is on disk. */
static bool commit(struct bus *bus)
{
    struct error error;
    if (!bus->in_transaction)
        return false;
    if (!bus->broken && journal_commit(bus->journal, &error) < 0)
        turn_break(bus, error.text);
    if (bus->broken)
        journal_rollback(bus->journal);
    bus->in_transaction = false;
    return !bus->broken;
}

static void after_commit(struct bus *bus)
{
    for (size_t i = 0; i < bus->sink_count && bus->sinks_written; i++) {
        if (sink_has_writes(&bus->sinks[i]))
            sink_committed(&bus->sinks[i]);
    }
}

/*
 * The journal would not take it. Outcomes stay in memory and are written again, by themselves, in a
 * second: what the senders keep handing in must not keep them from being settled.
 */
static void complain(struct bus *bus)
{
    if (evtimer_pending(bus->write_retry, NULL))
        return; /* it was said */
    log_error("journal", {"error", .text = bus->broken_text},
              {"remedy", .text = "nothing accepted is lost, and it goes on by itself once the disk "
                                 "has room or another tool has let go of the file"});
    struct timeval delay = {.tv_sec = WRITE_RETRY_MS / 1000};
    event_add(bus->write_retry, &delay);
}

static void write_outcomes_alone(struct bus *bus)
{
    if (!sinks_have_writes(bus))
        return;
    bus->broken = false;
    if (turn_begin(bus))
        write_sinks(bus);
    if (commit(bus))
        after_commit(bus);
    bus->broken = true;
}

void turn_end(struct bus *bus)
{
    bool had_transaction = bus->in_transaction;
    bus->sinks_written = false;
    bool retrying = evtimer_pending(bus->write_retry, NULL);
    if (sinks_have_writes(bus) && !retrying && turn_begin(bus))
        write_sinks(bus);
    if (commit(bus)) {
        after_commit(bus);
        spool_committed(bus);
    }
    spool_forget(bus);
    if (bus->broken) {
        complain(bus);
        if (had_transaction && !retrying)
            write_outcomes_alone(bus);
    }
    send_answers(bus);
    bus->broken = false;
    for (size_t i = 0; i < bus->sink_count; i++)
        bus->again = sink_pump(&bus->sinks[i]) || bus->again;
    if (!evtimer_pending(bus->write_retry, NULL))
        bus->again = bus->again || sinks_have_writes(bus);
}
