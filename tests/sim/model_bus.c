/*
 * The bus as the model was told of it: its start and end, its configuration and reloads, and what it
 * has answered to senders. See model.h.
 */
#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "tests/sim/model_state.h"

/* ---- From start to end ---- */

/* What only a bus's memory knows of a sink is gone; the file has the rest. */
static void begin_anew(struct model *model, struct model_sink *sink)
{
    model_drop_batches(sink);
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
