/* What happened, as the model was told. See model.h; what follows from it is in the other files. */
#include <assert.h>
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/model_state.h"

#define DEATHS_MAX      3
#define WRITE_AGAIN_MS  2000              /* what could not be written is tried again each second */
#define RETRY_LEAST(ms) ((ms) - (ms) / 5) /* a fifth of jitter, either way */
#define RETRY_MOST(ms)  ((ms) + (ms) / 5)

static const char *const rule_names[RULE_COUNT] = {
    [RULE_ACCEPTED] = "what was answered accepted is in the file",
    [RULE_AFFILIATE] = "one affiliate for one e-mail",
    [RULE_START] = "a new sink begins where it is told to",
    [RULE_ONE_STATE] = "one state at each sink",
    [RULE_LOST] = "nothing accepted is lost",
    [RULE_STAYS] = "what is settled stays so but for a replay",
    [RULE_DELIVERED] = "delivered only by a verdict",
    [RULE_DEAD] = "a dead letter only for a reason",
    [RULE_EXPIRED] = "expired only when old",
    [RULE_SKIPPED] = "skipped only by a skip",
    [RULE_SKIPPED_ALL] = "a skip leaves nothing pending",
    [RULE_SUPERSEDED] = "no replay of what is superseded",
    [RULE_PRUNED] = "pruned only when settled and old",
    [RULE_CHARGED] = "charged only what was attempted",
    [RULE_RECORDED] = "what came back is recorded",
    [RULE_COUNTS] = "a sink's counts are its rows",
    [RULE_PENDING] = "the pending count is what is pending",
    [RULE_OWED] = "only what is owed goes out",
    [RULE_ONCE] = "in one batch at a time",
    [RULE_WINDOW] = "a window of 1,024 events",
    [RULE_BATCHES] = "batches in flight",
    [RULE_BATCH_SIZE] = "a batch's size",
    [RULE_ORDER_AFFILIATE] = "order of an affiliate",
    [RULE_ORDER_JOURNAL] = "order of the journal",
    [RULE_ATTEMPT] = "the attempt's number, the mark of a replay",
    [RULE_RETRY_TIME] = "no retry before its time",
    [RULE_STALE] = "nothing older than expire is sent",
    [RULE_ALONE] = "after a death alone",
    [RULE_SINGLY] = "after a refused batch one by one",
    [RULE_DIGEST] = "a digest waits for more",
    [RULE_RATE] = "rate",
    [RULE_HELD_BY_HAND] = "a hold by hand lets nothing out",
    [RULE_HELD] = "a hold lasts its time",
    [RULE_PROBE] = "one probe after a hold",
    [RULE_COMPARISON] = "one comparison after MISSET",
    [RULE_HAND_KEPT] = "a hold by hand is kept in the file",
    [RULE_STARVED] = "what may go is in flight",
    [RULE_OUTCOME] = "an outcome is for a batch that went out",
    [RULE_END] = "at the end all is settled",
};

/* ---- A rule ---- */

static void name_event(const struct known_event *event, char text[64])
{
    text[0] = '\0';
    if (!event)
        return;
    size_t at = (size_t)snprintf(text, 64, ", evt_");
    for (int i = 0; i < MODEL_ID_BYTES; i++)
        at += (size_t)snprintf(text + at, 64 - at, "%02x", event->id[i]);
    snprintf(text + at, 64 - at, " (seq %lld)", (long long)event->seq);
}

bool model_rule(struct model *model, enum rule rule, bool holds, const struct model_sink *sink,
                const struct known_event *event, const char *format, ...)
{
    model->counts[rule].checked++;
    if (holds || model->broken[0])
        return holds;
    char who[64], why[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(why, sizeof why, format, arguments);
    va_end(arguments);
    name_event(event, who);
    snprintf(model->broken, sizeof model->broken, "%s: %s%s: %s", rule_names[rule],
             sink ? sink->name : "journal", who, why);
    return false;
}

/* ---- A model ---- */

struct model *model_new(const char *journal_path)
{
    struct model *model = calloc(1, sizeof *model);
    assert(model);
    model->path = strdup(journal_path);
    for (int i = 0; i < RULE_COUNT; i++)
        model->counts[i].rule = rule_names[i];
    return model;
}

static void drop_batches(struct model_sink *sink)
{
    for (size_t i = 0; i < sink->batch_capacity; i++)
        free(sink->batches[i].seqs);
    free(sink->batches);
    sink->batches = NULL;
    sink->batch_capacity = 0;
    sink->batch_count = sink->in_flight = 0;
}

void model_free(struct model *model)
{
    if (!model)
        return;
    model_close(model);
    for (size_t i = 0; i < model->sink_count; i++) {
        drop_batches(&model->sinks[i]);
        free(model->sinks[i].deliveries);
    }
    free(model->rows);
    free(model->events);
    free(model->path);
    free(model);
}

const struct model_count *model_counts(const struct model *model, size_t *count)
{
    *count = RULE_COUNT;
    return model->counts;
}

/* ---- Who ---- */

struct model_sink *model_sink_named(struct model *model, const char *name)
{
    for (size_t i = 0; i < model->sink_count; i++)
        if (strcmp(model->sinks[i].name, name) == 0)
            return &model->sinks[i];
    return NULL;
}

struct model_sink *model_sink_numbered(struct model *model, int64_t number)
{
    for (size_t i = 0; i < model->sink_count; i++)
        if (model->sinks[i].number == number)
            return &model->sinks[i];
    return NULL;
}

static unsigned digit(char hex)
{
    return (unsigned)(hex <= '9' ? hex - '0' : hex - 'a' + 10);
}

int64_t model_event_by_id(const struct model *model, const char *id)
{
    unsigned char bytes[MODEL_ID_BYTES];
    assert(strlen(id) == 4 + 2 * MODEL_ID_BYTES);
    for (int i = 0; i < MODEL_ID_BYTES; i++)
        bytes[i] = (unsigned char)(digit(id[4 + 2 * i]) << 4 | digit(id[5 + 2 * i]));
    for (size_t i = model->event_count; i > 0; i--)
        if (!model->events[i - 1].gone &&
            memcmp(model->events[i - 1].id, bytes, MODEL_ID_BYTES) == 0)
            return (int64_t)i - 1;
    return -1;
}

int64_t model_event_by_seq(const struct model *model, int64_t seq)
{
    size_t low = 0, high = model->event_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (model->events[middle].seq < seq)
            low = middle + 1;
        else
            high = middle;
    }
    bool found = low < model->event_count && model->events[low].seq == seq;
    return found ? (int64_t)low : -1;
}

struct batch *model_batch(struct model_sink *sink, uint32_t number)
{
    for (size_t i = 0; i < sink->batch_capacity; i++)
        if (sink->batches[i].number == number)
            return &sink->batches[i];
    return NULL;
}

bool model_is_owed(const struct delivery *delivery)
{
    return delivery->place == PLACE_PENDING || delivery->place == PLACE_WAITING;
}

bool model_is_ordered(const struct model_sink *sink)
{
    return sink->config.order == MODEL_ORDER_JOURNAL;
}

void model_forget_delivery(struct delivery *delivery)
{
    *delivery =
        (struct delivery){.place = delivery->place, .row = delivery->row, .batch = delivery->batch};
}

/* ---- The bus ---- */

void model_time(struct model *model, struct model_now now)
{
    assert(now.mono >= model->now.mono);
    model->now = now;
    if (now.unix_ms > model->unix_max_ms)
        model->unix_max_ms = now.unix_ms;
    if (now.unix_ms > model->unix_ever_ms)
        model->unix_ever_ms = now.unix_ms;
}

void model_disk(struct model *model, bool broken)
{
    model->disk_broken = broken;
    model->disk_failed = model->disk_failed || broken;
    model->disk_well_mono_ms = model->now.mono + WRITE_AGAIN_MS;
}

void model_forget_delay(struct delivery *delivery)
{
    delivery->retry_mono_ms = delivery->retry_unix_ms = delivery->retry_latest_mono_ms = 0;
}

/* What only a bus's memory knows of a sink is gone; the file has the rest. */
static void begin_anew(struct model *model, struct model_sink *sink)
{
    drop_batches(sink);
    sink->open = false;
    sink->idle_since_mono_ms = 0;
    sink->asked = 0;
    sink->hold = (struct hold){.state = HOLD_NONE};
    if (sink->held_by_hand)
        model_hold_by_hand(sink);
    model_rate_reset(model, sink);
    for (size_t i = 0; i < model->event_count && sink->number != 0; i++) {
        struct delivery *delivery = &sink->deliveries[i];
        delivery->batch = 0;
        delivery->sent = delivery->singly = false;
    }
}

/*
 * What was told and is not in the file was lost with a bus. Not before the next one has opened the
 * file: a commit whose sync failed is found in the log then, or is not.
 */
static void believe_file(struct model *model, struct model_sink *sink)
{
    sink->skips = sink->replays = sink->drops = sink->superseded_too = false;
    if (model->disk_failed && sink->number != 0) {
        sink->held_by_hand = sink->figures.held != 0;
        sink->hold = (struct hold){.state = HOLD_NONE};
        if (sink->held_by_hand)
            model_hold_by_hand(sink);
    }
    for (size_t i = 0; i < model->event_count && sink->number != 0; i++) {
        struct delivery *delivery = &sink->deliveries[i];
        if (!model_is_owed(delivery))
            continue;
        if (delivery->charged != delivery->row.attempts)
            model_forget_delay(delivery);
        delivery->delivered = delivery->may_die = false;
        delivery->charged = delivery->row.attempts;
        delivery->deaths = delivery->row.deaths;
        delivery->suspect = delivery->row.alone;
    }
}

static bool is_named(const struct model_config *config, const char *name)
{
    for (size_t i = 0; i < config->count; i++)
        if (strcmp(config->sinks[i].name, name) == 0)
            return true;
    return false;
}

static struct model_sink *take_over(struct model *model, const struct model_config *config,
                                    const struct model_sink_config *said)
{
    struct model_sink *sink = model_sink_named(model, said->name);
    if (!sink && said->was[0] && !is_named(config, said->was)) {
        sink = model_sink_named(model, said->was);
        if (sink)
            snprintf(sink->name, sizeof sink->name, "%s", said->name);
    }
    if (sink)
        return sink;
    assert(model->sink_count < MODEL_SINKS_MAX);
    sink = &model->sinks[model->sink_count++];
    *sink = (struct model_sink){.number = 0};
    snprintf(sink->name, sizeof sink->name, "%s", said->name);
    return sink;
}

/* Whether its section says something else than before. */
static bool is_changed(const struct model_sink *sink, const struct model_sink_config *said)
{
    const struct model_sink_config *was = &sink->config;
    return !sink->configured || was->enabled != said->enabled ||
           was->takes_created != said->takes_created ||
           was->takes_deactivated != said->takes_deactivated ||
           was->makes_requests != said->makes_requests || was->timeout_ms != said->timeout_ms ||
           was->retry_count != said->retry_count ||
           memcmp(was->retry_ms, said->retry_ms, said->retry_count * sizeof *said->retry_ms) != 0 ||
           was->rate_an_hour != said->rate_an_hour || was->concurrency != said->concurrency ||
           was->batch != said->batch || was->digest_ms != said->digest_ms ||
           was->expire_ms != said->expire_ms || was->order != said->order ||
           was->start != said->start || strcmp(sink->was, said->was) != 0;
}

static void configure(struct model *model, const struct model_config *config, bool all)
{
    for (size_t i = 0; i < model->sink_count; i++) {
        struct model_sink *sink = &model->sinks[i];
        if (sink->configured && !is_named(config, sink->name))
            begin_anew(model, sink);
    }
    for (size_t i = 0; i < config->count; i++) {
        struct model_sink *sink = take_over(model, config, &config->sinks[i]);
        if (!all && !is_changed(sink, &config->sinks[i])) {
            if (config->sinks[i].anew)
                begin_anew(model, sink);
            continue;
        }
        memcpy(&sink->config, &config->sinks[i], sizeof sink->config);
        sink->config.name = sink->config.was = "";
        snprintf(sink->was, sizeof sink->was, "%s", config->sinks[i].was);
        begin_anew(model, sink);
        if (!all)
            believe_file(model, sink);
    }
    for (size_t i = 0; i < model->sink_count; i++)
        model->sinks[i].configured = is_named(config, model->sinks[i].name);
}

/* A sink that the file has for the first time. */
static void check_start(struct model *model, const struct model_sink *sink, int64_t last_seq)
{
    if (!sink->configured || sink->number == 0)
        return;
    int64_t cursor = sink->figures.cursor;
    if (sink->config.start == MODEL_START_BEGINNING)
        model_rule(model, RULE_START, cursor == 0, sink, NULL, "its cursor begins at %lld",
                   (long long)cursor);
    else
        model_rule(model, RULE_START, cursor == last_seq, sink, NULL,
                   "its cursor begins at %lld, and the last event is %lld", (long long)cursor,
                   (long long)last_seq);
}

void model_bus_started(struct model *model, const struct model_config *config)
{
    bool is_new[MODEL_SINKS_MAX];
    model->running = true;
    configure(model, config, true);
    for (size_t i = 0; i < model->sink_count; i++)
        is_new[i] = model->sinks[i].number == 0;
    model_read(model);
    for (size_t i = 0; i < model->sink_count; i++)
        believe_file(model, &model->sinks[i]);
    model->disk_failed = model->disk_broken;
    int64_t last_seq = model->event_count ? model->events[model->event_count - 1].seq : 0;
    for (size_t i = 0; i < model->sink_count; i++)
        if (is_new[i])
            check_start(model, &model->sinks[i], last_seq);
}

void model_bus_ended(struct model *model)
{
    model_read(model);
    for (size_t i = 0; i < model->sink_count; i++)
        begin_anew(model, &model->sinks[i]);
    model->running = model->stopping = false;
    model->reloading = 0;
    model->disk_well_mono_ms = model->now.mono;
    model_close(model);
}

void model_bus_stopping(struct model *model)
{
    model->stopping = true;
}

void model_reloading(struct model *model, bool begins)
{
    model->reloading += begins ? 1 : -1;
    for (size_t i = 0; i < model->sink_count; i++)
        model->sinks[i].idle_since_mono_ms = 0;
}

void model_reloaded(struct model *model, const struct model_config *config)
{
    model_read(model);
    configure(model, config, false);
    model_read(model);
}

/* ---- Events in ---- */

/* FNV-1a over the trimmed address in lower case. */
static uint64_t hash_email(const char *email)
{
    uint64_t hash = 14695981039346656037u;
    for (const char *at = email; *at; at++)
        if (*at != ' ' && *at != '\t')
            hash = (hash ^ (uint64_t)tolower((unsigned char)*at)) * 1099511628211u;
    return hash | 1;
}

static void check_affiliate(struct model *model, const struct known_event *event)
{
    for (size_t i = 0; i < model->event_count; i++) {
        const struct known_event *other = &model->events[i];
        if (other->email != 0 && !other->gone)
            model_rule(model, RULE_AFFILIATE,
                       (other->email == event->email) == (other->affiliate == event->affiliate),
                       NULL, event, "it is of affiliate %lld, and seq %lld of %lld",
                       (long long)event->affiliate, (long long)other->seq,
                       (long long)other->affiliate);
    }
}

void model_accepted(struct model *model, const char *id, const char *email, bool created,
                    int64_t occurred_unix_ms, bool is_new)
{
    model_read(model);
    int64_t at = model_event_by_id(model, id);
    if (!model_rule(model, RULE_ACCEPTED, at >= 0, NULL, NULL, "%s is not in it", id))
        return;
    struct known_event *event = &model->events[at];
    model_rule(model, RULE_ACCEPTED, event->type == (created ? 1 : 2), NULL, event,
               "it is of type %d", event->type);
    model_rule(model, RULE_ACCEPTED, !is_new || event->email == 0, NULL, event,
               "it was accepted before, and is called new");
    event->email = hash_email(email);
    model_rule(model, RULE_ACCEPTED, event->occurred_unix_ms == occurred_unix_ms, NULL, event,
               "it occurred at %lld, and it was sent as of %lld",
               (long long)event->occurred_unix_ms, (long long)occurred_unix_ms);
    check_affiliate(model, event);
}

/* ---- Hosts ---- */

void model_host_opened(struct model *model, const char *name)
{
    struct model_sink *sink = model_sink_named(model, name);
    assert(sink);
    (void)model;
    sink->open = true;
    sink->idle_since_mono_ms = 0;
}

void model_host_ending(struct model *model, const char *name)
{
    struct model_sink *sink = model_sink_named(model, name);
    if (sink)
        sink->open = false;
}

/* An attempt that failed for the moment. */
static void charge(const struct model *model, const struct model_sink *sink,
                   struct delivery *delivery)
{
    delivery->charged++;
    if (delivery->charged > sink->config.retry_count) {
        delivery->may_die = true;
        return;
    }
    int64_t delay_ms = sink->config.retry_ms[delivery->charged - 1];
    int64_t least_ms = RETRY_LEAST(delay_ms);
    delivery->retry_mono_ms = model->now.mono + least_ms;
    delivery->retry_unix_ms = model->now.unix_ms + least_ms;
    delivery->retry_latest_mono_ms = model->now.mono + RETRY_MOST(delay_ms);
}

static void lose_alone(struct model *model, struct model_sink *sink, struct delivery *delivery,
                       bool overrun)
{
    if (overrun) {
        const struct heard heard = {.batch = delivery->batch,
                                    .verdict = RETRY,
                                    .seq = model->events[delivery - sink->deliveries].seq};
        charge(model, sink, delivery);
        model_hold_heard(model, sink, &heard);
        return;
    }
    delivery->deaths++;
    delivery->may_die = delivery->may_die || delivery->deaths >= DEATHS_MAX;
    delivery->suspect = true;
}

void model_host_ended(struct model *model, const char *name, bool killed_for_overrun)
{
    struct model_sink *sink = model_sink_named(model, name);
    assert(sink);
    for (size_t i = 0; i < model->event_count && sink->in_flight > 0; i++) {
        struct delivery *delivery = &sink->deliveries[i];
        if (delivery->batch == 0)
            continue;
        if (sink->in_flight == 1)
            lose_alone(model, sink, delivery, killed_for_overrun);
        else
            delivery->suspect = true;
        delivery->batch = 0;
    }
    drop_batches(sink);
    model_hold_lost(model, sink);
    sink->open = false;
    sink->idle_since_mono_ms = 0;
}

/* ---- Outcomes ---- */

static int32_t verdict_at(const struct model_outcome *outcome, uint32_t index)
{
    return outcome->verdicts ? outcome->verdicts[index] : outcome->verdict;
}

static bool any_delivered(const struct model_outcome *outcome)
{
    for (uint32_t i = 0; i < outcome->taken; i++)
        if (verdict_at(outcome, i) == DELIVERED)
            return true;
    return false;
}

/* Beside one that got through, what was said of others' settings is about those events alone. */
static int32_t worst_of(const struct model_outcome *outcome)
{
    static const int weights[] = {
        [DELIVERED] = 1, [REFUSED] = 2, [RETRY] = 3, [MISSET] = 4, [DOWN] = 5};
    bool got_through = any_delivered(outcome);
    int32_t worst = DELIVERED;
    for (uint32_t i = 0; i < outcome->taken; i++) {
        int32_t verdict = verdict_at(outcome, i);
        if (!(got_through && (verdict == MISSET || verdict == REFUSED)) &&
            weights[verdict] > weights[worst])
            worst = verdict;
    }
    return worst;
}

static void hear_event(const struct model *model, const struct model_sink *sink,
                       struct delivery *delivery, int32_t verdict, bool own, bool got_through)
{
    if (verdict == DELIVERED) {
        delivery->delivered = true;
        return;
    }
    if (sink->config.retry_count == 0) {
        delivery->may_die = true;
        return;
    }
    if (verdict == RETRY)
        charge(model, sink, delivery);
    else if (verdict == REFUSED && own)
        delivery->may_die = true;
    else if (verdict == MISSET && own && got_through)
        delivery->may_die = true;
    else if ((verdict == REFUSED || verdict == MISSET) && !own)
        delivery->singly = true;
}

void model_outcome(struct model *model, const char *name, const struct model_outcome *outcome)
{
    struct model_sink *sink = model_sink_named(model, name);
    struct batch *batch = sink ? model_batch(sink, outcome->batch) : NULL;
    if (!model_rule(model, RULE_OUTCOME, batch && outcome->taken <= batch->count, sink, NULL,
                    "batch %u is not in flight", outcome->batch))
        return;
    bool own = outcome->verdicts || outcome->taken == 1;
    bool got_through = any_delivered(outcome);
    for (uint32_t i = 0; i < batch->count; i++) {
        int64_t at = model_event_by_seq(model, batch->seqs[i]);
        struct delivery *delivery = &sink->deliveries[at];
        delivery->batch = 0;
        if (i < outcome->taken)
            hear_event(model, sink, delivery, verdict_at(outcome, i), own, got_through);
    }
    const struct heard heard = {
        .batch = outcome->batch,
        .verdict = worst_of(outcome),
        .code = outcome->code,
        .retry_after_ms = outcome->retry_after_ms,
        .seq = outcome->taken == 1 ? batch->seqs[0] : 0,
    };
    sink->in_flight -= batch->count;
    sink->batch_count--;
    free(batch->seqs);
    *batch = (struct batch){.number = 0};
    if (outcome->taken > 0)
        model_hold_heard(model, sink, &heard);
    else if (sink->hold.batch == outcome->batch)
        model_hold_lost(model, sink); /* the host did not begin it: as if it had not been sent */
}

/* ---- Operators ---- */

static struct model_sink *commanded(struct model *model, const char *name)
{
    struct model_sink *sink = model_sink_named(model, name);
    if (sink)
        sink->idle_since_mono_ms = 0;
    return sink; /* NULL for one that the bus does not know either */
}

/* With `order = journal` a pause before the first event's next try ends with it. */
static void forget_pause(const struct model *model, struct model_sink *sink)
{
    for (size_t i = 0; i < model->event_count && model_is_ordered(sink); i++)
        model_forget_delay(&sink->deliveries[i]);
}

void model_held(struct model *model, const char *name)
{
    struct model_sink *sink = commanded(model, name);
    model_hold_by_hand(sink);
    forget_pause(model, sink);
}

void model_resumed(struct model *model, const char *name)
{
    struct model_sink *sink = commanded(model, name);
    model_hold_resume(model, sink);
    forget_pause(model, sink);
}

void model_asked(struct model *model, const char *name, enum model_command command)
{
    struct model_sink *sink = commanded(model, name);
    if (!sink)
        return;
    model_read(model);
    sink->asked_at_seq = model->event_count ? model->events[model->event_count - 1].seq : 0;
    sink->asked++;
    sink->skips |= command == MODEL_SKIPS;
    sink->drops |= command == MODEL_DROPS;
    sink->replays |= command == MODEL_REPLAYS || command == MODEL_REPLAYS_SUPERSEDED;
    sink->superseded_too |= command == MODEL_REPLAYS_SUPERSEDED;
}

/* It was answered: what the journal has now came by it, what comes later does not. */
static void answered(struct model *model, struct model_sink *sink)
{
    assert(sink->asked > 0);
    model_read(model);
    /* What a failed disk did not take may be found there after a restart. */
    if (--sink->asked == 0 && !model->disk_failed)
        sink->skips = sink->replays = sink->drops = sink->superseded_too = false;
}

/* The sink has begun anew at what the file says. */
static void forget_window(const struct model *model, struct model_sink *sink)
{
    sink->hold.suspect_seq = 0;
    for (size_t i = 0; i < model->event_count && sink->number != 0; i++) {
        struct delivery *delivery = &sink->deliveries[i];
        delivery->sent = delivery->singly = false;
        delivery->suspect = delivery->row.alone;
    }
}

void model_failed(struct model *model, const char *name)
{
    struct model_sink *sink = commanded(model, name);
    if (!sink)
        return;
    answered(model, sink);
    if (sink->asked == 0 && sink->in_flight == 0)
        forget_window(model, sink);
}

void model_skipped(struct model *model, const char *name, bool all, int64_t until_unix_ms)
{
    struct model_sink *sink = commanded(model, name);
    answered(model, sink);
    (void)until_unix_ms; /* what came in before it is for the bus to find: the clock may jump */
    for (size_t i = 0; i < model->event_count && sink->number != 0 && all; i++) {
        const struct delivery *delivery = &sink->deliveries[i];
        if (model->events[i].seq <= sink->asked_at_seq)
            model_rule(model, RULE_SKIPPED_ALL, !model_is_owed(delivery), sink, &model->events[i],
                       "it is pending after all was skipped");
    }
    forget_window(model, sink);
}

void model_replayed(struct model *model, const char *name, bool dead_only)
{
    struct model_sink *sink = commanded(model, name);
    (void)dead_only;
    answered(model, sink);
    forget_window(model, sink);
}

void model_dropped(struct model *model, const char *name)
{
    answered(model, commanded(model, name));
}
