/* The model itself: its rules by name, who is who, time and disk. See model.h and model_state.h. */
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/model_state.h"

#define WRITE_AGAIN_MS 2000 /* what could not be written is tried again each second */

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

void model_drop_batches(struct model_sink *sink)
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
        model_drop_batches(&model->sinks[i]);
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

/* ---- Time and disk ---- */

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
