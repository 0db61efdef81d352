/* The life of a sink's host: start, handshake, open, death, stop. See sink.h. */
#include "core/bus/sink.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "affnotify/sink.h"
#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/log.h"
#include "core/base/memory.h"
#include "core/bus/handshake.h"
#include "core/bus/plugin_log.h"
#include "core/bus/respawn.h"
#include "core/bus/sink_end.h"
#include "core/bus/timer.h"

#define NOT_ENDED "did not end within 5 s"

const char *sink_state_name(enum sink_state state)
{
    static const char *const names[] = {"stopped", "starting", "opening", "open", "stopping"};
    return names[state];
}

static void set_problem(struct sink *sink, const char *problem, const char *remedy)
{
    snprintf(sink->problem, sizeof sink->problem, "%s", problem);
    snprintf(sink->remedy, sizeof sink->remedy, "%s", remedy);
}

static void set_state(struct sink *sink, enum sink_state state)
{
    sink->state = state;
    if (state == SINK_OPEN)
        set_problem(sink, "", "");
}

/* ---- Failing and stopping ---- */

/* It stays stopped until somebody has mended the configuration; its events wait. */
static void stop_for_mistake(struct sink *sink, const struct mistake *mistake)
{
    char *text = mistake_text(mistake);
    set_problem(sink, text, "mend it, then `affnotify reload`; its events wait until then");
    free(text);
    sink->unusable = false;
    set_state(sink, SINK_STOPPED);
    event_del(sink->timer);
    host_process_kill(&sink->host, "stopped");
}

/* Logs the mistakes of this section; true when one of them keeps the sink from starting. */
static bool stopped_by(struct sink *sink, const struct mistakes *mistakes)
{
    const struct mistake *first = NULL;
    bool waits = sink_may_get_well(sink);
    for (size_t i = 0; i < mistakes->count; i++) {
        const struct mistake *mistake = &mistakes->items[i];
        if (!mistake->section || strcmp(mistake->section, sink->config->section->name) != 0)
            continue;
        if (!mistake->warning && !first)
            first = mistake;
        if (mistake->warning ? sink->warned : waits)
            continue;
        char *text = mistake_text(mistake);
        log_write(mistake->warning ? LOG_LEVEL_WARNING : LOG_LEVEL_ERROR, "configuration",
                  LOG_FIELDS({"sink", .text = sink->config->name}, {"mistake", .text = text}));
        free(text);
    }
    if (first && waits)
        sink_wait_to_get_well(sink, first);
    else if (first)
        stop_for_mistake(sink, first);
    return first != NULL;
}

static void start_host(struct sink *sink);

/* After a failed start, open or death: tries again later. */
static void retry_later(struct sink *sink, enum sink_state state, const char *problem,
                        const char *remedy)
{
    bool died_at_work = sink->was_open;
    sink->was_open = sink->unusable = false;
    int64_t delay_ms = respawn_delay_ms(++sink->failures, died_at_work);
    set_state(sink, state);
    set_problem(sink, problem, remedy);
    log_warning(state == SINK_OPENING ? "sink not open" : "host ended",
                {"sink", .text = sink->config->name}, {"reason", .text = problem},
                {"remedy", .text = remedy[0] ? remedy : "none needed"},
                {"again_in_ms", .number = delay_ms});
    timer_start(sink->timer, delay_ms);
}

/* ---- Frames by stage ---- */

static struct handshake handshake_of(const struct sink *sink, struct mistakes *mistakes)
{
    return (struct handshake){
        .config = sink->context->config, .sink = sink->config, .mistakes = mistakes};
}

/* What TABLE showed to be wrong in [bus]: it stops no sink. */
static void log_bus_mistakes(const struct mistakes *mistakes)
{
    for (size_t i = 0; i < mistakes->count; i++) {
        const struct mistake *mistake = &mistakes->items[i];
        if (!mistake->section || strcmp(mistake->section, "bus") != 0)
            continue;
        char *text = mistake_text(mistake);
        log_error("configuration", {"mistake", .text = text});
        free(text);
    }
}

static int take_table(struct sink *sink, struct frame *frame)
{
    struct mistakes mistakes;
    mistakes_init(&mistakes);
    struct handshake handshake = handshake_of(sink, &mistakes);
    handshake.secrets = sink->fingerprint.secrets;
    handshake.rotation = &sink->rotation;
    handshake.notices = &sink->notice.can;
    sink->was_loaded = true;
    int result = handshake_take_table(&handshake, frame, &sink->tuning, &sink->makes_requests,
                                      host_process_out(&sink->host));
    if (!sink->warned)
        log_bus_mistakes(&mistakes);
    if (result == 0 && !stopped_by(sink, &mistakes))
        host_process_send(&sink->host);
    mistakes_finish(&mistakes);
    return result;
}

/*
 * Of single events, more are handed over than can be under way, so that the host never idles while
 * the bus commits. A batch of many is worth the wait: what a plugin leaves of it is first in the
 * next.
 */
static uint32_t batches_max(const struct sink *sink)
{
    const struct sink_tuning *tuning = &sink->tuning;
    if (!sink->makes_requests || tuning->order == SINK_ORDER_JOURNAL)
        return 1;
    return tuning->concurrency * (tuning->batch == 1 ? BATCHES_PER_TRANSFER : 1);
}

/* The plugin's defaults may have changed which events are this sink's own. */
static int apply_tuning(struct sink *sink, struct error *error)
{
    struct schedule *schedule = &sink->schedule;
    const struct sink_tuning *tuning = &sink->tuning;
    schedule->by_affiliate = tuning->order != SINK_ORDER_NONE;
    schedule->strictly = tuning->order == SINK_ORDER_JOURNAL;
    if (sink->bucket.rate_an_hour != tuning->rate_an_hour)
        bucket_init(&sink->bucket, tuning->rate_an_hour); /* a new host does not fill it again */
    schedule->batch_events_max = tuning->batch;
    schedule->batches_max = batches_max(sink);
    return journal_open_sink(sink->context->journal, sink->config->name, tuning->event_mask, NULL,
                             &sink->record, error);
}

static void put_open(struct sink *sink)
{
    message_put_empty(host_process_out(&sink->host), MESSAGE_OPEN);
    host_process_send(&sink->host);
    sink->awaits_opened = true;
    timer_start(sink->timer, HANDSHAKE_TIMEOUT_MS);
}

static int take_checked(struct sink *sink, struct frame *frame, struct error *error)
{
    struct mistakes mistakes;
    mistakes_init(&mistakes);
    struct handshake handshake = handshake_of(sink, &mistakes);
    int result = handshake_take_checked(&handshake, frame);
    bool stopped = result == 0 && stopped_by(sink, &mistakes);
    mistakes_finish(&mistakes);
    sink->warned = true;
    if (result < 0 || stopped)
        return result;
    if (sink->unusable)
        set_problem(sink, "", "");
    sink->unusable = false;
    memcpy(sink->accepted, sink->fingerprint.plugin, sizeof sink->accepted);
    if (apply_tuning(sink, error) < 0)
        return -1;
    set_state(sink, SINK_OPENING);
    put_open(sink);
    return 0;
}

static int take_failed(struct sink *sink, struct frame *frame)
{
    struct mistakes mistakes;
    mistakes_init(&mistakes);
    struct handshake handshake = handshake_of(sink, &mistakes);
    int result = handshake_take_failed(&handshake, frame);
    if (result == 0)
        stopped_by(sink, &mistakes);
    mistakes_finish(&mistakes);
    return result;
}

static int take_opened(struct sink *sink, struct frame *frame)
{
    struct message_opened opened;
    if (message_get_opened(frame, &opened) < 0)
        return -1;
    event_del(sink->timer);
    sink->awaits_opened = false;
    if (opened.verdict != AFFN_DELIVERED) {
        bool mute = !opened.what[0];
        retry_later(sink, SINK_OPENING,
                    mute ? "the plugin could not open and did not say why" : opened.what,
                    mute && !opened.remedy[0] ? SINK_END_ASK_AUTHOR : opened.remedy);
        return 0;
    }
    set_state(sink, SINK_OPEN);
    sink->was_open = true;
    gate_begin(&sink->gate);
    log_info("sink open", {"sink", .text = sink->config->name},
             {"plugin", .text = sink->config->plugin}, {"host", .number = sink->host.pid});
    return 0;
}

/* More names than there may be come only from one plugin after another under one sink's name. */
static int take_count(struct sink *sink, struct frame *frame)
{
    struct message_count count;
    if (message_get_count(frame, &count) < 0)
        return -1;
    if (!counts_add(&sink->metrics.counts, count.name, count.number))
        log_debug("not counted", {"sink", .text = sink->name}, {"name", .text = count.name});
    return 0;
}

static int on_frame(void *owner, struct frame *frame, struct error *error)
{
    struct sink *sink = owner;
    enum sink_state state = sink->state;
    if (frame->type == MESSAGE_LOG)
        return plugin_log_take(frame, &sink->host.output);
    if (frame->type == MESSAGE_COUNT)
        return take_count(sink, frame);
    if (frame->type == MESSAGE_OUTCOME && sink->was_open)
        return sink_take_outcome(sink, frame, error);
    if (frame->type == MESSAGE_NOTICED && sink->was_open)
        return sink_notice_take(sink, frame, error);
    if (state == SINK_STOPPED || state == SINK_STOPPING)
        return 0; /* it is on its way out */
    if (frame->type == MESSAGE_TABLE && state == SINK_STARTING)
        return take_table(sink, frame);
    if (frame->type == MESSAGE_FAILED && state == SINK_STARTING)
        return take_failed(sink, frame);
    if (frame->type == MESSAGE_CHECKED && state == SINK_STARTING)
        return take_checked(sink, frame, error);
    if (frame->type == MESSAGE_OPENED && state == SINK_OPENING)
        return take_opened(sink, frame);
    return -1;
}

static void on_gone(void *owner, const char *reason)
{
    struct sink *sink = owner;
    event_del(sink->overrun_timer);
    if (sink->state == SINK_STOPPING && sink->renewing) {
        sink->was_open = false;
        sink->anew_unix_ms = clock_unix_ms();
        sink_notice_lost(sink);
        start_host(sink);
        return;
    }
    if (sink->state == SINK_STOPPED || (sink->state == SINK_STOPPING && sink->host.tidy)) {
        sink_notice_lost(sink);
        if (sink->unusable && !evtimer_pending(sink->timer, NULL))
            start_host(sink); /* it was asked for before this one had ended */
        return;
    }
    char *problem = sink_end_problem(sink, reason);
    const char *remedy = sink_end_remedy(sink);
    if (sink->state == SINK_STOPPING) {
        log_warning("host ended", {"sink", .text = sink->config->name}, {"reason", .text = problem},
                    {"remedy", .text = remedy});
    } else {
        event_del(sink->timer);
        sink->metrics.host_restarts++;
        sink_lost_host(sink, reason);
        retry_later(sink, SINK_STARTING, problem, remedy);
    }
    sink_notice_lost(sink); /* not before: a death with one out is not the event's fault */
    free(problem);
}

static const struct host_calls host_calls = {.frame = on_frame, .gone = on_gone};

/* ---- Timers ---- */

/* What `open` was refused with may have been changed since. */
static void open_again(struct sink *sink)
{
    if (!sink_renew_if_rotated(sink)) {
        put_open(sink);
        return;
    }
    set_state(sink, SINK_STOPPING);
    host_process_kill(&sink->host, "begins anew");
}

/* A delay is over, or a handshake or the host's end took too long: the state tells which. */
static void on_timer(evutil_socket_t fd, short what, void *argument)
{
    (void)fd;
    (void)what;
    struct sink *sink = argument;
    if (sink->host.pid == 0)
        start_host(sink);
    else if (sink->state == SINK_OPENING && !sink->awaits_opened)
        open_again(sink);
    else
        host_process_kill(&sink->host,
                          sink->state == SINK_STOPPING ? NOT_ENDED : "did not finish within 30 s");
}

/* The turn that it begins hands over what may go now. */
static void on_wake_timer(evutil_socket_t fd, short what, void *argument)
{
    (void)fd;
    (void)what;
    (void)argument;
}

/* Progress moves the limit without touching the timer; so the timer looks again when it fires. */
static void on_overrun_timer(evutil_socket_t fd, short what, void *argument)
{
    (void)fd;
    (void)what;
    struct sink *sink = argument;
    if (sink->schedule.in_flight == 0)
        return;
    int64_t limit_ms = sink->tuning.timeout_ms + OVERRUN_GRACE_MS;
    int64_t left_ms = sink->progress_mono_ms + limit_ms - clock_mono_ms();
    if (left_ms < -OVERRUN_GRACE_MS) {
        /* This timer comes much too late, so it is the bus that was not running: begin anew. */
        sink->progress_mono_ms = clock_mono_ms();
        left_ms = limit_ms;
    }
    if (left_ms > 0) {
        timer_start(sink->overrun_timer, left_ms);
        return;
    }
    char reason[128];
    snprintf(reason, sizeof reason, "gave no answer within its timeout of %lld ms",
             (long long)sink->tuning.timeout_ms);
    sink->overrun = true;
    host_process_kill(&sink->host, reason);
}

/* ---- Start and stop ---- */

static void start_host(struct sink *sink)
{
    struct error error;
    const struct sink_context *context = sink->context;
    set_state(sink, SINK_STARTING);
    sink->was_loaded = sink->awaits_opened = sink->renewing = false;
    sink->heard = 0;
    sink->fingerprint.secrets[0] = sink->unread[0] = '\0';
    rotation_finish(&sink->rotation); /* another build may have other secrets */
    fingerprint_plugin(sink->plugin_path, sink->fingerprint.plugin);
    if (host_process_start(&sink->host, context->base, context->host_program_fd, sink->plugin_path,
                           &error) < 0)
        retry_later(sink, SINK_STARTING, error.text,
                    "the machine is short of something; see the log");
    else
        timer_start(sink->timer, HANDSHAKE_TIMEOUT_MS);
}

int sink_init(struct sink *sink, const struct sink_context *context,
              const struct sink_config *config, struct error *error)
{
    *sink = (struct sink){.context = context, .config = config};
    memcpy(sink->name, config->name, strlen(config->name) + 1); /* config_load knows its limit */
    fingerprint_section(config->section, sink->fingerprint.section);
    schedule_init(&sink->schedule);
    host_process_init(&sink->host, sink->name, &host_calls, sink);
    sink->timer = evtimer_new(context->base, on_timer, sink);
    sink->overrun_timer = evtimer_new(context->base, on_overrun_timer, sink);
    sink->wake_timer = evtimer_new(context->base, on_wake_timer, sink);
    struct mistakes ignored; /* config_load has found them already */
    mistakes_init(&ignored);
    config_tune_sink(config, NULL, &sink->tuning, &ignored);
    mistakes_finish(&ignored);
    return sink_open_record(sink, error);
}

void sink_finish(struct sink *sink)
{
    if (!sink || !sink->context)
        return;
    host_process_finish(&sink->host);
    event_free(sink->timer);
    event_free(sink->overrun_timer);
    event_free(sink->wake_timer);
    sink_forget_window(sink);
    free(sink->outcomes);
    free(sink->plugin_path);
    rotation_finish(&sink->rotation);
}

void sink_start(struct sink *sink)
{
    const struct config *config = sink->context->config;
    if (!sink->config->enabled) {
        set_problem(sink, "enabled = no", "set `enabled = yes`, then `affnotify reload`");
        return;
    }
    if (stopped_by(sink, &config->mistakes))
        return;
    struct mistakes mistakes;
    mistakes_init(&mistakes);
    struct handshake handshake = handshake_of(sink, &mistakes);
    sink->plugin_path = handshake_find_plugin(&handshake);
    if (!stopped_by(sink, &mistakes))
        start_host(sink);
    mistakes_finish(&mistakes);
}

void sink_stop(struct sink *sink)
{
    enum sink_state before = sink->state;
    sink->renewing = sink->unusable = false;
    if (before == SINK_STOPPING)
        return;
    set_state(sink, before == SINK_OPEN ? SINK_STOPPING : SINK_STOPPED);
    event_del(sink->timer);
    if (before == SINK_OPEN) {
        message_put_empty(host_process_out(&sink->host), MESSAGE_CLOSE);
        host_process_send(&sink->host);
    } else {
        host_process_kill(&sink->host, "stopped");
    }
}

bool sink_is_down(const struct sink *sink)
{
    return sink->host.pid == 0;
}

bool sink_is_at_rest(const struct sink *sink)
{
    return sink_is_down(sink) && !sink_has_writes(sink);
}

void sink_kill(struct sink *sink)
{
    host_process_kill(&sink->host, NOT_ENDED);
}

bool sink_reaped(struct sink *sink, pid_t pid, int status)
{
    return host_process_reaped(&sink->host, pid, status);
}
